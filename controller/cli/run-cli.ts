import { CommanderError } from 'commander';
import { ExitCode } from './exit-codes.js';
import { exitCodeOf, failureJson, failureText } from './failure.js';
import type { Invocation } from './invocation.js';
import { paletteFor } from './palette.js';
import { createProgram } from './program.js';

/** Runs one command line (without `node` and the script's path) and gives its exit code; never throws. */
export async function runCli(args: readonly string[], invocation: Invocation): Promise<number> {
  const json = args.includes('--json');
  try {
    await createProgram(invocation, json).parseAsync([...args], { from: 'user' });
    return invocation.exitCode;
  } catch (error) {
    // commander has printed its message already; its exit code 0 stands for help and version.
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.OK : ExitCode.USAGE;
    const text = json
      ? `${JSON.stringify(failureJson(error))}\n`
      : failureText(error, paletteFor(invocation.stderr, invocation.env));
    invocation.stderr.write(text);
    return exitCodeOf(error);
  }
}
