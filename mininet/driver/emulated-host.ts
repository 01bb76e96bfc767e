import { Capture, type CaptureOptions } from './capture.js';
import type { CommandGroup } from './command-group.js';
import { EmulationError } from './errors.js';
import type { PlannedEnd, PlannedHost } from './plan.js';
import type { CommandResult, RunOptions } from './run-command.js';
import type { RunningCommand, SpawnOptions } from './running-command.js';

/** A node with namespaces of its own: a place where commands run. */
export class EmulatedPlace {
  readonly name: string;
  /** A process that lives in the node's namespaces as long as the network does. */
  readonly pid: number;
  readonly interfaces: readonly PlannedEnd[];
  private readonly env: NodeJS.ProcessEnv;
  private readonly commands: CommandGroup;

  constructor(
    emulation: string,
    name: string,
    pid: number,
    interfaces: readonly PlannedEnd[],
    commands: CommandGroup,
  ) {
    this.commands = commands;
    this.name = name;
    this.pid = pid;
    this.interfaces = interfaces;
    this.env = { CLOAKFLOW_EMULATION: emulation, CLOAKFLOW_NODE: name };
  }

  /**
   * Runs a command here to its end; the exit code is part of the result unless `check` is set.
   *
   * @throws EmulationError `timed-out`, `command-failed`; the signal's reason when aborted
   */
  run(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return this.commands.run(argv, this.inside(options), this.entry(options));
  }

  /** Starts a command here and leaves it running; it ends with the network at the latest. */
  spawn(argv: readonly string[], options: SpawnOptions = {}): Promise<RunningCommand> {
    return this.commands.spawn(argv, this.inside(options), this.entry(options));
  }

  /** Records what passes one interface, the first unless another is named. @throws EmulationError `capture-failed` */
  capture(options: CaptureOptions & { interface?: string } = {}): Promise<Capture> {
    const name = options.interface ?? this.interfaces[0]?.interface;
    if (name === undefined) throw new EmulationError('capture-failed', `${this.name} has no interface`);
    return Capture.start(name, options, (argv, spawnOptions) => this.spawn(argv, spawnOptions));
  }

  private inside<T extends SpawnOptions>(options: T): T {
    return { ...options, env: { ...process.env, ...this.env, ...options.env } };
  }

  private entry(options: SpawnOptions): string[] {
    const base = `/proc/${this.pid}/ns`;
    return [
      'nsenter',
      `--net=${base}/net`,
      `--mount=${base}/mnt`,
      `--wd=${options.cwd ?? process.cwd()}`,
      '--',
    ];
  }
}

/** A host of an emulated network. */
export class EmulatedHost extends EmulatedPlace {
  readonly plan: PlannedHost;
  /** The daemons that its topology starts, in the order of the file. */
  readonly daemons: RunningCommand[] = [];

  constructor(
    emulation: string,
    plan: PlannedHost,
    pid: number,
    interfaces: readonly PlannedEnd[],
    commands: CommandGroup,
  ) {
    super(emulation, plan.name, pid, interfaces, commands);
    this.plan = plan;
  }

  /** Every address, without prefix lengths. */
  get addresses(): string[] {
    return this.interfaces.flatMap(end => end.addresses.map(address => address.split('/')[0]!));
  }

  /** The first IPv4 address, or the first address. Empty text for a host without any. */
  get ip(): string {
    return this.addresses.find(address => !address.includes(':')) ?? this.addresses[0] ?? '';
  }

  /** The first IPv6 address; empty text for a host without any. */
  get ip6(): string {
    return this.addresses.find(address => address.includes(':')) ?? '';
  }

  get mac(): string {
    return this.interfaces[0]?.mac ?? '';
  }
}
