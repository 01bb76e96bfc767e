import { PassThrough } from 'node:stream';
import type { Invocation } from '../../../controller/cli/invocation.js';
import { runCli } from '../../../controller/cli/run-cli.js';

export interface Captured {
  code: number;
  stdout: Buffer;
  stderr: string;
}

/** Runs one command line in this process; `input` is its standard input, in these chunks. */
export async function captured(
  args: readonly string[],
  input: readonly (string | Uint8Array)[] = [],
  env: NodeJS.ProcessEnv = {},
): Promise<Captured> {
  const stdin = new PassThrough();
  const [stdout, stdoutBytes] = sink();
  const [stderr, stderrBytes] = sink();
  const invocation: Invocation = { stdin, stdout, stderr, env, exitCode: 0, outlivesReader: false };
  const feed = (async () => {
    for (const chunk of input) {
      if (stdin.destroyed) return;
      if (!stdin.write(chunk))
        await new Promise(resolve => stdin.once('drain', resolve).once('close', resolve));
    }
    stdin.end();
  })();
  const code = await runCli(args, invocation);
  stdin.destroy();
  await feed;
  return { code, stdout: Buffer.concat(stdoutBytes), stderr: Buffer.concat(stderrBytes).toString() };
}

function sink(): [PassThrough, Buffer[]] {
  const stream = new PassThrough();
  const chunks: Buffer[] = [];
  stream.on('data', chunk => chunks.push(chunk));
  return [stream, chunks];
}
