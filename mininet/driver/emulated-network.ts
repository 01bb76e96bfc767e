import { CommandGroup } from './command-group.js';
import type { ControllerRelay } from './controller-relay.js';
import type { DatapathType } from './datapath.js';
import { EmulatedHost } from './emulated-host.js';
import { EmulatedLink } from './emulated-link.js';
import { EmulatedSwitch } from './emulated-switch.js';
import { EmulationError, type EmulationErrorCode } from './errors.js';
import { hideControllers } from './hidden-controllers.js';
import type { Plan } from './plan.js';
import { cleanLeftovers, type Runner } from './runner.js';
import type { Topology } from './topology-schema.js';

/** What the runner says when the network is built. */
export interface StartResult {
  datapath: DatapathType;
  shaping: 'none' | 'netem' | 'delay-line';
  hosts: Record<string, { pid: number }>;
  switches: Record<string, { pid: number | null; directory: string }>;
}

/** A running network. It goes with `stop`, with `await using`, or with the death of this process. */
export class EmulatedNetwork implements AsyncDisposable {
  /** Prefix of the names that the network has in the root namespace. */
  readonly id: string;
  readonly topology: Topology;
  readonly datapath: DatapathType;
  readonly shaping: 'none' | 'netem' | 'delay-line';
  readonly hosts = new Map<string, EmulatedHost>();
  readonly switches = new Map<string, EmulatedSwitch>();
  readonly links: readonly EmulatedLink[];
  /** Called when a process of the network has died by itself, e.g. `ovs-vswitchd of s1`. */
  onDeath: (what: string) => void = () => {};
  private readonly runner: Runner;
  private readonly commands = new CommandGroup();
  private readonly relay: ControllerRelay | undefined;
  private stopping: Promise<void> | undefined;

  constructor(
    topology: Topology,
    plan: Plan,
    result: StartResult,
    runner: Runner,
    relay: ControllerRelay | undefined,
  ) {
    this.id = plan.id;
    this.topology = topology;
    this.datapath = result.datapath;
    this.shaping = result.shaping;
    this.runner = runner;
    this.relay = relay;
    runner.onDeath = what => this.onDeath(what);
    const endsOf = (node: string) => plan.links.flatMap(({ ends }) => ends).filter(end => end.node === node);
    for (const host of plan.hosts)
      this.hosts.set(
        host.name,
        new EmulatedHost(plan.id, host, result.hosts[host.name]!.pid, endsOf(host.name), this.commands),
      );
    for (const node of plan.switches) {
      const { pid, directory } = result.switches[node.name]!;
      this.switches.set(
        node.name,
        new EmulatedSwitch(node, endsOf(node.name), directory, pid ?? undefined, this.commands),
      );
    }
    this.links = plan.links.map(
      (link, index) =>
        new EmulatedLink(
          index,
          link,
          runner,
          node => (argv, options) => (this.hosts.get(node) ?? this.switch(node)).spawn(argv, options),
        ),
    );
    for (const { ends } of plan.links) {
      const [a, b] = ends;
      if (a.port !== null) this.switches.get(a.node)!.ports.set(b.node, a.port);
      if (b.port !== null) this.switches.get(b.node)!.ports.set(a.node, b.port);
    }
  }

  /** @throws EmulationError `unknown-host` */
  host(name: string): EmulatedHost {
    return named('unknown-host', 'host', name, this.hosts);
  }

  /** @throws EmulationError `unknown-switch` */
  switch(name: string): EmulatedSwitch {
    return named('unknown-switch', 'switch', name, this.switches);
  }

  /** The link between two nodes, in either order. @throws EmulationError `unknown-link` */
  link(a: string, b: string): EmulatedLink {
    const found = this.links.find(({ ends }) => {
      const nodes = ends.map(({ node }) => node);
      return nodes.includes(a) && nodes.includes(b) && a !== b;
    });
    if (found === undefined)
      throw new EmulationError('unknown-link', `there is no link between ${a} and ${b}`, {
        mend: `the links are ${this.links.map(({ ends }) => ends.map(({ node }) => node).join(' - ')).join(', ')}`,
      });
    return found;
  }

  /** Starts the daemons of the topology, one after the other. @throws EmulationError `daemon-failed` */
  async startDaemons(signal?: AbortSignal): Promise<void> {
    for (const [name, { daemons }] of Object.entries(this.topology.hosts)) {
      for (const { command, env, ready } of daemons) {
        signal?.throwIfAborted();
        const host = this.host(name);
        const daemon = await host.spawn(command, { env });
        host.daemons.push(daemon);
        if (ready === undefined) continue;
        await daemon.printed(new RegExp(ready, 'm')).catch(cause => {
          throw new EmulationError('daemon-failed', `${command[0]} on ${name}: ${cause.message}`, { cause });
        });
      }
    }
  }

  /**
   * Starts a controller, and lets the switches whose controller is at `target` look for it as soon as it listens.
   *
   * @param start resolves when the controller listens
   */
  async meet<T>(target: string, start: () => Promise<T>): Promise<T> {
    const databases = new Map([...this.switches.values()].map(sw => [sw.database, sw]));
    const hidden = await Promise.all(
      [...databases.values()].map(sw => hideControllers(args => sw.vsctl(args), [target], sw.directory)),
    );
    try {
      return await start();
    } finally {
      await Promise.all(hidden.map(show => show()));
    }
  }

  /** Removes the network and everything that runs in it. */
  stop(): Promise<void> {
    this.stopping ??= this.takeDown();
    return this.stopping;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop();
  }

  private async takeDown(): Promise<void> {
    await this.commands.close();
    try {
      await this.runner.request('stop');
      await this.runner.exited;
    } catch (error) {
      if (!(error instanceof EmulationError) || error.code !== 'runner-died') throw error;
      // Nobody else removes the network of a runner that was killed.
      const { failed } = await cleanLeftovers();
      const own = failed.find(({ id }) => id === this.id);
      if (own !== undefined) throw new EmulationError('ovs-not-running', own.message);
    } finally {
      await this.relay?.close();
    }
  }
}

function named<T>(code: EmulationErrorCode, kind: string, name: string, all: ReadonlyMap<string, T>): T {
  const found = all.get(name);
  if (found === undefined)
    throw new EmulationError(code, `there is no ${kind} '${name}'`, {
      mend: `the ${kind}s are: ${[...all.keys()].join(', ')}`,
    });
  return found;
}
