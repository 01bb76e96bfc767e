import { EmulationError } from './errors.js';
import { type CommandResult, type RunOptions, runCommand } from './run-command.js';
import { RunningCommand, type SpawnOptions } from './running-command.js';

/** The commands that were started in a place, so that they end with it, wherever they are on their way into it. */
export class CommandGroup {
  private readonly running = new Set<RunningCommand>();
  private isClosed = false;

  /** As `RunningCommand.spawn`. @throws EmulationError `stopped` when the place is gone */
  async spawn(
    argv: readonly string[],
    options: SpawnOptions,
    prefix: readonly string[],
  ): Promise<RunningCommand> {
    if (this.isClosed) throw gone(argv);
    const command = await RunningCommand.spawn(argv, options, prefix);
    this.running.add(command);
    void command.exited.then(() => this.running.delete(command));
    if (this.isClosed) {
      await command.stop('SIGKILL');
      throw gone(argv);
    }
    return command;
  }

  /** As `runCommand`. @throws EmulationError `stopped` when the place is gone */
  run(argv: readonly string[], options: RunOptions, prefix: readonly string[]): Promise<CommandResult> {
    return runCommand(argv, options, spawnOptions => this.spawn(argv, spawnOptions, prefix));
  }

  /** Kills every command, and every later one. */
  async close(): Promise<void> {
    this.isClosed = true;
    await Promise.all([...this.running].map(command => command.stop('SIGKILL')));
  }
}

function gone(argv: readonly string[]): EmulationError {
  return new EmulationError('stopped', `${argv[0]}: the place where it should run is gone`);
}
