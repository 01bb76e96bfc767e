import { join } from 'node:path';
import type { CommandGroup } from './command-group.js';
import { EmulationError } from './errors.js';
import type { PlannedEnd, PlannedSwitch } from './plan.js';
import type { CommandResult, RunOptions } from './run-command.js';
import type { RunningCommand, SpawnOptions } from './running-command.js';

/** A switch of an emulated network: a bridge of the machine's Open vSwitch or of one of its own. */
export class EmulatedSwitch {
  readonly name: string;
  readonly kind: 'shared' | 'private';
  /** The bridge's name in Open vSwitch. */
  readonly bridge: string;
  /** 16 hexadecimal digits. */
  readonly datapathId: string;
  readonly interfaces: readonly PlannedEnd[];
  /** Run directory of its Open vSwitch: unix sockets, and a private one's logs. */
  readonly directory: string;
  /** A process in a private switch's namespace; undefined for a shared one. */
  readonly pid: number | undefined;
  private readonly env: NodeJS.ProcessEnv;
  private readonly commands: CommandGroup;

  constructor(
    plan: PlannedSwitch,
    interfaces: readonly PlannedEnd[],
    directory: string,
    pid: number | undefined,
    commands: CommandGroup,
  ) {
    this.commands = commands;
    this.name = plan.name;
    this.kind = plan.kind;
    this.bridge = plan.bridge;
    this.datapathId = plan.datapathId;
    this.interfaces = interfaces;
    this.directory = directory;
    this.pid = pid;
    this.env = {
      ...process.env,
      ...(plan.kind === 'private' ? { OVS_RUNDIR: directory, OVS_DBDIR: directory } : {}),
    };
  }

  /** Where the bridge listens for OpenFlow, `unix:PATH`. */
  get managementSocket(): string {
    return `unix:${join(this.directory, `${this.bridge}.mgmt`)}`;
  }

  /** OVSDB's socket, `unix:PATH`. */
  get database(): string {
    return `unix:${join(this.directory, 'db.sock')}`;
  }

  /** OpenFlow port number of the link to a neighbour. @throws EmulationError `unknown-link` */
  port(neighbour: string): number {
    const port = this.ports.get(neighbour);
    if (port === undefined)
      throw new EmulationError('unknown-link', `${this.name} has no port to ${neighbour}`);
    return port;
  }

  /** Neighbour's name -> OpenFlow port number. */
  readonly ports = new Map<string, number>();

  /** Runs ovs-vsctl against the switch's database. Returns what it printed. @throws EmulationError `command-failed` */
  async vsctl(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return this.tool(['ovs-vsctl', `--db=${this.database}`, '--timeout=30', ...args], options);
  }

  /**
   * Runs ovs-ofctl over OpenFlow 1.3 with the bridge behind the command: `ofctl('dump-flows')`,
   * `ofctl('add-flow', 'actions=NORMAL')`. Returns what it printed.
   *
   * @throws EmulationError `command-failed`
   */
  async ofctl(command: string, ...args: string[]): Promise<string> {
    return this.tool(['ovs-ofctl', '--protocols=OpenFlow13', command, this.managementSocket, ...args], {});
  }

  /** Runs a command in a private switch's network namespace, or in the root namespace where a shared one lives. */
  run(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return this.commands.run(argv, { ...options, env: { ...this.env, ...options.env } }, this.entry);
  }

  spawn(argv: readonly string[], options: SpawnOptions = {}): Promise<RunningCommand> {
    return this.commands.spawn(argv, { ...options, env: { ...this.env, ...options.env } }, this.entry);
  }

  /** Words that get a command into the switch's network namespace. */
  private get entry(): string[] {
    return this.pid === undefined ? [] : ['nsenter', `--net=/proc/${this.pid}/ns/net`, '--'];
  }

  private async tool(argv: readonly string[], options: RunOptions): Promise<string> {
    return (await this.run(argv, { check: true, ...options })).stdout;
  }
}
