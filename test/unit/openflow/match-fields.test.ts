import { expect } from 'chai';
import { type DecodedMatch, OXM_FIELDS } from '../../../controller/openflow/index.js';
import { annotated, pins } from './vector.js';

const IPV4 = '80000a02 0800';
const IPV6 = '80000a02 86dd';
const ARP = '80000a02 0806';
const MPLS = '80000a02 8847';
const TCP = `${IPV4} 80001401 06`;
const UDP = `${IPV4} 80001401 11`;
const SCTP = `${IPV4} 80001401 84`;
const ICMPV4 = `${IPV4} 80001401 01`;
const ICMPV6 = `${IPV6} 80001401 3a`;

const ipv4 = { ethType: 0x0800 };
const ipv6 = { ethType: 0x86dd };
const arp = { ethType: 0x0806 };
const mpls = { ethType: 0x8847 };
const icmpv6 = { ...ipv6, ipProto: 58 };

/** What the field needs before it, its own bytes, and the match that both stand for. */
const vectors: [name: string, before: string, own: string, match: DecodedMatch][] = [
  ['inPort', '', '80000004 00000001', { inPort: 1 }],
  ['inPhyPort', '80000004 00000001', '80000204 00000002', { inPort: 1, inPhyPort: 2 }],
  ['metadata', '', '80000408 0123456789abcdef', { metadata: 0x0123_4567_89ab_cdefn }],
  ['metadata', '', '80000510 0000000000000005 00000000000000ff', { metadata: { value: 5n, mask: 0xffn } }],
  ['ethDst', '', '80000606 ffffffffffff', { ethDst: 'ff:ff:ff:ff:ff:ff' }],
  [
    'ethDst',
    '',
    '8000070c 010000000000 010000000000',
    { ethDst: { value: '01:00:00:00:00:00', mask: '01:00:00:00:00:00' } },
  ],
  ['ethSrc', '', '80000806 020000000001', { ethSrc: '02:00:00:00:00:01' }],
  [
    'ethSrc',
    '',
    '8000090c 020000000000 ffffff000000',
    { ethSrc: { value: '02:00:00:00:00:00', mask: 'ff:ff:ff:00:00:00' } },
  ],
  ['ethType', '', '80000a02 88cc', { ethType: 0x88cc }],
  ['vlanVid', '', '80000c02 1064', { vlanVid: 0x1064 }],
  ['vlanVid', '', '80000d04 1000 1000', { vlanVid: { value: 0x1000, mask: 0x1000 } }],
  ['vlanPcp', '80000c02 1064', '80000e01 07', { vlanVid: 0x1064, vlanPcp: 7 }],
  ['ipDscp', IPV4, '80001001 3f', { ...ipv4, ipDscp: 63 }],
  ['ipEcn', IPV6, '80001201 03', { ...ipv6, ipEcn: 3 }],
  ['ipProto', IPV4, '80001401 06', { ...ipv4, ipProto: 6 }],
  ['ipv4Src', IPV4, '80001604 0a000001', { ...ipv4, ipv4Src: '10.0.0.1' }],
  [
    'ipv4Src',
    IPV4,
    '80001708 0a000000 ff000000',
    { ...ipv4, ipv4Src: { value: '10.0.0.0', mask: '255.0.0.0' } },
  ],
  ['ipv4Dst', IPV4, '80001804 0a000002', { ...ipv4, ipv4Dst: '10.0.0.2' }],
  [
    'ipv4Dst',
    IPV4,
    '80001908 c0a80000 ffffffff',
    { ...ipv4, ipv4Dst: { value: '192.168.0.0', mask: '255.255.255.255' } },
  ],
  ['tcpSrc', TCP, '80001a02 0050', { ...ipv4, ipProto: 6, tcpSrc: 80 }],
  ['tcpDst', TCP, '80001c02 01bb', { ...ipv4, ipProto: 6, tcpDst: 443 }],
  ['tcpDst', TCP, '80001d04 1000 f000', { ...ipv4, ipProto: 6, tcpDst: { value: 0x1000, mask: 0xf000 } }],
  ['udpSrc', UDP, '80001e02 0035', { ...ipv4, ipProto: 17, udpSrc: 53 }],
  ['udpDst', UDP, '80002002 0043', { ...ipv4, ipProto: 17, udpDst: 67 }],
  ['sctpSrc', SCTP, '80002202 0001', { ...ipv4, ipProto: 132, sctpSrc: 1 }],
  ['sctpDst', SCTP, '80002402 ffff', { ...ipv4, ipProto: 132, sctpDst: 65535 }],
  ['icmpv4Type', ICMPV4, '80002601 08', { ...ipv4, ipProto: 1, icmpv4Type: 8 }],
  ['icmpv4Code', ICMPV4, '80002801 01', { ...ipv4, ipProto: 1, icmpv4Code: 1 }],
  ['arpOp', ARP, '80002a02 0001', { ...arp, arpOp: 1 }],
  ['arpSpa', ARP, '80002c04 0a000001', { ...arp, arpSpa: '10.0.0.1' }],
  [
    'arpSpa',
    ARP,
    '80002d08 0a000000 ffff0000',
    { ...arp, arpSpa: { value: '10.0.0.0', mask: '255.255.0.0' } },
  ],
  ['arpTpa', ARP, '80002e04 0a000002', { ...arp, arpTpa: '10.0.0.2' }],
  ['arpSha', ARP, '80003006 020000000001', { ...arp, arpSha: '02:00:00:00:00:01' }],
  ['arpTha', ARP, '80003206 020000000002', { ...arp, arpTha: '02:00:00:00:00:02' }],
  ['ipv6Src', IPV6, '80003410 20010db8000000000000000000000001', { ...ipv6, ipv6Src: '2001:db8::1' }],
  [
    'ipv6Src',
    IPV6,
    '80003520 20010db8000000000000000000000000 ffffffff000000000000000000000000',
    { ...ipv6, ipv6Src: { value: '2001:db8::', mask: 'ffff:ffff::' } },
  ],
  ['ipv6Dst', IPV6, '80003610 ff020000000000000000000000000001', { ...ipv6, ipv6Dst: 'ff02::1' }],
  ['ipv6Flabel', IPV6, '80003804 000fffff', { ...ipv6, ipv6Flabel: 0xfffff }],
  ['ipv6Flabel', IPV6, '80003908 00000005 0000000f', { ...ipv6, ipv6Flabel: { value: 5, mask: 15 } }],
  ['icmpv6Type', ICMPV6, '80003a01 87', { ...icmpv6, icmpv6Type: 135 }],
  ['icmpv6Code', ICMPV6, '80003c01 00', { ...icmpv6, icmpv6Code: 0 }],
  [
    'ipv6NdTarget',
    `${ICMPV6} 80003a01 88`,
    '80003e10 fe800000000000000000000000000001',
    { ...icmpv6, icmpv6Type: 136, ipv6NdTarget: 'fe80::1' },
  ],
  [
    'ipv6NdSll',
    `${ICMPV6} 80003a01 87`,
    '80004006 020000000001',
    { ...icmpv6, icmpv6Type: 135, ipv6NdSll: '02:00:00:00:00:01' },
  ],
  [
    'ipv6NdTll',
    `${ICMPV6} 80003a01 88`,
    '80004206 020000000002',
    { ...icmpv6, icmpv6Type: 136, ipv6NdTll: '02:00:00:00:00:02' },
  ],
  ['mplsLabel', MPLS, '80004404 000fffff', { ...mpls, mplsLabel: 0xfffff }],
  ['mplsTc', MPLS, '80004601 07', { ...mpls, mplsTc: 7 }],
  ['mplsBos', MPLS, '80004801 01', { ...mpls, mplsBos: 1 }],
  ['pbbIsid', '80000a02 88e7', '80004a03 abcdef', { ethType: 0x88e7, pbbIsid: 0xabcdef }],
  [
    'pbbIsid',
    '80000a02 88e7',
    '80004b06 ab0000 ff0000',
    { ethType: 0x88e7, pbbIsid: { value: 0xab0000, mask: 0xff0000 } },
  ],
  ['tunnelId', '', '80004c08 0000000000000007', { tunnelId: 7n }],
  ['tunnelId', '', '80004d10 0000000000000001 0000000000000001', { tunnelId: { value: 1n, mask: 1n } }],
  ['ipv6Exthdr', IPV6, '80004e02 0001', { ...ipv6, ipv6Exthdr: 1 }],
  ['ipv6Exthdr', IPV6, '80004f04 0010 0110', { ...ipv6, ipv6Exthdr: { value: 0x10, mask: 0x110 } }],
  ['0x80015a02', '', '80015a02 abcd', { '0x80015a02': annotated('abcd') }],
  ['0xffff0a0600abcdef', '', 'ffff0a06 00abcdef 1234', { '0xffff0a0600abcdef': annotated('1234') }],
];

