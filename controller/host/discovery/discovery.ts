import { ControllerMaxLen, Port as PortNumber } from '../../openflow/index.js';
import {
  HOST_PRIORITY,
  isPortUp,
  isRealPort,
  type PortChange,
  type Switch,
  type WantedFlow,
} from '../../switch/index.js';
import type { Clock, Timer } from '../clock.js';
import type { HOST_MESSAGES } from '../messages/catalogue.js';
import type { MessageLog } from '../messages/message.js';
import { Occasions } from '../messages/occasions.js';
import { type DirectedLink, type FloodTree, floodTree, type PortName } from './flood-tree.js';
import { LinkTable } from './link-table.js';
import { PortRoles } from './port-roles.js';
import { ProbeCodec } from './probe.js';
import type { PortRole, Topology, TopologyChange } from './topology.js';

export interface DiscoveryOptions {
  /** False: every port is an edge port, and no probe is sent. */
  enabled: boolean;
  /** Milliseconds between two probes of a port. */
  interval: number;
  /** Milliseconds for which a port that came up is held. */
  hold: number;
}

export interface DiscoveryEvents {
  topologyChanged(sw: Switch, change: TopologyChange): void;
}

/** Rounds that may be missing before a link counts as gone. */
const MISSED_ROUNDS = 3;
/** Probes of different switches are spread over an interval. */
const SLICES = 8;
/**
 * A switch that has the controller's flows already was safe a moment ago: its ports are held this part of the
 * time.
 */
const WARM_HOLD = 1 / 8;
const LLDP = 0x88cc;

/** Finds the links between switches by probes, and keeps the flood tree over them. */
export class Discovery implements Topology {
  private readonly clock: Clock;
  private readonly options: DiscoveryOptions;
  private readonly events: DiscoveryEvents;
  private readonly log: MessageLog<typeof HOST_MESSAGES>;
  private readonly codec: ProbeCodec;
  private readonly links: LinkTable;
  private readonly switches = new Map<string, PortRoles>();
  private readonly forgeries = new Occasions();
  private readonly startedAt: number;
  /** The message that carries a probe; filled in anew for each, since they are many. */
  private readonly probeOut = packetOutMessage();
  private timer: Timer | undefined;
  private slice = 0;
  private tree: FloodTree = { roles: new Map(), components: new Map() };
  private isTreeStale = false;
  private isUpdateDue = false;
  /** Switches of which a port in use was blocked before the tree was worked out. */
  private readonly disturbedIds = new Set<string>();

  constructor(
    clock: Clock,
    options: DiscoveryOptions,
    log: MessageLog<typeof HOST_MESSAGES>,
    events: DiscoveryEvents,
    codec = new ProbeCodec(),
  ) {
    this.clock = clock;
    this.options = options;
    this.log = log;
    this.events = events;
    this.codec = codec;
    this.links = new LinkTable(MISSED_ROUNDS * options.interval);
    this.startedAt = clock.now();
    if (options.enabled) this.timer = clock.every(options.interval / SLICES, () => this.tick());
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.switches.clear();
  }

  /** The flow that brings probes to the controller: above all flows of apps. */
  flow(): WantedFlow {
    const actions = [
      { type: 'output', port: PortNumber.CONTROLLER, maxLen: ControllerMaxLen.NO_BUFFER } as const,
    ];
    return {
      tableId: 0,
      priority: HOST_PRIORITY,
      match: { ethDst: '01:80:c2:00:00:0e', ethType: LLDP },
      instructions: [{ type: 'apply-actions', actions }],
    };
  }

  get isEnabled(): boolean {
    return this.options.enabled;
  }

  /** Both directions of every link that is known. */
  directions(): readonly DirectedLink[] {
    return this.links.directions();
  }

  roleOf(sw: Switch, port: number): PortRole {
    return this.switches.get(sw.id)?.roleOf(port) ?? 'down';
  }

  isForwarding(sw: Switch, port: number): boolean {
    return this.switches.get(sw.id)?.isForwarding(port) ?? false;
  }

