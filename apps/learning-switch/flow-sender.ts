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
/** Action lists are kept for ports up to this number. */
const MAX_CACHED = 4096;

/** Writes the app's messages. Lists that do not change are made and encoded once. */
export class FlowSender {
  private readonly tableId: number;
  private readonly cookie: bigint;
  private readonly idleTimeout: number;
  private readonly hardTimeout: number;
  private readonly outputs = new Map<number, readonly Action[]>();
  private readonly applies = new Map<number, readonly Instruction[]>();

  constructor(tableId: number, cookie: bigint, config: LearningSwitchConfig) {
    this.tableId = tableId;
    this.cookie = cookie;
    this.idleTimeout = config.idleTimeout;
    // A flow keeps its station's packets from the controller, so it must end before the station is forgotten.
    this.hardTimeout = Math.floor(config.stationAge / 2);
  }

  /** The same array for the same port. */
  output(port: number): readonly Action[] {
    let actions = this.outputs.get(port);
    if (actions === undefined) {
      actions = prepareActions([{ type: 'output', port, maxLen: 0 }]);
      if (this.outputs.size < MAX_CACHED) this.outputs.set(port, actions);
    }
    return actions;
  }

  addFlow(sw: Switch, inPort: number, ethSrc: number, ethDst: number, vlan: number, outPort: number): void {
    const { tableId, cookie, idleTimeout, hardTimeout } = this;
    sw.send({
      type: 'flow-mod',
      cookie,
      tableId,
      idleTimeout,
      hardTimeout,
      priority: LEARNT_PRIORITY,
      match: { inPort, ethDst, ethSrc, vlanVid: vlanVidOf(vlan) },
      instructions: this.apply(outPort),
    });
  }

  /** Sends the packet of a packet-in on: from the switch's buffer where it is there, else from the message. */
  packetOut(sw: Switch, view: PacketInView, inPort: number, actions: readonly Action[]): void {
    const { bufferId } = view;
    if (bufferId === NO_BUFFER) sw.send({ type: 'packet-out', inPort, actions, data: view });
    else sw.send({ type: 'packet-out', bufferId, inPort, actions });
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
    let instructions = this.applies.get(port);
    if (instructions === undefined) {
      instructions = prepareInstructions([{ type: 'apply-actions', actions: this.output(port) }]);
      if (this.applies.size < MAX_CACHED) this.applies.set(port, instructions);
    }
    return instructions;
  }
}

/** The match value of a VLAN identifier, or of a frame without a tag (OpenFlow 1.3.5 section 7.2.3.7). */
function vlanVidOf(vlan: number): number {
  return vlan < 0 ? VlanVid.NONE : VlanVid.PRESENT | vlan;
}
