import { expect } from 'chai';
import {
  type DecodedMatch,
  encodeToBytes,
  type Match,
  OpenflowError,
} from '../../../controller/openflow/index.js';
import { pinsFields } from './extension-vector.js';
import { annotated } from './vector.js';

const ipv4 = '80000a02 0800';
const ipv6 = '80000a02 86dd';
const tcp = `${ipv4} 80001401 06`;
const ip = { ethType: 0x0800 };
const ip6 = { ethType: 0x86dd };

const rows: readonly (readonly [name: string, fields: string, match: DecodedMatch])[] = [
  [
    'NXM_NX_REG0 and NXM_NX_REG15',
    '00010004 00000001 00011f08 00000002 00000003',
    { reg0: 1, reg15: { value: 2, mask: 3 } },
  ],
  ['OXM_OF_PKT_REG7', '80010e08 0000000100000002', { xreg7: 0x1_0000_0002n }],
  [
    'NXM_NX_XXREG3',
    '0001e520 000000000000000000000000000000ff 000000000000000000000000000000ff',
    { xxreg3: { value: 0xffn, mask: 0xffn } },
  ],
  ['NXM_NX_IP_FRAG', `${ipv4} 00013502 01 03`, { ...ip, ipFrag: { value: 1, mask: 3 } }],
  ['NXM_NX_IP_TTL', `${ipv4} 00013a01 40`, { ...ip, ipTtl: 64 }],
  ['NXM_NX_MPLS_TTL', '80000a02 8847 00013c01 03', { ethType: 0x8847, mplsTtl: 3 }],
  [
    'NXM_NX_TUN_IPV4_SRC and _DST',
    '00013e04 01020304 00014108 01020300 ffffff00',
    { tunIpv4Src: '1.2.3.4', tunIpv4Dst: { value: '1.2.3.0', mask: '255.255.255.0' } },
  ],
  ['NXM_NX_PKT_MARK', '00014204 00000006', { pktMark: 6 }],
  ['NXM_NX_DP_HASH', '00014708 00000001 0000000f', { dpHash: { value: 1, mask: 15 } }],
  ['NXM_NX_RECIRC_ID', '00014804 00000003', { recircId: 3 }],
  ['NXM_NX_CONJ_ID', '00014a04 00000007', { conjId: 7 }],
  ['NXM_NX_TUN_GBP_ID and _FLAGS', '00014c02 0003 00014e01 40', { tunGbpId: 3, tunGbpFlags: 0x40 }],
  [
    'NXM_NX_TUN_METADATA0 and 63',
    '00015104 0034 00ff 0001cf00',
    {
      tunMetadata0: { value: annotated('0034'), mask: annotated('00ff') },
      tunMetadata63: { value: annotated(''), mask: annotated('') },
    },
  ],
  ['NXM_NX_TUN_FLAGS', '0001d104 0001 0001', { tunFlags: { value: 1, mask: 1 } }],
  ['NXM_NX_CT_STATE', '0001d308 00000021 00000021', { ctState: { value: 0x21, mask: 0x21 } }],
  ['NXM_NX_CT_ZONE', '0001d402 0005', { ctZone: 5 }],
  ['NXM_NX_CT_MARK', '0001d708 00000001 00000003', { ctMark: { value: 1, mask: 3 } }],
  ['NXM_NX_CT_LABEL', '0001d810 00000000000000000000000000000002', { ctLabel: 2n }],
  [
    'NXM_NX_TUN_IPV6_SRC and _DST',
    '0001da10 fd000000000000000000000000000001 0001dd20 fd000000000000000000000000000000 ffff0000000000000000000000000000',
    { tunIpv6Src: 'fd00::1', tunIpv6Dst: { value: 'fd00::', mask: 'ffff::' } },
  ],
  [
    'NXM_NX_CT_NW_PROTO, _NW_SRC, _NW_DST, _TP_SRC, _TP_DST',
    `${tcp} 0001d204 00000021 0001ee01 06 0001f004 01020304 0001f308 04000000 ff000000 0001f802 0001 0001fb04 0002 0003`,
    {
      ...ip,
      ipProto: 6,
      ctState: 0x21,
      ctNwProto: 6,
      ctNwSrc: '1.2.3.4',
      ctNwDst: { value: '4.0.0.0', mask: '255.0.0.0' },
      ctTpSrc: 1,
      ctTpDst: { value: 2, mask: 3 },
    },
  ],
  [
    'NXM_NX_CT_IPV6_SRC and _DST',
    `${ipv6} 0001d204 00000021 0001f410 fd000000000000000000000000000001 0001f610 fd000000000000000000000000000002`,
    { ...ip6, ctState: 0x21, ctIpv6Src: 'fd00::1', ctIpv6Dst: 'fd00::2' },
  ],
  [
    'ONFOXM_ET_TCP_FLAGS',
    `${tcp} ffff5508 4f4e4600 0002 0012`,
    { ...ip, ipProto: 6, tcpFlags: { value: 2, mask: 0x12 } },
  ],
  ['ONFOXM_ET_ACTSET_OUTPUT', 'ffff5608 4f4e4600 00000003', { actsetOutput: 3 }],
  [
    'NXOXM_ET_ERSPAN',
    'ffff1608 00002320 00012345 ffff1805 00002320 01 ffff1a05 00002320 01 ffff1c05 00002320 3f',
    { tunErspanIdx: 0x12345, tunErspanVer: 1, tunErspanDir: 1, tunErspanHwid: 0x3f },
  ],
  ['NXOXM_ET_GTPU', 'ffff1e05 00002320 30 ffff2005 00002320 ff', { tunGtpuFlags: 0x30, tunGtpuMsgtype: 255 }],
  [
    'NXOXM_NSH',
    '80000a02 894f ffff0306 005ad650 01 03 ffff0405 005ad650 01 ffff0808 005ad650 00123456 ffff0a05 005ad650 07',
    { ethType: 0x894f, nshFlags: { value: 1, mask: 3 }, nshMdtype: 1, nshSpi: 0x123456, nshSi: 7 },
  ],
  [
    'ERICOXM_OF_ICMPV6_ND_RESERVED and _OPTIONS_TYPE',
    `${ipv6} 80001401 3a 80003a01 88 10000204 00000005 10000401 02`,
    { ...ip6, ipProto: 58, icmpv6Type: 136, ndReserved: 5, ndOptionsType: 2 },
  ],
  [
    'NXM forms of OpenFlow fields',
    `00000002 0003 00000206 000000000001 00000406 000000000002 00000602 0800
     00000904 1005 1fff 00000a01 b8 00000c01 06 00000e04 0a000001 00001108 0a000000 ff000000
     00001202 0001 00001402 0050 00014402 0002`,
    {
      nxmInPort: 3,
      nxmEthDst: '00:00:00:00:00:01',
      nxmEthSrc: '00:00:00:00:00:02',
      nxmEthType: 0x0800,
      nxmVlanTci: { value: 0x1005, mask: 0x1fff },
      nxmIpTos: 0xb8,
      nxmIpProto: 6,
      nxmIpSrc: '10.0.0.1',
      nxmIpDst: { value: '10.0.0.0', mask: '255.0.0.0' },
      nxmTcpSrc: 1,
      nxmTcpDst: 80,
      nxmTcpFlags: 2,
    },
  ],
  [
    'NXM forms of neighbour discovery',
    `00000602 86dd 00000c01 3a 00012a01 87 00012c01 00 00012e10 fd000000000000000000000000000001
     00013006 000000000001 00013604 00012345 00013801 02`,
    {
      nxmEthType: 0x86dd,
      nxmIpProto: 58,
      nxmIcmpv6Type: 135,
      nxmIcmpv6Code: 0,
      nxmNdTarget: 'fd00::1',
      nxmNdSll: '00:00:00:00:00:01',
      nxmIpv6Label: 0x12345,
      nxmIpEcn: 2,
    },
  ],
  [
    'fields of OpenFlow 1.5',
    `${tcp} 80005402 0002 80005604 00000003 80005804 00010800`,
    { ...ip, ipProto: 6, oxmTcpFlags: 2, oxmActsetOutput: 3, packetType: 0x00010800 },
  ],
  ['NXM_NX_TUN_ID', '00012008 0000000000000088', { nxmTunId: 0x88n }],
  [
    'a field that nobody knows',
    '0001fe02 1234 ffff7f06 00abcdef 0102',
    {
      '0x0001fe02': annotated('1234'),
      '0xffff7f0600abcdef': annotated('0102'),
    },
  ],
];

