import { execFile } from 'node:child_process';
import { TenantError } from './tenant-error.js';

/** Runs a program of the system to its end and gives its standard output; `input` goes to its standard input. */
export type RunProgram = (argv: readonly string[], input?: string) => Promise<string>;

const TIME_LIMIT = 20_000;
const OUTPUT_LIMIT = 1 << 22;

/**
 * Error texts hold the program's name and its complaint. Secrets go in by `input`: every user of the machine sees the
 * arguments.
 *
 * @throws TenantError `program-missing`, `program-failed`
 */
export const runProgram: RunProgram = (argv, input = '') =>
  new Promise((resolve, reject) => {
    const [program, ...words] = argv;
    const child = execFile(
      program!,
      words,
      { timeout: TIME_LIMIT, maxBuffer: OUTPUT_LIMIT },
      (error, stdout, stderr) => {
        if (!error) resolve(stdout);
        else if ((error as NodeJS.ErrnoException).code === 'ENOENT')
          reject(new TenantError('program-missing', `${program} is not installed`));
        else {
          const said = stderr.trim().slice(0, 500);
          reject(new TenantError('program-failed', `${program} failed${said === '' ? '' : `: ${said}`}`));
        }
      },
    );
    // A program may end without reading its input.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
