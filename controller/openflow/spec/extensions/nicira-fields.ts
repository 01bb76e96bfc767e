/**
 * The match fields that Open vSwitch adds: NXM (classes 0 and 1), the packet registers of OpenFlow 1.5, and
 * experimenter classes. Fields of NXM that OpenFlow 1.3 defines again keep a name of their own (`nxmEthDst`),
 * because a Nicira action may name either and the bytes differ.
 */
import type { OxmField, OxmKind } from '../dsl.js';
import { NICIRA, NSH, ONF } from './experimenters.js';

type Options = { bits?: number; mask?: false; requires?: string; doc?: string; experimenter?: number };

const WIDTHS: Partial<Record<OxmKind, number>> = {
  u8: 8,
  u16: 16,
  u32: 32,
  u64: 64,
  u128: 128,
  mac: 48,
  ipv4: 32,
  ipv6: 128,
  bytes: 992,
};

const family =
  (oxmClass: number, section: string, defaults: Options = {}) =>
  (field: number, name: string, kind: OxmKind, own: Options = {}): OxmField => {
    const { bits = WIDTHS[kind]!, mask, ...options } = { ...defaults, ...own };
    return { section, name, oxmClass, field, kind, bits, maskable: mask !== false, ...options };
  };

const nxm0 = family(0x0000, 'Open vSwitch meta-flow.h, NXM_OF');
const nxm1 = family(0x0001, 'Open vSwitch meta-flow.h, NXM_NX');
const basic = family(0x8000, 'OpenFlow 1.5.1');
const packetRegister = family(0x8001, 'OpenFlow 1.5.1, packet registers');
const onf = family(0xffff, 'Open vSwitch meta-flow.h, ONFOXM_ET', { experimenter: ONF });
const nicira = family(0xffff, 'Open vSwitch meta-flow.h, NXOXM_ET', { experimenter: NICIRA });
const nsh = family(0xffff, 'Open vSwitch meta-flow.h, NXOXM_NSH', { experimenter: NSH, requires: 'nsh' });
const ericsson = family(0x1000, 'Open vSwitch meta-flow.h, ERICOXM_OF', { mask: false, requires: 'nd' });

