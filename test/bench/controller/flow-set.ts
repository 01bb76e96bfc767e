import { formatIpv4 } from '../../../controller/address/index.js';
import {
  encode,
  type FlowMod,
  type Instruction,
  type Match,
  Writer,
} from '../../../controller/openflow/index.js';

/** Flows of a benchmark: TCP connections between many hosts, 120 bytes each on the wire. */
export const FLOW_PRIORITY = 100;

/** The `index`-th flow: what it matches. */
export function flowMatch(index: number): Match {
  return {
    inPort: 1,
    ethType: 0x800,
    ipProto: 6,
    ipv4Src: formatIpv4(sourceOf(index)),
    ipv4Dst: formatIpv4(destinationOf(index)),
    tcpDst: portOf(index),
  };
}

/** What the flows do: leave by `port`. */
export function flowInstructions(port = 2): Instruction[] {
  return [{ type: 'apply-actions', actions: [{ type: 'output', port }] }];
}

export function* flowMods(count: number): Generator<FlowMod> {
  for (let index = 0; index < count; index++) {
    yield {
      type: 'flow-mod',
      priority: FLOW_PRIORITY,
      match: flowMatch(index),
      instructions: flowInstructions(),
    };
  }
}

/** The same flows as `ovs-ofctl add-flows` reads them. */
export function flowsAsText(count: number): string {
  let text = '';
  for (let index = 0; index < count; index++) {
    const source = formatIpv4(sourceOf(index));
    const destination = formatIpv4(destinationOf(index));
    text += `priority=${FLOW_PRIORITY},in_port=1,tcp,nw_src=${source},nw_dst=${destination},tp_dst=${portOf(index)},actions=output:2\n`;
  }
  return text;
}

/** The same flows as flow-mods one after the other, with the transaction ids 1, 2, … */
export function flowsAsBytes(count: number): Uint8Array {
  const writer = new Writer(count * 160);
  let xid = 0;
  for (const message of flowMods(count)) encode(writer, message, ++xid);
  return writer.bytes();
}

const sourceOf = (index: number): number => 0x0a000000 + index;
const destinationOf = (index: number): number => 0x0a800000 + (index >>> 4);
const portOf = (index: number): number => 1024 + (index % 40_000);
