import { existsSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bestDatapath, type DatapathType } from './datapath.js';
import { EmulationError } from './errors.js';
import { hideControllers } from './hidden-controllers.js';
import { isListening } from './is-listening.js';
import { assertRoot, Namespace } from './namespace.js';
import { type CommandResult, type RunOptions, runCommand } from './run-command.js';
import type { RunningCommand, SpawnOptions } from './running-command.js';
import { type HostOptions, SandboxHost } from './sandbox-host.js';
import { until } from './until.js';

export interface OvsSandboxOptions {
  /** `netdev` (default) behaves alike on every machine; `best` takes the kernel's where there is one. */
  datapath?: DatapathType | 'best';
  /**
   * Hosts leave segmentation and checksums to whoever needs them, as on most machines. The userspace datapath takes such packets
   * from Open vSwitch 3.3 on; without this, its hosts do all of it themselves.
   */
  offload?: boolean;
  signal?: AbortSignal | undefined;
}

export interface BridgeOptions {
  /** 16 hex digits; chosen by Open vSwitch when absent. */
  datapathId?: string;
  /** OpenFlow targets, such as `sandbox.controllerSocket('br0')` or `ptcp:0:127.0.0.1`. */
  controllers?: readonly string[];
  /** `secure` (default) forwards nothing by itself, `standalone` is a learning bridge without a controller. */
  failMode?: 'secure' | 'standalone';
  /** OpenFlow versions, `['OpenFlow13']` when absent. */
  protocols?: readonly string[];
}

const SCHEMA = '/usr/share/openvswitch/vswitch.ovsschema';

/**
 * A private Open vSwitch: its own ovsdb-server and ovs-vswitchd in a network namespace and directory of their own,
 * apart from the machine's and from every other sandbox. OpenFlow goes over unix sockets in `directory`, which any
 * process of the machine can reach; TCP exists inside the namespace only. Everything goes with `stop`, or with the
 * death of this process (the directory then stays behind).
 */
export class OvsSandbox implements AsyncDisposable {
  /** Unix sockets, database and logs (`ovs-vswitchd.log`, `ovsdb-server.log`). */
  readonly directory: string;
  readonly namespace: Namespace;
  readonly datapathType: DatapathType;
  readonly offload: boolean;
  readonly hosts: SandboxHost[] = [];
  private server: RunningCommand | undefined;
  private vswitchd: RunningCommand | undefined;
  private readonly env: NodeJS.ProcessEnv;

  private constructor(directory: string, namespace: Namespace, datapathType: DatapathType, offload: boolean) {
    this.directory = directory;
    this.namespace = namespace;
    this.datapathType = datapathType;
    this.offload = offload;
    this.env = {
      ...process.env,
      OVS_RUNDIR: directory,
      OVS_LOGDIR: directory,
      OVS_DBDIR: directory,
      OVS_SYSCONFDIR: directory,
    };
  }

  /** @throws EmulationError `not-root`, `ovs-missing`, `ovs-too-old`, `timed-out` */
  static async start(options: OvsSandboxOptions = {}): Promise<OvsSandbox> {
    assertRoot();
    if (!existsSync(SCHEMA)) {
      throw new EmulationError('ovs-missing', `Open vSwitch is not installed: there is no ${SCHEMA}`, {
        mend: 'apt-get install openvswitch-switch',
      });
    }
    const { datapath = 'netdev', offload = false, signal } = options;
    if (offload) await assertOffload(signal);
    const datapathType = datapath === 'best' ? await bestDatapath() : datapath;
    const directory = await mkdtemp(join(tmpdir(), 'cloakflow-ovs-'));
    let sandbox: OvsSandbox | undefined;
    try {
      sandbox = new OvsSandbox(directory, await Namespace.create(signal), datapathType, offload);
      await sandbox.startDaemons(signal);
      return sandbox;
    } catch (error) {
      if (sandbox === undefined) await rm(directory, { recursive: true, force: true });
      else await sandbox.stop();
      throw error;
    }
  }

  /** OVSDB's socket, as `ovs-vsctl --db` and OVSDB clients want it. */
  get database(): string {
    return `unix:${join(this.directory, 'db.sock')}`;
  }

  /** Where the bridge itself listens for OpenFlow: what a controller that connects out, and ovs-ofctl, want. */
  managementSocket(bridge: string): string {
    return `unix:${join(this.directory, `${bridge}.mgmt`)}`;
  }

  /** Where a controller may listen so that the bridge finds it: give it to `addBridge` as the bridge's controller. */
  controllerSocket(bridge: string): string {
    return `unix:${join(this.directory, `${bridge}.controller`)}`;
  }

  /** Runs ovs-vsctl. Returns what it printed. @throws EmulationError `command-failed` */
  async vsctl(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return this.tool(['ovs-vsctl', `--db=${this.database}`, '--timeout=30', ...args], options);
  }

  /**
   * Runs ovs-ofctl over OpenFlow 1.3, e.g. `ofctl(['dump-flows', 'br0'])`. Returns what it printed.
   *
   * @throws EmulationError `command-failed`
   */
  async ofctl(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return this.tool(['ovs-ofctl', '--protocols=OpenFlow13', ...args], options);
  }

  /** Runs ovs-appctl against ovs-vswitchd. Returns what it printed. @throws EmulationError `command-failed` */
  async appctl(args: readonly string[], options: RunOptions = {}): Promise<string> {
    return this.tool(['ovs-appctl', `--target=${join(this.directory, 'vswitchd.ctl')}`, ...args], options);
  }

