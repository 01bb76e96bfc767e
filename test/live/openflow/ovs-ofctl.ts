/** Open vSwitch's own OpenFlow tool as the judge of what the codec writes. */
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { encodeToBytes, type Message } from '../../../controller/openflow/index.js';

/** Whether ovs-ofctl can be run at all; the tests that need it are skipped where it cannot. */
export const ovsOfctlInstalled = spawnSync('ovs-ofctl', ['--version']).status === 0;

/**
 * A message, and what Open vSwitch prints of it behind its type and transaction id: one line, or several. The test
 * is called by its title, or by the first line.
 */
export type Reading = readonly [message: Message, text: string | readonly string[], title?: string];

/** The types of all messages, bodies, actions, instructions and properties of the readings declared so far. */
export const judged = new Set<string>();

function collectTypes(value: unknown): void {
  if (typeof value !== 'object' || value === null) return;
  if ('type' in value && typeof value.type === 'string') judged.add(value.type);
  for (const item of Object.values(value)) collectTypes(item);
}

/**
 * Declares one test a reading. One ovs-ofctl process prints all of them: a transaction id for each tells its lines
 * from those of the next.
 */
export function readsAsMeant(title: string, readings: readonly Reading[]): void {
  for (const [message] of readings) collectTypes(message);
  describe(title, () => {
    const encoded: (Uint8Array | Error)[] = [];
    let printed: string[] = [];

    before(function () {
      if (!ovsOfctlInstalled) this.skip();
      readings.forEach(([message], i) => {
        try {
          encoded.push(encodeToBytes(message, FIRST_XID + i));
        } catch (error) {
          encoded.push(error as Error);
        }
      });
      printed = print(
        encoded.filter(bytes => bytes instanceof Uint8Array),
        readings.length,
      );
    });

    readings.forEach(([message, text, title], i) => {
      const lines = typeof text === 'string' ? [text] : text;
      it(title ?? `${kindOf(message)}: ${lines[0]}`, () => {
        if (encoded[i] instanceof Error) throw encoded[i];
        expect(withoutHeading(printed[i]!)).to.equal(lines.join('\n'));
      });
    });
  });
}

const kindOf = (message: Message): string =>
  'body' in message ? `${message.type} ${message.body.type}` : message.type;

/** The result of one run of ovs-ofctl. */
export interface Run {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs ovs-ofctl without blocking this process, so that it can play the switch. It ends at `signal`, or in 20 s. */
export function runOvsOfctl(args: readonly string[], signal?: AbortSignal): Promise<Run> {
  const runDirectory = mkdtempSync(join(tmpdir(), 'cloakflow-ofctl-'));
  return new Promise(resolve => {
    execFile(
      'ovs-ofctl',
      ['-O', 'OpenFlow13', '--no-names', ...args],
      {
        timeout: 60_000,
        ...(signal === undefined ? {} : { signal }),
        env: { ...process.env, OVS_RUNDIR: runDirectory },
      },
      (error, stdout, stderr) => {
        rmSync(runDirectory, { recursive: true, force: true });
        const status = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({ status, stdout, stderr });
      },
    );
  });
}

const FIRST_XID = 0x10000;

function print(messages: readonly Uint8Array[], count: number): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'cloakflow-print-'));
  try {
    const file = join(folder, 'messages');
    writeFileSync(file, Buffer.concat(messages));
    const run = spawnSync('ovs-ofctl', ['ofp-parse', file], { encoding: 'utf8', maxBuffer: 1 << 24 });
    if (run.status !== 0) throw new Error(`ovs-ofctl ofp-parse failed: ${run.stderr}`);
    return splitByTransaction(run.stdout, count);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function splitByTransaction(output: string, count: number): string[] {
  const texts: string[] = [];
  let current = -1;
  for (const line of output.split('\n')) {
    const xid = /\(xid=0x([0-9a-f]+)\)/.exec(line);
    const index = xid === null ? -1 : Number.parseInt(xid[1]!, 16) - FIRST_XID;
    if (index > current && index < count) {
      current = index;
      texts[index] = line;
    } else if (current >= 0) {
      texts[current] += `\n${line}`;
    }
  }
  return Array.from({ length: count }, (_, i) => (texts[i] ?? 'not printed').trimEnd());
}

/** `OFPT_FLOW_MOD (OF1.3) (xid=0x10000): ADD actions=drop` becomes `ADD actions=drop`. */
function withoutHeading(text: string): string {
  return text.replace(/^\S+ (?:\w+ )?\(OF1\.3\) \(xid=0x[0-9a-f]+\):\s?/, '');
}
