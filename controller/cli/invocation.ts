import type { Readable, Writable } from 'node:stream';

/** What one call of the command line works with; tests give streams of their own. */
export interface Invocation {
  readonly stdin: Readable & { isTTY?: boolean };
  readonly stdout: Writable & { isTTY?: boolean; columns?: number };
  readonly stderr: Writable & { isTTY?: boolean };
  readonly env: NodeJS.ProcessEnv;
  /** What the process ends with when the command returns. A command sets it; an error overrides it. */
  exitCode: number;
  /** True once the command goes on when nobody reads its standard output, as a running controller does. */
  outlivesReader: boolean;
}

/** Writes to `stream` and waits until it can take more. */
export async function write(stream: Writable, chunk: string | Uint8Array): Promise<void> {
  if (stream.write(chunk) || stream.destroyed) return;
  await new Promise<void>(resolve => {
    const done = () => {
      stream.off('drain', done).off('close', done).off('error', done);
      resolve();
    };
    stream.on('drain', done).on('close', done).on('error', done);
  });
}

/** One JSON value on a line of its own. */
export function writeJson(invocation: Invocation, value: unknown): Promise<void> {
  return write(invocation.stdout, `${JSON.stringify(value)}\n`);
}
