import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drawCapability } from '../../../apps/popsicl/capability.js';
import { issueServerMaterial } from '../../../apps/popsicl/pki/issue.js';
import { enrol, openControl } from '../../../apps/popsicl/tenant/channel/enrol.js';
import { type ChannelEvent, TenantChannel } from '../../../apps/popsicl/tenant/channel/tenant-channel.js';
import { PseudonymFolder } from '../../../apps/popsicl/tenant/web-server/pseudonym-folder.js';
import { CLOUD, KitMaker, temporaryFolder } from '../../live/popsicl/tenant/pseudonym-kit.js';
import { memoryOf } from './many-pseudonyms.js';

const AGENT = fileURLToPath(new URL('./refill-agent-program.js', import.meta.url));
const DOMAIN = 'shop.example';
const SAMPLE_MILLISECONDS = 250;
const PATIENCE = 1_800_000;
const HOUR = 3_600_000;

export interface RefillFigures {
  /** What the agent had when it connected. */
  agentHad: 'nothing' | 'everything';
  names: number;
  sent: number;
  refused: number;
  /** From the start of the agent's process until it has everything. */
  seconds: number;
  /** Largest of those sampled, in MiB (proportional set size): this process in the place of the controller, and the agent. */
  controllerMemory: number;
  agentMemory: number;
}

/** How long an agent that starts anew takes until it has so many pseudonyms, over its channel, and what that takes of memory. */
export async function measureRefill(
  names: number,
  progress: (text: string) => void,
): Promise<RefillFigures[]> {
  const folder = temporaryFolder();
  try {
    progress(`making ${names} pseudonyms`);
    const capabilities = await fill(join(folder, 'cloud'), names, progress);
    const cloud = new PseudonymFolder(join(folder, 'cloud'));
    const control = await openControl(join(folder, 'control'), Date.now());
    await enrol(DOMAIN, join(folder, 'control'), join(folder, 'agent'), Date.now());
    let caughtUp: (event: ChannelEvent & { type: 'caught-up' }) => void = () => {};
    const channel = await TenantChannel.listen({
      host: '127.0.0.1',
      port: 0,
      ...control,
      isTenant: domain => domain === DOMAIN,
      isActive: name => capabilities.has(name),
      async *wanted() {
        for (const [name, capability] of capabilities) yield { ...(await cloud.read(name))!, capability };
      },
      cloud: () => ({ linker: '', tenants: [DOMAIN], trusted: [] }),
      enrolment: { isOpen: () => false, enrol: async () => undefined },
      onEvent: event => {
        if (event.type === 'caught-up') caughtUp(event);
      },
    });
    const figures: RefillFigures[] = [];
    for (const agentHad of ['nothing', 'everything'] as const) {
      progress(`filling an agent that has ${agentHad}`);
      const done = new Promise<ChannelEvent & { type: 'caught-up' }>((resolve, reject) => {
        caughtUp = resolve;
        setTimeout(() => reject(new Error('the agent was not filled in time')), PATIENCE).unref();
      });
      const began = performance.now();
      const agent = spawn(process.execPath, [AGENT, folder, String(channel.port)], {
        stdio: ['pipe', 'ignore', 'inherit'],
      });
      const memory = sampled(agent);
      const { sent, refused } = await done;
      const seconds = (performance.now() - began) / 1000;
      const [controllerMemory, agentMemory] = memory();
      agent.stdin.end();
      await once(agent, 'exit');
      figures.push({ agentHad, names, sent, refused, seconds, controllerMemory, agentMemory });
    }
    await channel.close();
    return figures;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Writes so many pseudonyms as the store would give them; their capabilities by name. */
async function fill(
  folder: string,
  names: number,
  progress: (text: string) => void,
): Promise<Map<string, string>> {
  mkdirSync(folder, { recursive: true });
  const maker = await KitMaker.create();
  const capabilities = new Map<string, string>();
  for (let index = 0; index < names; index++) {
    const name = `p${index}.${CLOUD}`;
    const validity = { from: Date.now(), until: Date.now() + HOUR };
    const material = await issueServerMaterial(maker.authority, name, 'ecdsa-p256', validity);
    writeFileSync(
      join(folder, `${name}.pem`),
      material.keyPem + material.anchorPem + material.certificatePem,
    );
    capabilities.set(name, drawCapability());
    if (index % 10_000 === 9999) progress(`${index + 1} are made`);
  }
  return capabilities;
}

/** Samples memory until the function returned is called, which gives the largest of this process and of the child. */
function sampled({ pid }: ChildProcess): () => [number, number] {
  const largest: [number, number] = [0, 0];
  const sample = () => {
    for (const [index, of] of [process.pid, pid!].entries()) {
      largest[index] = Math.max(largest[index]!, memoryOf(of));
    }
  };
  const timer = setInterval(sample, SAMPLE_MILLISECONDS);
  return () => {
    clearInterval(timer);
    sample();
    return largest;
  };
}
