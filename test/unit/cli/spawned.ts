import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

export const MAIN = fileURLToPath(new URL('../../../controller/cli/main.js', import.meta.url));

/** How a process ended. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: Buffer;
  stderr: string;
}

/** The command line as a process of its own. `[Symbol.asyncDispose]` kills it if it still runs. */
export class Spawned {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;

  constructor(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
    this.child = spawn(process.execPath, [MAIN, ...args], { stdio: 'pipe', env: { ...process.env, ...env } });
    const output: Buffer[] = [];
    let stderr = '';
    this.child.stdout.on('data', chunk => output.push(chunk));
    this.child.stderr.on('data', chunk => {
      stderr += chunk;
    });
    this.child.stdin.on('error', () => {});
    this.ended = once(this.child, 'close').then(([code, signal]) => ({
      code,
      signal,
      stdout: Buffer.concat(output),
      stderr,
    }));
  }

  /** The first line of standard output; rejects when the process ends without one. */
  async firstLine(): Promise<string> {
    const lines = createInterface({ input: this.child.stdout });
    const [line] = await Promise.race([
      once(lines, 'line'),
      this.ended.then(({ code, stderr }) => {
        throw new Error(`ended with ${code} before it printed a line: ${stderr}`);
      }),
    ]);
    return line;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.child.kill('SIGKILL');
    await this.ended;
  }
}

export function cloakflow(...args: string[]): Spawned {
  return new Spawned(args);
}
