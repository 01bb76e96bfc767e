/**
 * The switch answers for addresses by itself: no ARP request and no neighbour solicitation travels (3.3, passive
 * learning). Who asks gets the answer by the port that the question came from, so a false question harms nobody else.
 */
import { IpProtocol } from '../../../controller/packet/index.js';
import type { Action } from '../../../controller/switch/index.js';
import type { FlowSet } from '../pipeline/flow-set.js';
import type { Tables } from '../pipeline/pipeline.js';
import { apply, ETH, goto, move, OUTPUT_IN_PORT } from '../pipeline/pipeline.js';

const NEIGHBOUR_SOLICITATION = 135;
const NEIGHBOUR_ADVERTISEMENT = 136;
const TARGET_LINK_LAYER_ADDRESS = 2;
/** Router, solicited, override (RFC 4861 section 4.4). */
const ADVERTISEMENT_FLAGS = 0xe000_0000;

/** The MAC address that the responder tells. */
export function respondWith(mac: number): Action {
  return { type: 'set-field', field: { xreg5: BigInt(mac) } };
}

export function responderFlows(tables: Tables, flows: FlowSet): void {
  const turnRound = [move('ethSrc', 'ethDst', 48), move('xreg5', 'ethSrc', 48)];
  flows.add('respond arp', tables.respond, 100, { ethType: ETH.arp, arpOp: 1 }, [
    apply([
      ...turnRound,
      { type: 'set-field', field: { arpOp: 2 } },
      move('arpSha', 'arpTha', 48),
      move('xreg5', 'arpSha', 48),
      move('arpTpa', 'reg12', 32),
      move('arpSpa', 'arpTpa', 32),
      move('reg12', 'arpSpa', 32),
      OUTPUT_IN_PORT,
    ]),
  ]);
  const icmpv6 = { ethType: ETH.ipv6, ipProto: IpProtocol.ICMPV6 };
  const solicitation = { ...icmpv6, icmpv6Type: NEIGHBOUR_SOLICITATION, icmpv6Code: 0 };
  flows.add('respond nd', tables.respond, 100, solicitation, [
    apply([
      ...turnRound,
      move('ipv6Src', 'ipv6Dst', 128),
      move('ipv6NdTarget', 'ipv6Src', 128),
      { type: 'set-field', field: { icmpv6Type: NEIGHBOUR_ADVERTISEMENT } },
    ]),
    goto(tables.advertise),
  ]);
  // Open vSwitch sets fields of an advertisement only where the match says that it is one.
  const advertisement = { ...icmpv6, icmpv6Type: NEIGHBOUR_ADVERTISEMENT, icmpv6Code: 0 };
  flows.add('advertise', tables.advertise, 100, advertisement, [
    apply([
      { type: 'set-field', field: { ndOptionsType: TARGET_LINK_LAYER_ADDRESS } },
      { type: 'set-field', field: { ndReserved: ADVERTISEMENT_FLAGS } },
      move('xreg5', 'ipv6NdTll', 48),
      OUTPUT_IN_PORT,
    ]),
  ]);
}
