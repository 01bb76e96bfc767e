import { EmulationError } from './errors.js';
import type { Exit, SpawnOptions } from './running-command.js';
import { RunningCommand } from './running-command.js';

export interface RunOptions extends SpawnOptions {
  /** Written to the command's standard input, which is then closed; empty when absent. */
  input?: string | Uint8Array;
  /** Milliseconds before the command is killed and `timed-out` thrown; no limit when absent. */
  timeout?: number;
  /** Throw `command-failed` for an exit code other than 0. */
  check?: boolean;
}

export interface CommandResult extends Exit {
  stdout: string;
  stderr: string;
  stdoutBytes: Buffer;
}

/**
 * Runs a command to its end. The exit code is part of the result unless `check` is set.
 *
 * @param spawn how the command is started
 * @throws EmulationError `command-missing`, `timed-out`, `command-failed`; the signal's reason when aborted
 */
export async function runCommand(
  argv: readonly string[],
  options: RunOptions = {},
  spawn: (options: SpawnOptions) => Promise<RunningCommand> = spawnOptions =>
    RunningCommand.spawn(argv, spawnOptions),
): Promise<CommandResult> {
  const { input, timeout, check = false, signal, keep = Number.POSITIVE_INFINITY } = options;
  const running = await spawn({ ...options, keep });
  running.stdin?.end(input);
  let late = false;
  const timer =
    timeout === undefined
      ? undefined
      : setTimeout(() => {
          late = true;
          running.kill('SIGKILL');
        }, timeout);
  const exit = await running.exited;
  clearTimeout(timer);
  signal?.throwIfAborted();
  if (late) throw new EmulationError('timed-out', `${argv.join(' ')}: not within ${timeout} ms`);
  const { stdout, stderr, stdoutBytes } = running;
  if (check && exit.exitCode !== 0) {
    throw new EmulationError(
      'command-failed',
      `${argv.join(' ')}: exit code ${exit.exitCode}: ${(stderr || stdout).trim().slice(0, 2000)}`,
    );
  }
  return { ...exit, stdout, stderr, stdoutBytes };
}
