/** Handoffs of the controller without switch and server behind it: how many a second one core does, and what one takes. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { RunningCommand } from '../../../mininet/driver/index.js';
import { type Spread, spread } from '../../../mininet/report/statistics.js';
import { freePort } from '../../simulator/free-port.js';
import {
  CONTROLLER_CORE,
  choosePlacement,
  GENERATOR_CORE,
  type Placement,
  place,
} from '../controller/placement.js';
import type { ControllerSettings } from './controller-program.js';
import type { HandoffRun } from './handoff-generator.js';

export const KINDS = {
  cookie: '`cookie`, ClientHello in one segment',
  'cookie-2': '`cookie`, ClientHello in two segments',
  address: '`address`',
} as const;
export type Kind = keyof typeof KINDS;
export const PACED = 1000;

export interface ControlPathFigures {
  kind: Kind;
  perSecond: Spread;
  perCpuSecond: Spread;
  generatorShare: number;
  /** Milliseconds from packet to answer, both steps together, at `PACED` handoffs a second. */
  p50: Spread;
  p99: Spread;
  wrong: number;
  lost: number;
}

export interface ControlPath {
  rounds: number;
  seconds: number;
  placement: Placement;
  figures: ControlPathFigures[];
}

const beside = (file: string) => fileURLToPath(new URL(`./${file}`, import.meta.url));

export async function measureControlPath(options: {
  rounds: number;
  seconds: number;
  progress: (text: string) => void;
}): Promise<ControlPath> {
  const { rounds, seconds, progress } = options;
  const placement = choosePlacement();
  const kinds = Object.keys(KINDS) as Kind[];
  const runs = new Map(kinds.map(kind => [kind, { full: [] as HandoffRun[], paced: [] as HandoffRun[] }]));
  for (let round = 1; round <= rounds; round++) {
    for (const [kind, { full, paced }] of runs) {
      progress(`round ${round}/${rounds}: ${kind}`);
      full.push(await measure(kind, seconds, placement));
      paced.push(await measure(kind, seconds, placement, PACED));
    }
  }
  const figures = [...runs].map(([kind, { full, paced }]): ControlPathFigures => {
    const total = (of: (run: HandoffRun) => number) =>
      [...full, ...paced].reduce((sum, run) => sum + of(run), 0);
    return {
      kind,
      perSecond: spread(full.map(run => run.perSecond)),
      perCpuSecond: spread(full.map(run => run.perCpuSecond)),
      generatorShare: spread(full.map(run => run.generatorShare)).median,
      p50: spread(paced.map(run => run.p50!)),
      p99: spread(paced.map(run => run.p99!)),
      wrong: total(run => run.wrong),
      lost: total(run => run.lost),
    };
  });
  return { rounds, seconds, placement, figures };
}

/** One run against a fresh controller. */
async function measure(
  kind: Kind,
  seconds: number,
  placement: Placement,
  rate?: number,
): Promise<HandoffRun> {
  const folder = mkdtempSync(join(tmpdir(), 'cloakflow-bench-'));
  const port = await freePort();
  const file = join(folder, 'settings.json');
  writeFileSync(file, JSON.stringify(settings(port)));
  try {
    await using controller = await RunningCommand.spawn([
      process.execPath,
      beside('controller-program.js'),
      file,
    ]);
    await controller.printed(/^ready$/m);
    place(controller.pid, CONTROLLER_CORE, placement);
    const words = [String(port), kind, String(seconds), String(controller.pid)];
    return await generate(rate === undefined ? words : [...words, String(rate)], placement);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function settings(port: number): ControllerSettings {
  const tenant = { mac: '02:00:00:00:00:02' };
  const byAddress = { strategy: { ipv4: 'address' as const } };
  return {
    listen: [`ptcp:${port}:127.0.0.1`],
    key: '00112233445566778899aabbccddeeff',
    popsicl: {
      domain: 'popsicls.test',
      blocks: { ipv4: ['198.51.100.0/24'] },
      tenants: [
        { domain: 'cookie.example', ipv4: '10.0.0.2', ...tenant },
        { domain: 'address.example', ipv4: '10.0.0.3', ...tenant, ...byAddress },
      ],
    },
    pseudonyms: [
      { name: 'abc123.popsicls.test', tenant: 'cookie.example', addresses: [] },
      { name: 'address.popsicls.test', tenant: 'address.example', addresses: ['198.51.100.8'] },
    ],
  };
}

function generate(words: string[], placement: Placement): Promise<HandoffRun> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [beside('handoff-generator.js'), ...words], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    if (child.pid !== undefined) place(child.pid, GENERATOR_CORE, placement);
    let text = '';
    child.stdout.on('data', chunk => {
      text += chunk;
    });
    child.once('error', reject);
    child.once('close', code =>
      code === 0 ? resolve(JSON.parse(text)) : reject(new Error(`the generator ended with ${code}`)),
    );
  });
}