  floodActions(sw: Switch, inPort: number) {
    return this.switches.get(sw.id)?.floodActions(inPort) ?? [];
  }

  blockedPorts(sw: Switch): Iterable<number> {
    return this.switches.get(sw.id)?.blocked() ?? [];
  }

  isSettled(sw: Switch): boolean {
    return this.switches.get(sw.id)?.isSettled ?? true;
  }

  /** A switch is there. `warm`: it has flows of this controller already. */
  switchUp(sw: Switch, warm: boolean): void {
    const now = this.clock.now();
    let roles = this.switches.get(sw.id);
    const isReturn = roles !== undefined;
    if (roles === undefined) {
      roles = new PortRoles(sw);
      this.switches.set(sw.id, roles);
    }
    this.links.switchBack(sw.id, now);
    this.forgetLinksOfDeadPorts(sw);
    if (this.options.enabled) {
      const hold = this.options.hold * (warm ? WARM_HOLD : 1);
      for (const [number, port] of sw.ports) {
        if (isPortUp(port) && !(isReturn && roles.roleOf(number) !== 'down')) roles.hold(number, now + hold);
      }
      this.probeAll(sw);
      this.releaseAfter(roles, hold);
    }
    this.updateNow(roles);
  }

  /** A switch is away. Its links stay: its flows still forward. */
  switchDown(sw: Switch): void {
    this.links.switchAway(sw.id);
  }

  /** A switch is gone for good. */
  switchForgotten(sw: Switch): void {
    this.switches.delete(sw.id);
    this.lost(this.links.switchForgotten(sw.id));
    this.updateSoon();
  }

  portStatus(sw: Switch, change: PortChange): void {
    const roles = this.switches.get(sw.id);
    if (roles === undefined) return;
    const port = change.port.portNo;
    if (change.wasUp && !change.isUp) {
      roles.letGo(port);
      this.lost(this.links.portDown({ switchId: sw.id, port }));
    } else if (change.isUp && !change.wasUp && this.options.enabled) {
      roles.hold(port, this.clock.now() + this.options.hold);
      this.probe(sw, port);
      this.releaseAfter(roles, this.options.hold);
    }
    this.updateNow(roles);
  }

  /** An LLDP frame came in. */
  received(sw: Switch, inPort: number, frame: Uint8Array): void {
    const reading = this.codec.read(frame, 0, frame.length, this.round());
    if (reading === 'foreign') return;
    if (reading === 'forged') {
      const times = this.forgeries.count(`${sw.id}/${inPort}`);
      if (times !== undefined) this.log.write('probe-forged', { switch: sw.id, port: inPort, times });
      return;
    }
    const from: PortName = {
      switchId: reading.datapathId.toString(16).padStart(16, '0'),
      port: reading.port,
    };
    const to: PortName = { switchId: sw.id, port: inPort };
    if (!this.isPortKnown(from) || !this.isPortKnown(to)) return;
    if (!this.links.heard(from, to, this.clock.now())) return;
    this.log.write('link-found', { from: `${from.switchId}/${from.port}`, to: `${to.switchId}/${to.port}` });
    for (const end of [from, to]) {
      if (this.switches.get(end.switchId)?.blockAtOnce(end.port)) this.disturbedIds.add(end.switchId);
    }
    if (!this.links.has(to, from)) this.probe(sw, inPort);
    this.isTreeStale = true;
    this.updateSoon();
  }

  private isPortKnown({ switchId, port }: PortName): boolean {
    const known = this.switches.get(switchId)?.sw.ports.get(port);
    return known !== undefined && isPortUp(known);
  }

  private round(): number {
    return Math.floor((this.clock.now() - this.startedAt) / this.options.interval);
  }