const u16 = (value: number): string => value.toString(16).padStart(4, '0');

describe('openflow match field vectors', () => {
  for (const [name, before, own, match] of vectors) {
    const fields = annotated(before + own).length;
    const padding = (8 - ((4 + fields) % 8)) % 8;
    const hex = `
      04 0b ${u16(48 + 4 + fields + padding)} 00000000 // FLOW_REMOVED
      0000000000000000 0000 00 00 00000000 00000000 0000 0000 0000000000000000 0000000000000000
      0001 ${u16(4 + fields)} ${before} // match: OXM, length, what the field needs
      ${own} // the field
      ${'00'.repeat(padding)}`;
    pins(`${name}${isMasked(match) ? ' with a mask' : ''} (${own})`, hex, {
      type: 'flow-removed',
      xid: 0,
      cookie: 0n,
      priority: 0,
      reason: 'idle-timeout',
      tableId: 0,
      durationSec: 0,
      durationNsec: 0,
      idleTimeout: 0,
      hardTimeout: 0,
      packetCount: 0n,
      byteCount: 0n,
      match,
    });
  }

  it('pins all 40 fields of OpenFlow 1.3', () => {
    const basic = OXM_FIELDS.filter(({ header }) => header >>> 16 === 0x8000 && (header >>> 9) % 128 < 40);
    expect(basic).to.have.length(40);
    const pinned = new Set(vectors.map(([name]) => name));
    expect(basic.filter(({ name }) => !pinned.has(name))).to.deep.equal([]);
  });
});

function isMasked(match: DecodedMatch): boolean {
  const last = Object.values(match).at(-1);
  return typeof last === 'object' && last !== null && 'mask' in last;
}