describe('openflow vectors of fields that Open vSwitch adds', () => {
  for (const [name, fields, match] of rows) pinsFields(name, fields, match);
});

describe('openflow refuses matches on added fields that make no sense', () => {
  const refuses = (title: string, match: Match, code: string, field: string): void => {
    it(title, () => {
      const refusal = expect(() => encodeToBytes({ type: 'flow-mod', match })).to.throw(OpenflowError);
      refusal.with.property('code', code);
      refusal.with.property('field', `flow-mod.match.${field}`);
    });
  };
  refuses('tcpFlags without TCP', { ethType: 0x0800, tcpFlags: 2 }, 'bad-prerequisite', 'tcpFlags');
  refuses('ctNwSrc without ctState', { ethType: 0x0800, ctNwSrc: '10.0.0.1' }, 'bad-prerequisite', 'ctNwSrc');
  refuses(
    'ndReserved of an echo',
    { ethType: 0x86dd, ipProto: 58, icmpv6Type: 128, ndReserved: 0 },
    'bad-prerequisite',
    'ndReserved',
  );
  refuses('a mask on ctZone', { ctZone: { value: 1, mask: 1 } as never }, 'bad-mask', 'ctZone');
  refuses('a register of 33 bits', { reg0: 2 ** 32 }, 'bad-value', 'reg0');
  refuses('tcpFlags of 13 bits', { ethType: 0x0800, ipProto: 6, tcpFlags: 0x1000 }, 'bad-value', 'tcpFlags');
  refuses('ctLabel of 129 bits', { ctLabel: 1n << 128n }, 'bad-value', 'ctLabel');
  refuses('bits outside the mask', { ctState: { value: 0x21, mask: 0x20 } }, 'bad-mask', 'ctState');

  it('but takes a prerequisite in NXM for a field in OXM', () => {
    expect(() =>
      encodeToBytes({ type: 'flow-mod', match: { nxmEthType: 0x0800, ipv4Src: '10.0.0.1' } }),
    ).not.to.throw();
  });
});