  async addBridge(name: string, options: BridgeOptions = {}): Promise<void> {
    const { datapathId, controllers = [], failMode = 'secure', protocols = ['OpenFlow13'] } = options;
    const set = [
      `datapath_type=${this.datapathType}`,
      `fail_mode=${failMode}`,
      `protocols=${protocols.join(',')}`,
      'other_config:disable-in-band=true',
    ];
    if (datapathId !== undefined) set.push(`other_config:datapath-id=${datapathId}`);
    await this.vsctl([
      'add-br',
      name,
      '--',
      'set',
      'bridge',
      name,
      ...set,
      ...controllerWords(name, controllers),
    ]);
  }

  /** Makes a host in a namespace of its own and links it to the bridge by a veth pair. */
  async addHost(bridge: string, options: HostOptions = {}): Promise<SandboxHost> {
    const host = await SandboxHost.create(this, bridge, this.hosts.length + 1, options);
    this.hosts.push(host);
    return host;
  }

  /**
   * Starts a controller, and lets the bridges whose target is among `targets` look for it as soon as it listens.
   *
   * @param start resolves when the controller listens
   */
  async meet<T>(targets: readonly string[], start: () => Promise<T>): Promise<T> {
    const show = await hideControllers(args => this.vsctl(args), targets, this.directory);
    try {
      return await start();
    } finally {
      await show();
    }
  }

  /** Runs a command in the switch's namespace: there TCP between a controller and the switch works. */
  run(argv: readonly string[], options: RunOptions = {}): Promise<CommandResult> {
    return this.namespace.run(argv, { env: this.env, ...options });
  }

  spawn(argv: readonly string[], options: SpawnOptions = {}): Promise<RunningCommand> {
    return this.namespace.spawn(argv, { env: this.env, ...options });
  }

  /** The process of ovs-vswitchd while it runs. */
  get vswitchdPid(): number | undefined {
    return this.vswitchd?.pid;
  }

  /** Starts ovs-vswitchd (again); bridges come back as the database has them. */
  async startVswitchd(signal?: AbortSignal): Promise<void> {
    this.vswitchd = await this.daemon('ovs-vswitchd', 'vswitchd.ctl', [this.database], signal);
  }

  /** Ends ovs-vswitchd: by `SIGTERM` it leaves in good order, by `SIGKILL` it crashes. */
  async stopVswitchd(how: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await this.vswitchd?.stop(how);
    this.vswitchd = undefined;
  }

  async restartVswitchd(how: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): Promise<void> {
    await this.stopVswitchd(how);
    await this.startVswitchd();
    // A change that is waited for: the bridges are there when it is done.
    await this.vsctl(['set', 'Open_vSwitch', '.', `external_ids:restarted=${process.hrtime.bigint()}`]);
  }

  async stop(): Promise<void> {
    await Promise.all([this.vswitchd?.stop(), ...this.hosts.map(host => host.close())]);
    await this.server?.stop();
    await this.namespace.close();
    await rm(this.directory, { recursive: true, force: true });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private async startDaemons(signal: AbortSignal | undefined): Promise<void> {
    const file = join(this.directory, 'conf.db');
    await runCommand(['ovsdb-tool', 'create', file, SCHEMA], { check: true, signal });
    const remote = `--remote=p${this.database}`;
    this.server = await this.daemon(
      'ovsdb-server',
      'ovsdb-server.ctl',
      [file, remote, `--remote=db:Open_vSwitch,Open_vSwitch,manager_options`],
      signal,
    );
    const settings = this.offload
      ? ['--', 'set', 'Open_vSwitch', '.', 'other_config:userspace-tso-enable=true']
      : [];
    await this.vsctl(['--no-wait', 'init', ...settings], { signal });
    await this.startVswitchd(signal);
  }

  /** Starts one of the two daemons and waits until it listens on its control socket. */
  private async daemon(
    program: string,
    control: string,
    args: readonly string[],
    signal: AbortSignal | undefined,
  ): Promise<RunningCommand> {
    const socket = join(this.directory, control);
    await rm(socket, { force: true });
    const log = ['-vconsole:off', '-vsyslog:off', `--log-file=${join(this.directory, `${program}.log`)}`];
    const running = await this.spawn([program, ...args, `--unixctl=${socket}`, ...log]);
    await until(
      `the start of ${program}`,
      () => {
        if (running.exit !== undefined)
          throw new EmulationError('command-failed', `${program} ended: ${running.stderr.slice(0, 2000)}`);
        return isListening(socket);
      },
      { signal, interval: 3, timeout: 60_000 },
    );
    return running;
  }

  private async tool(argv: readonly string[], options: RunOptions): Promise<string> {
    return (await this.run(argv, { check: true, ...options })).stdout;
  }
}

/** Older ones spoil the checksums of what connection tracking translates. */
async function assertOffload(signal: AbortSignal | undefined): Promise<void> {
  const { stdout } = await runCommand(['ovs-vswitchd', '--version'], { check: true, signal });
  const [, major, minor] = /\) (\d+)\.(\d+)/.exec(stdout) ?? [];
  if (Number(major) > 3 || (Number(major) === 3 && Number(minor) >= 3)) return;
  throw new EmulationError(
    'ovs-too-old',
    `${stdout.split('\n')[0]} cannot translate packets whose checksums are left open`,
    { mend: 'install Open vSwitch 3.3 or later, or go without offload' },
  );
}

function controllerWords(bridge: string, targets: readonly string[]): string[] {
  if (targets.length === 0) return [];
  const create = targets.flatMap((target, index) => [
    '--',
    `--id=@c${index}`,
    'create',
    'Controller',
    `target="${target}"`,
    'max_backoff=1000',
  ]);
  return [
    ...create,
    '--',
    'set',
    'bridge',
    bridge,
    `controller=[${targets.map((_, index) => `@c${index}`).join(',')}]`,
  ];
}
