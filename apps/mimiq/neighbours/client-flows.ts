/**
 * What a client may send: requests for addresses, questions for neighbours, and packets from the addresses that are leased to
 * its port and MAC address. Everything else ends here (3.3, no spoofing).
 */
import { IpProtocol } from '../../../controller/packet/index.js';
import type { Instruction, Match } from '../../../controller/switch/index.js';
import { type AddressPrefix, ipv4Number, prefixMask } from '../address-prefix.js';
import type { FlowSet } from '../pipeline/flow-set.js';
import { blockMatch, leasedBlocks } from '../pipeline/matches.js';
import { apply, ETH, goto, lookUp, PUNT, Punt } from '../pipeline/pipeline.js';
import type { SwitchPlan } from '../pipeline/switch-plan.js';
import { respondWith } from './responder-flows.js';

const REQUEST = 500;
const PROBE = 400;
const QUESTION = 300;
const FORBIDDEN = 200;
const PACKET = 100;
const ICMPV6 = { ethType: ETH.ipv6, ipProto: IpProtocol.ICMPV6 } as const;
const UDP4 = { ethType: ETH.ipv4, ipProto: IpProtocol.UDP } as const;
const UDP6 = { ethType: ETH.ipv6, ipProto: IpProtocol.UDP } as const;
const ROUTER_SOLICITATION = 133;
const NEIGHBOUR_SOLICITATION = 135;
const REDIRECT = 137;
const GROUP_BIT = 0x0100_0000_0000;

export function clientFlows(plan: SwitchPlan, flows: FlowSet): void {
  const { tables, fabric, own } = plan;
  if (own.clients.length === 0) return;
  for (const port of own.clients) requestFlows(plan, flows, port);

  // Who only looks whether an address is free must not hear that it is taken.
  const drop = (key: string, priority: number, match: Match) =>
    flows.add(`client ${key}`, tables.client, priority, match, []);
  drop('arp probe', PROBE, { ethType: ETH.arp, arpSpa: 0 });
  drop('nd probe', PROBE, { ...ICMPV6, icmpv6Type: NEIGHBOUR_SOLICITATION, ipv6Src: new Uint8Array(16) });

  const answer = respondWith(fabric.gateway.mac);
  for (const [index, block] of answeredBlocks(plan).entries()) {
    const question = block.family === 4 ? ('arpTpa' as const) : ('ipv6NdTarget' as const);
    flows.add(`client question ${index}`, tables.client, QUESTION, questionFor(block), [
      apply([answer, ...lookUp(tables, question)]),
      goto(tables.bind),
    ]);
  }
  drop('arp', FORBIDDEN, { ethType: ETH.arp });
  for (let type = ROUTER_SOLICITATION; type <= REDIRECT; type++) {
    drop(`nd ${type}`, FORBIDDEN, { ...ICMPV6, icmpv6Type: type });
  }
  drop('group', FORBIDDEN, { ethDst: { value: GROUP_BIT, mask: GROUP_BIT } });

  for (const [index, block] of leasedBlocks(fabric).entries()) {
    flows.add(`client source ${index}`, tables.client, PACKET, blockMatch(block, 'source'), [
      apply(lookUp(tables, block.family === 4 ? 'ipv4Src' : 'ipv6Src')),
      goto(tables.bind),
    ]);
  }
  bindFlows(plan, flows);
}

/** To the controller, each port within its rate. */
function requestFlows(plan: SwitchPlan, flows: FlowSet, port: number): void {
  const { tables, fabric } = plan;
  const { service } = fabric;
  const requests: [string, number, Match][] = [
    ['udp6', Punt.REQUEST, { ...UDP6, ipv6Dst: service.ipv6, udpDst: service.port }],
    ['udp4', Punt.REQUEST, { ...UDP4, ipv4Dst: ipv4Number(service.ipv4), udpDst: service.port }],
    ['dhcp4', Punt.DHCPV4, { ...UDP4, udpSrc: 68, udpDst: 67 }],
    ['dhcp6', Punt.DHCPV6, { ...UDP6, udpSrc: 546, udpDst: 547 }],
    ['router', Punt.ROUTER_SOLICITATION, { ...ICMPV6, icmpv6Type: ROUTER_SOLICITATION }],
  ];
  const meterId = plan.meterOf(port);
  const limit: Instruction[] = meterId === undefined ? [] : [{ type: 'meter', meterId }];
  for (const [name, kind, match] of requests) {
    flows.add(
      `client ${port} ${name}`,
      tables.client,
      REQUEST,
      { inPort: port, ...match },
      [...limit, apply([PUNT])],
      kind,
    );
  }
}

/**
 * The gateway answers for itself, for the service and for every address that may be leased: what is on a client's link
 * by its own opinion is reached through the gateway all the same.
 */
function answeredBlocks({ fabric }: SwitchPlan): AddressPrefix[] {
  const { gateway, service } = fabric;
  const blocks = leasedBlocks(fabric);
  for (const address of [...gateway.addresses, gateway.linkLocal, service.ipv4, service.ipv6]) {
    const host: AddressPrefix = { family: address.length === 4 ? 4 : 6, address, length: address.length * 8 };
    const isNew = blocks.every(
      block => block.length !== host.length || !block.address.every((byte, index) => byte === address[index]),
    );
    if (isNew) blocks.push(host);
  }
  return blocks;
}

function questionFor(block: AddressPrefix): Match {
  const mask = prefixMask(block.address.length, block.length);
  if (block.family === 4) {
    const target = { value: ipv4Number(block.address), mask: ipv4Number(mask) };
    return { ethType: ETH.arp, arpOp: 1, arpTpa: target };
  }
  const target = { value: block.address, mask };
  return { ...ICMPV6, icmpv6Type: NEIGHBOUR_SOLICITATION, icmpv6Code: 0, ipv6NdTarget: target };
}

/** Behind these stand the flows that tie a lease to its port and MAC address. Nobody is answered about an own address. */
function bindFlows({ tables }: SwitchPlan, flows: FlowSet): void {
  flows.add('bind arp', tables.bind, 100, { ethType: ETH.arp }, [goto(tables.respond)]);
  flows.add('bind nd', tables.bind, 100, { ...ICMPV6, icmpv6Type: NEIGHBOUR_SOLICITATION }, [
    goto(tables.respond),
  ]);
}
