/**
 * The 40 match fields of OpenFlow 1.3.5 (section 7.2.3.7, tables 11 and 12), in the canonical wire order, and
 * the prerequisites of section 7.2.3.6 as named conditions.
 */
import { condition, type OxmField, type OxmKind } from './dsl.js';

const OPENFLOW_BASIC = 0x8000;

export const coreConditions = [
  condition('in-port', 'inPort is present', [{ field: 'inPort' }]),
  condition('vlan', 'vlanVid has the PRESENT bit', [{ field: 'vlanVid', bits: 0x1000 }]),
  condition('ip', 'ethType is 0x0800 or 0x86dd', [{ field: 'ethType', values: [0x0800, 0x86dd] }]),
  condition('ipv4', 'ethType is 0x0800', [{ field: 'ethType', values: [0x0800] }]),
  condition('ipv6', 'ethType is 0x86dd', [{ field: 'ethType', values: [0x86dd] }]),
  condition('arp', 'ethType is 0x0806', [{ field: 'ethType', values: [0x0806] }]),
  condition('mpls', 'ethType is 0x8847 or 0x8848', [{ field: 'ethType', values: [0x8847, 0x8848] }]),
  condition('pbb', 'ethType is 0x88e7', [{ field: 'ethType', values: [0x88e7] }]),
  condition('tcp', 'ipProto is 6', [{ field: 'ipProto', values: [6] }]),
  condition('udp', 'ipProto is 17', [{ field: 'ipProto', values: [17] }]),
  condition('sctp', 'ipProto is 132', [{ field: 'ipProto', values: [132] }]),
  condition('icmpv4', 'ipProto is 1', [{ field: 'ipProto', values: [1] }]),
  condition('icmpv6', 'ipProto is 58', [{ field: 'ipProto', values: [58] }]),
  condition('nd', 'icmpv6Type is 135 or 136', [{ field: 'icmpv6Type', values: [135, 136] }]),
  condition('nd-solicit', 'icmpv6Type is 135', [{ field: 'icmpv6Type', values: [135] }]),
  condition('nd-advert', 'icmpv6Type is 136', [{ field: 'icmpv6Type', values: [136] }]),
];

type Row = [
  name: string,
  field: number,
  kind: OxmKind,
  bits: number,
  maskable: OxmField['maskable'],
  requires?: string,
];

const rows: readonly Row[] = [
  ['inPort', 0, 'u32', 32, false],
  ['inPhyPort', 1, 'u32', 32, false, 'in-port'],
  ['metadata', 2, 'u64', 64, true],
  ['ethDst', 3, 'mac', 48, true],
  ['ethSrc', 4, 'mac', 48, true],
  ['ethType', 5, 'u16', 16, false],
  ['vlanVid', 6, 'u16', 13, true],
  ['vlanPcp', 7, 'u8', 3, false, 'vlan'],
  ['ipDscp', 8, 'u8', 6, false, 'ip'],
  ['ipEcn', 9, 'u8', 2, false, 'ip'],
  ['ipProto', 10, 'u8', 8, false, 'ip'],
  ['ipv4Src', 11, 'ipv4', 32, true, 'ipv4'],
  ['ipv4Dst', 12, 'ipv4', 32, true, 'ipv4'],
  ['tcpSrc', 13, 'u16', 16, 'open-vswitch', 'tcp'],
  ['tcpDst', 14, 'u16', 16, 'open-vswitch', 'tcp'],
  ['udpSrc', 15, 'u16', 16, 'open-vswitch', 'udp'],
  ['udpDst', 16, 'u16', 16, 'open-vswitch', 'udp'],
  ['sctpSrc', 17, 'u16', 16, 'open-vswitch', 'sctp'],
  ['sctpDst', 18, 'u16', 16, 'open-vswitch', 'sctp'],
  ['icmpv4Type', 19, 'u8', 8, false, 'icmpv4'],
  ['icmpv4Code', 20, 'u8', 8, false, 'icmpv4'],
  ['arpOp', 21, 'u16', 16, false, 'arp'],
  ['arpSpa', 22, 'ipv4', 32, true, 'arp'],
  ['arpTpa', 23, 'ipv4', 32, true, 'arp'],
  ['arpSha', 24, 'mac', 48, true, 'arp'],
  ['arpTha', 25, 'mac', 48, true, 'arp'],
  ['ipv6Src', 26, 'ipv6', 128, true, 'ipv6'],
  ['ipv6Dst', 27, 'ipv6', 128, true, 'ipv6'],
  ['ipv6Flabel', 28, 'u32', 20, true, 'ipv6'],
  ['icmpv6Type', 29, 'u8', 8, false, 'icmpv6'],
  ['icmpv6Code', 30, 'u8', 8, false, 'icmpv6'],
  ['ipv6NdTarget', 31, 'ipv6', 128, 'open-vswitch', 'nd'],
  ['ipv6NdSll', 32, 'mac', 48, 'open-vswitch', 'nd-solicit'],
  ['ipv6NdTll', 33, 'mac', 48, 'open-vswitch', 'nd-advert'],
  ['mplsLabel', 34, 'u32', 20, false, 'mpls'],
  ['mplsTc', 35, 'u8', 3, false, 'mpls'],
  ['mplsBos', 36, 'u8', 1, false, 'mpls'],
  ['pbbIsid', 37, 'u24', 24, true, 'pbb'],
  ['tunnelId', 38, 'u64', 64, true],
  ['ipv6Exthdr', 39, 'u16', 9, true, 'ipv6'],
];

export const coreOxmFields: readonly OxmField[] = rows.map(
  ([name, field, kind, bits, maskable, requires]) => ({
    name,
    section: '7.2.3.7',
    oxmClass: OPENFLOW_BASIC,
    field,
    kind,
    bits,
    maskable,
    ...(requires === undefined ? {} : { requires }),
  }),
);
