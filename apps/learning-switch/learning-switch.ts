import { isGroupMac } from '../../controller/address/index.js';
import type { AppContext, AppInstance, TopologyChange } from '../../controller/host/index.js';
import type { PacketInView } from '../../controller/openflow/index.js';
import { EthernetView, PacketError } from '../../controller/packet/index.js';
import type { ActualFlow, PortChange, Switch } from '../../controller/switch/index.js';
import type { LearningSwitchConfig } from './config.js';
import { FlowSender } from './flow-sender.js';
import { adoptSurvivors } from './survivors.js';
import { SwitchState } from './switch-state.js';
import { stateFlows } from './wanted-flows.js';

/** 01:80:c2:00:00:00 to :0f belong to the link; bridges do not forward them (IEEE Std 802.1Q table 8-1). */
const FIRST_LINK_LOCAL = 0x0180_c200_0000;
const LAST_LINK_LOCAL = 0x0180_c200_000f;
const SHORTEST_FRAME = 14;
/** Milliseconds between two looks for stations that are too old. */
const SWEEP = 10_000;
const TOPOLOGY = 'topology';

export class LearningSwitch implements AppInstance {
  private readonly context: AppContext<LearningSwitchConfig>;
  private readonly states = new Map<Switch, SwitchState>();
  private readonly sender: FlowSender;
  private readonly tableId: number;
  /** Whole seconds of the clock, renewed every second: packets need no better. */
  private now = 0;
  private readonly counts = { floods: 0, flows: 0, moves: 0, full: 0, unforwardable: 0 };

  constructor(context: AppContext<LearningSwitchConfig>) {
    this.context = context;
    this.tableId = context.table('learnt');
    this.sender = new FlowSender(this.tableId, context.shortLivedCookie(), context.config);
    this.readClock();
    context.clock.every(1000, () => this.readClock());
    context.clock.every(SWEEP, () => {
      for (const { stations } of this.states.values()) stations.expire(this.now - context.config.stationAge);
    });
    this.addMetrics();
  }

  switchUp(sw: Switch, survivors: readonly ActualFlow[]): void {
    const { topology, config } = this.context;
    const wanted = this.context.wanted(sw);
    if (!topology.isSettled(sw)) wanted.unsettle(TOPOLOGY);
    const state = new SwitchState(config.maxStations);
    this.states.set(sw, state);
    this.follow(sw, state);
    for (const port of adoptSurvivors(sw, state, survivors, this.now)) this.sender.removePort(sw, port);
  }

  switchDown(sw: Switch): void {
    this.states.delete(sw);
  }

  portStatus(sw: Switch, change: PortChange): void {
    const state = this.states.get(sw);
    if (state === undefined || !change.wasUp || change.isUp) return;
    state.stations.forgetPort(change.port.portNo);
    this.sender.removePort(sw, change.port.portNo);
  }

  topologyChanged(sw: Switch, change: TopologyChange): void {
    const state = this.states.get(sw);
    if (state === undefined) return;
    if (change.disturbed) {
      state.stations.clear();
      this.sender.removeAll(sw);
    }
    this.follow(sw, state);
  }

  packetIn(sw: Switch, view: PacketInView): void {
    const state = this.states.get(sw);
    if (state === undefined || view.dataLength < SHORTEST_FRAME) return;
    let frame: EthernetView;
    try {
      frame = new EthernetView(view.buf, view.dataOffset, view.offset + view.length);
    } catch (error) {
      if (!(error instanceof PacketError)) throw error;
      this.counts.unforwardable++;
      return;
    }
    const { source, destination, vlanId } = frame;
    const inPort = view.inPort;
    if (isGroupMac(source) || (destination >= FIRST_LINK_LOCAL && destination <= LAST_LINK_LOCAL)) {
      this.counts.unforwardable++;
      return;
    }
    if (!state.forwarding.has(inPort)) {
      this.fromUnprovenPort(sw, state, view, vlanId, destination);
      return;
    }
    const learnt = state.stations.learn(vlanId, source, inPort, this.now);
    if (learnt === 'moved') {
      this.counts.moves++;
      this.sender.removeStation(sw, vlanId, source);
    }
    const outPort = state.stations.find(vlanId, destination);
    if (outPort === undefined) {
      this.counts.floods++;
      const actions = this.context.topology.floodActions(sw, inPort);
      if (actions.length > 0) this.sender.packetOut(sw, view, inPort, actions);
      return;
    }
    if (outPort === inPort) return;
    if (learnt === 'full') this.counts.full++;
    else {
      this.counts.flows++;
      this.sender.addFlow(sw, inPort, source, destination, vlanId, outPort);
    }
    this.sender.packetOut(sw, view, inPort, this.sender.output(outPort));
  }

  /**
   * A port that may lead to another switch teaches nothing and floods nothing, but a packet to a known station
   * harms nobody: so a restart of the controller does not interrupt conversations.
   */
  private fromUnprovenPort(
    sw: Switch,
    state: SwitchState,
    view: PacketInView,
    vlan: number,
    destination: number,
  ): void {
    const { inPort } = view;
    if (this.context.topology.roleOf(sw, inPort) !== 'held') return;
    const outPort = state.stations.find(vlan, destination);
    if (outPort === undefined || outPort === inPort) return;
    this.sender.packetOut(sw, view, inPort, this.sender.output(outPort));
  }

  /** Takes the roles of the ports over. */
  private follow(sw: Switch, state: SwitchState): void {
    const { topology } = this.context;
    state.forwarding.clear();
    for (const port of sw.ports.keys()) if (topology.isForwarding(sw, port)) state.forwarding.add(port);
    const wanted = this.context.wanted(sw);
    stateFlows(wanted, this.tableId, topology.blockedPorts(sw), this.context.punt(sw));
    if (topology.isSettled(sw)) wanted.settle(TOPOLOGY);
  }

  private readClock(): void {
    this.now = Math.floor(this.context.clock.now() / 1000);
  }

  private addMetrics(): void {
    const { metrics } = this.context;
    const { counts } = this;
    metrics.gauge('stations', 'Stations that are known, over all switches.', () => {
      let size = 0;
      for (const { stations } of this.states.values()) size += stations.size;
      return size;
    });
    metrics.counter('floods_total', 'Packets flooded for want of a known station.', () => counts.floods);
    metrics.counter('flows_total', 'Flows sent to switches.', () => counts.flows);
    metrics.counter('moves_total', 'Stations that turned up at another port.', () => counts.moves);
    metrics.counter('full_total', 'Packets of stations for which there was no room.', () => counts.full);
    metrics.counter(
      'unforwardable_total',
      'Packets that no switch forwards: malformed, link-local, or from a group address.',
      () => counts.unforwardable,
    );
  }
}
