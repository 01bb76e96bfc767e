/**
 * What makes a packet IPv4, TCP and so on may also be said in NXM: more sources for conditions of the core. Conntrack
 * and NSH have conditions of their own.
 */
import { type Condition, condition } from '../dsl.js';

const inNxm = (name: string, field: string, ...values: number[]): Condition =>
  condition(name, `${field} is ${values.map(value => `0x${value.toString(16)}`).join(' or ')}`, [
    { field, values },
  ]);

export const niciraConditions: readonly Condition[] = [
  condition('in-port', 'nxmInPort is present', [{ field: 'nxmInPort' }]),
  condition('vlan', 'nxmVlanTci has bit 12', [{ field: 'nxmVlanTci', bits: 0x1000 }]),
  inNxm('ip', 'nxmEthType', 0x0800, 0x86dd),
  inNxm('ipv4', 'nxmEthType', 0x0800),
  inNxm('ipv6', 'nxmEthType', 0x86dd),
  inNxm('arp', 'nxmEthType', 0x0806),
  inNxm('mpls', 'nxmEthType', 0x8847, 0x8848),
  inNxm('pbb', 'nxmEthType', 0x88e7),
  inNxm('tcp', 'nxmIpProto', 6),
  inNxm('udp', 'nxmIpProto', 17),
  inNxm('sctp', 'nxmIpProto', 132),
  inNxm('icmpv4', 'nxmIpProto', 1),
  inNxm('icmpv6', 'nxmIpProto', 58),
  inNxm('nd', 'nxmIcmpv6Type', 135, 136),
  inNxm('nd-solicit', 'nxmIcmpv6Type', 135),
  inNxm('nd-advert', 'nxmIcmpv6Type', 136),
  condition('ct', 'ctState is present', [{ field: 'ctState' }]),
  condition('nsh', 'ethType is 0x894f', [
    { field: 'ethType', values: [0x894f] },
    { field: 'nxmEthType', values: [0x894f] },
  ]),
];
