/**
 * Flows for ARP and neighbour discovery about pseudo-addresses and the gateway. The controller answers them on every switch,
 * and learns from them where tenants are. Who floods them takes the room of the own port, not that of others: meters go by port.
 */
import { IpProtocol } from '../../../controller/packet/index.js';
import type { Action, Instruction, Match, WantedFlow } from '../../../controller/switch/index.js';
import { CATCH, Punt, punt } from '../pipeline.js';
import type { FlowPlan } from './wanted-flows.js';

/** Meters of neighbours on a switch, a power of two: ports whose numbers are equal modulo this share one. */
export const NEIGHBOUR_METERS = 64;

const ARP = 0x0806;
const IPV6 = 0x86dd;
const REQUEST = 1;
const SOLICITATION = 135;
const ADVERTISEMENT = 136;
const ICMPV6 = { ethType: IPV6, ipProto: IpProtocol.ICMPV6 } as const;

/** Number of the ingress port, of which switches match no part, where they do. */
const PLACE = 'reg14';
const PORT_BITS = 16;

/** The key of a meter of neighbours. */
export function neighbourMeter(place: number): string {
  return `neighbour-${place}`;
}

export function neighbourFlows(plan: FlowPlan): [string, WantedFlow][] {
  const { tables, neighbourMeters: meters, blocks, gateway } = plan;
  const toController = (meter: number | undefined) => ({
    cookie: Punt.NEIGHBOUR,
    instructions: punt(meter),
  });
  const isByPort = meters.length > 1;
  const flow = (match: Match): WantedFlow => ({
    tableId: tables.classify,
    priority: CATCH,
    match,
    ...(isByPort ? { instructions: byPlace(tables.neighbours) } : toController(meters[0])),
  });
  const flows: [string, WantedFlow][] = blocks.map(({ family, address, mask, text }) => [
    `neighbour ${text}`,
    flow(family === 4 ? asksIpv4({ value: address, mask }) : asksIpv6({ value: address, mask })),
  ]);
  const { ipv4, ipv6 } = gateway;
  if (ipv4 !== undefined) flows.push(['gateway-ipv4', flow({ ethType: ARP, arpTpa: ipv4 })]);
  if (ipv6 !== undefined) {
    const answer = { ...ICMPV6, ipv6Dst: ipv6, icmpv6Type: ADVERTISEMENT, icmpv6Code: 0 };
    flows.push(['gateway-ipv6', flow(asksIpv6(ipv6))], ['gateway-answer', flow(answer)]);
  }
  if (!isByPort) return flows;
  for (const [place, meter] of meters.entries()) {
    const match: Match = { [PLACE]: { value: place, mask: meters.length - 1 } };
    flows.push([neighbourMeter(place), { tableId: tables.neighbours, match, ...toController(meter) }]);
  }
  return flows;
}

function asksIpv4(arpTpa: Match['arpTpa']): Match {
  return { ethType: ARP, arpOp: REQUEST, arpTpa };
}

function asksIpv6(ipv6NdTarget: Match['ipv6NdTarget']): Match {
  return { ...ICMPV6, icmpv6Type: SOLICITATION, icmpv6Code: 0, ipv6NdTarget };
}

function byPlace(table: number): Instruction[] {
  const note = { type: 'nx-reg-move', src: 'nxmInPort', dst: PLACE, nBits: PORT_BITS } as Action;
  return [
    { type: 'apply-actions', actions: [note] },
    { type: 'goto-table', tableId: table },
  ];
}