const numbered = <Result>(count: number, make: (index: number) => Result): Result[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Fields that OpenFlow 1.3 does not have. */
const added: readonly OxmField[] = [
  ...numbered(16, n => nxm1(n, `reg${n}`, 'u32')),
  ...numbered(8, n => packetRegister(n, `xreg${n}`, 'u64', { doc: `reg${2 * n} and reg${2 * n + 1}` })),
  ...numbered(4, n => nxm1(111 + n, `xxreg${n}`, 'u128', { doc: `reg${4 * n} to reg${4 * n + 3}` })),
  nxm1(26, 'ipFrag', 'u8', { bits: 2, requires: 'ip', doc: 'bit 0: a fragment; bit 1: not the first one' }),
  nxm1(29, 'ipTtl', 'u8', { mask: false, requires: 'ip' }),
  nxm1(30, 'mplsTtl', 'u8', { mask: false, requires: 'mpls' }),
  nxm1(31, 'tunIpv4Src', 'ipv4'),
  nxm1(32, 'tunIpv4Dst', 'ipv4'),
  nxm1(33, 'pktMark', 'u32'),
  nxm1(35, 'dpHash', 'u32'),
  nxm1(36, 'recircId', 'u32', { mask: false }),
  nxm1(37, 'conjId', 'u32', { mask: false }),
  nxm1(38, 'tunGbpId', 'u16'),
  nxm1(39, 'tunGbpFlags', 'u8'),
  ...numbered(64, n => nxm1(40 + n, `tunMetadata${n}`, 'bytes', { doc: 'as long as the TLV table maps it' })),
  nxm1(104, 'tunFlags', 'u16', { bits: 1, doc: 'bit 0: OAM' }),
  nxm1(105, 'ctState', 'u32', { doc: 'bits as in CtState' }),
  nxm1(106, 'ctZone', 'u16', { mask: false }),
  nxm1(107, 'ctMark', 'u32'),
  nxm1(108, 'ctLabel', 'u128'),
  nxm1(109, 'tunIpv6Src', 'ipv6'),
  nxm1(110, 'tunIpv6Dst', 'ipv6'),
  nxm1(119, 'ctNwProto', 'u8', { mask: false, requires: 'ct' }),
  nxm1(120, 'ctNwSrc', 'ipv4', { requires: 'ct' }),
  nxm1(121, 'ctNwDst', 'ipv4', { requires: 'ct' }),
  nxm1(122, 'ctIpv6Src', 'ipv6', { requires: 'ct' }),
  nxm1(123, 'ctIpv6Dst', 'ipv6', { requires: 'ct' }),
  nxm1(124, 'ctTpSrc', 'u16', { requires: 'ct' }),
  nxm1(125, 'ctTpDst', 'u16', { requires: 'ct' }),
  onf(42, 'tcpFlags', 'u16', { bits: 12, requires: 'tcp', doc: 'bits as in TcpFlags' }),
  onf(43, 'actsetOutput', 'u32', { mask: false, doc: 'port of the output in the action set' }),
  basic(44, 'packetType', 'u32', { mask: false, doc: 'namespace and type of the outermost header' }),
  nicira(11, 'tunErspanIdx', 'u32', { bits: 20 }),
  nicira(12, 'tunErspanVer', 'u8', { bits: 4 }),
  nicira(13, 'tunErspanDir', 'u8', { bits: 1 }),
  nicira(14, 'tunErspanHwid', 'u8', { bits: 6 }),
  nicira(15, 'tunGtpuFlags', 'u8'),
  nicira(16, 'tunGtpuMsgtype', 'u8'),
  nsh(1, 'nshFlags', 'u8'),
  nsh(2, 'nshMdtype', 'u8', { mask: false }),
  nsh(3, 'nshNp', 'u8', { mask: false }),
  nsh(4, 'nshSpi', 'u32', { bits: 24, mask: false }),
  nsh(5, 'nshSi', 'u8', { mask: false }),
  ...numbered(4, n => nsh(6 + n, `nshC${n + 1}`, 'u32')),
  nsh(10, 'nshTtl', 'u8', { mask: false }),
  ericsson(1, 'ndReserved', 'u32'),
  ericsson(2, 'ndOptionsType', 'u8'),
];

/** Other forms of fields that OpenFlow 1.3 or an extension has too. */
const renamed: readonly OxmField[] = [
  nxm0(0, 'nxmInPort', 'u16', { mask: false, doc: '16 bits wide: reserved ports are 0xfff8 and above' }),
  nxm0(1, 'nxmEthDst', 'mac'),
  nxm0(2, 'nxmEthSrc', 'mac'),
  nxm0(3, 'nxmEthType', 'u16', { mask: false }),
  nxm0(4, 'nxmVlanTci', 'u16', { doc: 'the whole tag: priority, bit 12 for its presence, number' }),
  nxm0(5, 'nxmIpTos', 'u8', { mask: false, requires: 'ip', doc: 'DSCP in the upper six bits' }),
  nxm0(6, 'nxmIpProto', 'u8', { mask: false, requires: 'ip' }),
  nxm0(7, 'nxmIpSrc', 'ipv4', { requires: 'ipv4' }),
  nxm0(8, 'nxmIpDst', 'ipv4', { requires: 'ipv4' }),
  nxm0(9, 'nxmTcpSrc', 'u16', { requires: 'tcp' }),
  nxm0(10, 'nxmTcpDst', 'u16', { requires: 'tcp' }),
  nxm0(11, 'nxmUdpSrc', 'u16', { requires: 'udp' }),
  nxm0(12, 'nxmUdpDst', 'u16', { requires: 'udp' }),
  nxm0(13, 'nxmIcmpType', 'u8', { mask: false, requires: 'icmpv4' }),
  nxm0(14, 'nxmIcmpCode', 'u8', { mask: false, requires: 'icmpv4' }),
  nxm0(15, 'nxmArpOp', 'u16', { mask: false, requires: 'arp' }),
  nxm0(16, 'nxmArpSpa', 'ipv4', { requires: 'arp' }),
  nxm0(17, 'nxmArpTpa', 'ipv4', { requires: 'arp' }),
  nxm1(16, 'nxmTunId', 'u64'),
  nxm1(17, 'nxmArpSha', 'mac', { requires: 'arp' }),
  nxm1(18, 'nxmArpTha', 'mac', { requires: 'arp' }),
  nxm1(19, 'nxmIpv6Src', 'ipv6', { requires: 'ipv6' }),
  nxm1(20, 'nxmIpv6Dst', 'ipv6', { requires: 'ipv6' }),
  nxm1(21, 'nxmIcmpv6Type', 'u8', { mask: false, requires: 'icmpv6' }),
  nxm1(22, 'nxmIcmpv6Code', 'u8', { mask: false, requires: 'icmpv6' }),
  nxm1(23, 'nxmNdTarget', 'ipv6', { requires: 'nd' }),
  nxm1(24, 'nxmNdSll', 'mac', { requires: 'nd-solicit' }),
  nxm1(25, 'nxmNdTll', 'mac', { requires: 'nd-advert' }),
  nxm1(27, 'nxmIpv6Label', 'u32', { bits: 20, requires: 'ipv6' }),
  nxm1(28, 'nxmIpEcn', 'u8', { bits: 2, mask: false, requires: 'ip' }),
  nxm1(34, 'nxmTcpFlags', 'u16', { bits: 12, requires: 'tcp' }),
  nicira(0, 'nxoxmDpHash', 'u32'),
  basic(42, 'oxmTcpFlags', 'u16', { bits: 12, requires: 'tcp' }),
  basic(43, 'oxmActsetOutput', 'u32', { mask: false }),
];

export const niciraFields: readonly OxmField[] = [...added, ...renamed];
