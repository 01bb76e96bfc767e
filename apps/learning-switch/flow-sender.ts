import {
  NO_BUFFER,
  type PacketInView,
  prepareActions,
  prepareInstructions,
  VlanVid,
} from '../../controller/openflow/index.js';
import type { Action, FlowMod, Instruction, Switch } from '../../controller/switch/index.js';
import type { LearningSwitchConfig } from './config.js';
import { LEARNT_PRIORITY } from './wanted-flows.js';

const WHOLE_COOKIE = 0xffff_ffff_ffff_ffffn;
/** Lists are kept for ports below this number; reserved ports and those of very large switches have theirs made each time. */
const CACHED_PORTS = 4096;

/** Writes the app's messages. Lists that do not change are made and encoded once. */
export class FlowSender {
  private readonly tableId: number;
  private readonly cookie: bigint;
  // A message is encoded before `send` returns, so that one of each kind serves every packet.
  private readonly match = { inPort: 0, ethDst: 0, ethSrc: 0, vlanVid: 0 };
  private readonly flow: FlowMod & { instructions: readonly Instruction[] };
  private readonly packet = {
    type: 'packet-out' as const,
    inPort: 0,
    actions: [] as readonly Action[],
    data: new Uint8Array(0) as Uint8Array | PacketInView,
  };
  private readonly outputs = new Array<readonly Action[] | undefined>(CACHED_PORTS);
  private readonly applies = new Array<readonly Instruction[] | undefined>(CACHED_PORTS);

  constructor(tableId: number, cookie: bigint, config: LearningSwitchConfig) {
    this.tableId = tableId;
    this.cookie = cookie;
    this.flow = {
      type: 'flow-mod',
      cookie,
      tableId,
      idleTimeout: config.idleTimeout,
      // A flow keeps its station's packets from the controller, so it must end before the station is forgotten.
      hardTimeout: Math.floor(config.stationAge / 2),
      priority: LEARNT_PRIORITY,
      match: this.match,
      instructions: [],
    };
  }

  /** The same array for the same port below CACHED_PORTS. */
  output(port: number): readonly Action[] {
    let actions = port < CACHED_PORTS ? this.outputs[port] : undefined;
    if (actions === undefined) {
      actions = prepareActions([{ type: 'output', port, maxLen: 0 }]);
      if (port < CACHED_PORTS) this.outputs[port] = actions;
    }
    return actions;
  }

  addFlow(sw: Switch, inPort: number, ethSrc: number, ethDst: number, vlan: number, outPort: number): void {
    const { match, flow } = this;
    match.inPort = inPort;
    match.ethDst = ethDst;
    match.ethSrc = ethSrc;
    match.vlanVid = vlanVidOf(vlan);
    flow.instructions = this.apply(outPort);
    sw.send(flow);
  }

  /** Sends the packet of a packet-in on: from the switch's buffer where it is there, else from the message. */
  packetOut(sw: Switch, view: PacketInView, inPort: number, actions: readonly Action[]): void {
    const { bufferId } = view;
    if (bufferId !== NO_BUFFER) {
      sw.send({ type: 'packet-out', bufferId, inPort, actions });
      return;
    }
    const { packet } = this;
    packet.inPort = inPort;
    packet.actions = actions;
    packet.data = view;
    sw.send(packet);
  }

  /** Removes the flows that lead to a station. */
  removeStation(sw: Switch, vlan: number, mac: number): void {
    this.remove(sw, { match: { ethDst: mac, vlanVid: vlanVidOf(vlan) } });
  }

  /** Removes the flows that come from or lead to a port. */
  removePort(sw: Switch, port: number): void {
    this.remove(sw, { match: { inPort: port } });
    this.remove(sw, { outPort: port });
  }

  removeAll(sw: Switch): void {
    this.remove(sw, {});
  }

  private remove(sw: Switch, which: Pick<FlowMod, 'match' | 'outPort'>): void {
    const { tableId, cookie } = this;
    sw.send({ type: 'flow-mod', command: 'delete', tableId, cookie, cookieMask: WHOLE_COOKIE, ...which });
  }

  private apply(port: number): readonly Instruction[] {
    let instructions = port < CACHED_PORTS ? this.applies[port] : undefined;
    if (instructions === undefined) {
      instructions = prepareInstructions([{ type: 'apply-actions', actions: this.output(port) }]);
      if (port < CACHED_PORTS) this.applies[port] = instructions;
    }
    return instructions;
  }
}

/** The match value of a VLAN identifier, or of a frame without a tag (OpenFlow 1.3.5 section 7.2.3.7). */
function vlanVidOf(vlan: number): number {
  return vlan < 0 ? VlanVid.NONE : VlanVid.PRESENT | vlan;
}