  /** One slice of an interval: probes every eighth switch, and forgets links of which nothing was heard. */
  private tick(): void {
    this.slice = (this.slice + 1) % SLICES;
    let index = 0;
    for (const { sw } of this.switches.values()) {
      if (index++ % SLICES === this.slice && sw.isConnected) this.probeAll(sw);
    }
    const lost = this.links.expire(this.clock.now());
    if (lost.length === 0) return;
    this.lost(lost);
    this.updateSoon();
  }

  /** Ports that nothing was heard of are edge ports when their time is over; in between they are probed again. */
  private releaseAfter(roles: PortRoles, hold: number): void {
    this.clock.after(hold / 2, () => {
      for (const port of roles.held()) this.probe(roles.sw, port);
    });
    this.clock.after(hold, () => {
      if (this.switches.get(roles.sw.id) === roles) this.updateNow(roles);
    });
  }

  private forgetLinksOfDeadPorts(sw: Switch): void {
    const dead = new Set<number>();
    for (const { from, to } of this.links.directions()) {
      for (const end of [from, to]) {
        if (end.switchId === sw.id && !this.isPortKnown(end)) dead.add(end.port);
      }
    }
    for (const port of dead) this.lost(this.links.portDown({ switchId: sw.id, port }));
  }

  private probeAll(sw: Switch): void {
    for (const port of sw.ports.keys()) this.probe(sw, port);
  }

  private probe(sw: Switch, portNumber: number): void {
    const port = sw.ports.get(portNumber);
    if (port === undefined || !isRealPort(portNumber) || !isPortUp(port) || !sw.isConnected) return;
    const probe = { datapathId: sw.datapathId, port: portNumber, round: this.round() };
    const lifetime = (MISSED_ROUNDS * this.options.interval) / 1000;
    const { output, message } = this.probeOut;
    output.port = portNumber;
    message.data = this.codec.build(probe, port.hwAddr, lifetime);
    sw.send(message);
  }

  private lost(lost: readonly DirectedLink[]): void {
    if (lost.length > 0) this.isTreeStale = true;
    for (const { from, to } of lost) {
      this.log.write('link-lost', { from: `${from.switchId}/${from.port}`, to: `${to.switchId}/${to.port}` });
    }
  }

  /** Many probes arrive together: the tree is worked out once for all of them. */
  private updateSoon(): void {
    if (this.isUpdateDue) return;
    this.isUpdateDue = true;
    queueMicrotask(() => {
      if (this.isUpdateDue) this.updateNow();
    });
  }

  /**
   * Works the roles of one switch out anew, or of all when the links changed, and tells of every switch that
   * changed.
   */
  private updateNow(only?: PortRoles): void {
    this.isUpdateDue = false;
    if (this.isTreeStale || only === undefined) {
      this.isTreeStale = false;
      this.tree = floodTree(this.links.directions());
      this.update([...this.switches.values()]);
    } else {
      this.update([only]);
    }
  }

  /** A disturbed switch disturbs all that it is connected with: what they learnt may point the wrong way. */
  private update(all: readonly PortRoles[]): void {
    const now = this.clock.now();
    const changes = new Map<Switch, TopologyChange>();
    const disturbed = new Set<number>();
    for (const roles of all) {
      const { id } = roles.sw;
      const change = roles.update(this.tree.roles.get(id), now);
      const isDisturbed = this.disturbedIds.delete(id) || (change?.disturbed ?? false);
      if (change !== undefined || isDisturbed) changes.set(roles.sw, { disturbed: isDisturbed });
      const component = this.tree.components.get(id);
      if (isDisturbed && component !== undefined) disturbed.add(component);
    }
    if (disturbed.size > 0) {
      for (const { sw } of this.switches.values()) {
        const component = this.tree.components.get(sw.id);
        if (component !== undefined && disturbed.has(component)) changes.set(sw, { disturbed: true });
      }
    }
    for (const [sw, change] of changes) this.events.topologyChanged(sw, change);
  }
}

function packetOutMessage() {
  const output = { type: 'output' as const, port: 0 };
  const data: Uint8Array = new Uint8Array();
  const message = { type: 'packet-out' as const, actions: [output], data };
  return { output, message };
}
