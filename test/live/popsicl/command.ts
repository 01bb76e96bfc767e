import { spawn } from 'node:child_process';

export interface CommandResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const LIMIT_MILLISECONDS = 60_000;

/** Runs a program to its end. */
export function command(
  program: string,
  args: readonly string[],
  input: string | Uint8Array = '',
): Promise<CommandResult> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { timeout: LIMIT_MILLISECONDS, env: { ...process.env, LC_ALL: 'C' } });
    const [stdout, stderr]: [Buffer[], Buffer[]] = [[], []];
    child.stdout.on('data', chunk => stdout.push(chunk));
    child.stderr.on('data', chunk => stderr.push(chunk));
    child.stdin.on('error', () => {});
    child.on('error', reject);
    child.on('close', code =>
      resolve({ code, stdout: Buffer.concat(stdout).toString(), stderr: Buffer.concat(stderr).toString() }),
    );
    child.stdin.end(input);
  });
}
