import { readdirSync, readlinkSync } from 'node:fs';
import { CommandGroup } from './command-group.js';
import { EmulationError } from './errors.js';
import type { CommandResult, RunOptions } from './run-command.js';
import { RunningCommand, type SpawnOptions } from './running-command.js';
import { until } from './until.js';

/**
 * A network namespace without a name: it lives as long as the process that holds it open, and that process ends
 * with this one, so that nothing is left behind even after a SIGKILL. Interfaces in it go when it goes.
 */
export class Namespace implements AsyncDisposable {
  private readonly holder: RunningCommand;
  private readonly commands = new CommandGroup();

  private constructor(holder: RunningCommand) {
    this.holder = holder;
  }

  /** Makes a namespace whose loopback is up and whose other interfaces will have no IPv6 unless it is switched on. */
  static async create(signal?: AbortSignal): Promise<Namespace> {
    assertRoot();
    const script =
      'ip link set lo up; echo 1 > /proc/sys/net/ipv6/conf/default/disable_ipv6; echo ready; exec cat > /dev/null';
    const holder = await RunningCommand.spawn(['unshare', '--net', 'sh', '-c', script], { signal });
    await holder.printed(/ready/);
    return new Namespace(holder);
  }

  /** The process that holds the namespace: what `nsenter --target` and `ip link ... netns` want. */
  get pid(): number {
    return this.holder.pid;
  }

  /** The words that get a command into the namespace. */
  get entry(): string[] {
    return ['nsenter', `--net=/proc/${this.pid}/ns/net`, '--'];
  }

  run(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return this.commands.run(argv, options, this.entry);
  }

  spawn(argv: readonly string[], options: SpawnOptions = {}): Promise<RunningCommand> {
    return this.commands.spawn(argv, options, this.entry);
  }

  /** Runs a shell script that ends at its first failing command. */
  script(lines: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return this.run(['sh', '-ec', lines.join('\n')], { check: true, ...options });
  }

  /** Kills whatever runs in the namespace, and lets it go. */
  async close(): Promise<void> {
    // A child that a command leaves behind keeps its output open: both have to go before either ends.
    const closed = this.commands.close();
    if (this.holder.exit !== undefined) return closed;
    const own = readlinkSync(`/proc/${this.pid}/ns/net`);
    await until('the end of the processes of a namespace', () => {
      const others = processesIn(own).filter(pid => pid !== this.pid);
      for (const pid of others) kill(pid);
      return others.length === 0;
    });
    await closed;
    await this.holder.stop('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/** The processes of a network namespace, named as `/proc/PID/ns/net` names it. */
function processesIn(namespace: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter(pid => pid > 0)
    .filter(pid => {
      try {
        return readlinkSync(`/proc/${pid}/ns/net`) === namespace;
      } catch {
        return false;
      }
    });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** @throws EmulationError `not-root` */
export function assertRoot(): void {
  if (process.getuid?.() !== 0)
    throw new EmulationError('not-root', 'network namespaces and Open vSwitch need root', {
      mend: 'run it with sudo',
    });
}
