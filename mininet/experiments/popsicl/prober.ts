import { once } from 'node:events';
import { createInterface, type Interface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { EmulatedHost, RunningCommand } from '../../driver/index.js';
import { ExperimentError } from '../experiment-error.js';
import { PYTHON } from '../requirements.js';
import type { Credential } from './web-tenant.js';

const PROGRAM = fileURLToPath(new URL('../../../../mininet/experiments/popsicl/probe.py', import.meta.url));
/** Milliseconds. */
const PATIENCE = 30_000;

/** Milliseconds until the first byte of each answer; `refused` is the alert that ended the visit. */
const answer = z.union([
  z.strictObject({ connect: z.number(), hello: z.number(), judged: z.number(), refused: z.string() }),
  z.strictObject({ error: z.string() }),
]);

export type ProbeTimes = Exclude<z.output<typeof answer>, { error: string }>;

/** Visits names with the certificate of another one, and times the answers, in one process that stays. */
export class Prober {
  private readonly command: RunningCommand;
  private readonly lines: Interface;
  private readonly own: Credential;

  private constructor(command: RunningCommand, own: Credential) {
    this.command = command;
    this.own = own;
    this.lines = createInterface({ input: command.output! });
  }

  static async start(host: EmulatedHost, own: Credential): Promise<Prober> {
    return new Prober(await host.spawn([PYTHON, PROGRAM]), own);
  }

  /** @throws ExperimentError `measurement-failed` where the server does anything but refuse */
  async visit(name: string, address: string): Promise<ProbeTimes> {
    const line = once(this.lines, 'line', { signal: AbortSignal.timeout(PATIENCE) });
    this.command.stdin!.write(`${JSON.stringify({ name, address, ...this.own })}\n`);
    const [text] = (await line.catch(() => ['{"error":"no answer"}'])) as [string];
    const times = answer.safeParse(JSON.parse(text));
    if (times.success && !('error' in times.data)) return times.data;
    throw new ExperimentError('measurement-failed', `a probe met ${text} ${this.command.stderr.slice(-500)}`);
  }

  async stop(): Promise<void> {
    await this.command.stop('SIGKILL');
  }
}
