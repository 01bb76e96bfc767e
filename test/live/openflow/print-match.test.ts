import type { Match, Message } from '../../../controller/openflow/index.js';
import { type Reading, readsAsMeant } from './ovs-ofctl.js';

const flow = (match: Match): Message => ({ type: 'flow-mod', match });
const reading = ([match, text]: readonly [Match, string]): Reading => [
  flow(match),
  `ADD ${text} actions=drop`,
];

const ip = { ethType: 0x0800 };
const ip6 = { ethType: 0x86dd };
const tcp = { ethType: 0x0800, ipProto: 6 };
const udp = { ethType: 0x0800, ipProto: 17 };
const sctp = { ethType: 0x0800, ipProto: 132 };
const arp = { ethType: 0x0806 };
const icmp6 = { ethType: 0x86dd, ipProto: 58 };
const mpls = { ethType: 0x8847 };

const basic: readonly (readonly [Match, string])[] = [
  [{ inPort: 3 }, 'in_port=3'],
  [{ inPort: 0xfffffffe }, 'in_port=LOCAL'],
  [{ metadata: 0x1234n }, 'metadata=0x1234'],
  [{ metadata: { value: 0x12, mask: '0xff' } }, 'metadata=0x12/0xff'],
  [{ ethDst: '01:02:03:04:05:06' }, 'dl_dst=01:02:03:04:05:06'],
  [
    { ethDst: { value: '01:00:00:00:00:00', mask: '01:00:00:00:00:00' } },
    'dl_dst=01:00:00:00:00:00/01:00:00:00:00:00',
  ],
  [{ ethSrc: 0x0a0b0c0d0e0f }, 'dl_src=0a:0b:0c:0d:0e:0f'],
  [{ ethType: 0x88cc }, 'dl_type=0x88cc'],
  [{ vlanVid: 0x1000 | 5 }, 'dl_vlan=5'],
  [{ vlanVid: 0 }, 'vlan_tci=0x0000/0x1fff'],
  [{ vlanVid: { value: 0x1000, mask: 0x1000 } }, 'vlan_tci=0x1000/0x1000'],
  [{ vlanVid: 0x1005, vlanPcp: 3 }, 'dl_vlan=5,dl_vlan_pcp=3'],
  [{ ...ip, ipDscp: 46 }, 'ip,nw_tos=184'],
  [{ ...ip, ipEcn: 2 }, 'ip,nw_ecn=2'],
  [{ ...ip, ipProto: 47 }, 'ip,nw_proto=47'],
  [{ ...ip, ipv4Src: '10.0.0.1' }, 'ip,nw_src=10.0.0.1'],
  [{ ...ip, ipv4Dst: { value: '10.1.0.0', mask: '255.255.0.0' } }, 'ip,nw_dst=10.1.0.0/16'],
  [{ ...ip, ipv4Dst: { value: '10.0.0.5', mask: '255.0.0.255' } }, 'ip,nw_dst=10.0.0.5/255.0.0.255'],
  [{ ...tcp, tcpSrc: 1000, tcpDst: 80 }, 'tcp,tp_src=1000,tp_dst=80'],
  [{ ...tcp, tcpDst: { value: 0x50, mask: 0xfff0 } }, 'tcp,tp_dst=0x50/0xfff0'],
  [{ ...udp, udpSrc: 53, udpDst: 54 }, 'udp,tp_src=53,tp_dst=54'],
  [{ ...sctp, sctpSrc: 1, sctpDst: 2 }, 'sctp,tp_src=1,tp_dst=2'],
  [{ ...ip, ipProto: 1, icmpv4Type: 8, icmpv4Code: 0 }, 'icmp,icmp_type=8,icmp_code=0'],
  [{ ...arp, arpOp: 1 }, 'arp,arp_op=1'],
  [{ ...arp, arpSpa: '10.0.0.1', arpTpa: '10.0.0.2' }, 'arp,arp_spa=10.0.0.1,arp_tpa=10.0.0.2'],
  [
    { ...arp, arpSha: '00:00:00:00:00:01', arpTha: '00:00:00:00:00:02' },
    'arp,arp_sha=00:00:00:00:00:01,arp_tha=00:00:00:00:00:02',
  ],
  [{ ...ip6, ipv6Src: 'fd00::1' }, 'ipv6,ipv6_src=fd00::1'],
  [{ ...ip6, ipv6Dst: { value: 'fd00::', mask: 'ffff::' } }, 'ipv6,ipv6_dst=fd00::/16'],
  [{ ...ip6, ipv6Flabel: 0x12345 }, 'ipv6,ipv6_label=0x12345'],
  [{ ...icmp6, icmpv6Type: 128, icmpv6Code: 0 }, 'icmp6,icmp_type=128,icmp_code=0'],
  [{ ...icmp6, icmpv6Type: 135, ipv6NdTarget: 'fd00::2' }, 'icmp6,icmp_type=135,nd_target=fd00::2'],
  [
    { ...icmp6, icmpv6Type: 135, ipv6NdSll: '00:00:00:00:00:01' },
    'icmp6,icmp_type=135,nd_sll=00:00:00:00:00:01',
  ],
  [
    { ...icmp6, icmpv6Type: 136, ipv6NdTll: '00:00:00:00:00:01' },
    'icmp6,icmp_type=136,nd_tll=00:00:00:00:00:01',
  ],
  [{ ...mpls, mplsLabel: 5, mplsTc: 2, mplsBos: 1 }, 'mpls,mpls_label=5,mpls_tc=2,mpls_bos=1'],
  [{ tunnelId: 0x77n }, 'tun_id=0x77'],
];

const extended: readonly (readonly [Match, string])[] = [
  ...Array.from({ length: 16 }, (_, n): [Match, string] => [
    { [`reg${n}` as 'reg0']: n + 1 },
    `reg${n}=0x${(n + 1).toString(16)}`,
  ]),
  [{ reg3: { value: 0x100, mask: 0xff00 } }, 'reg3=0x100/0xff00'],
  [{ xreg1: 0x1_0000_0002n }, 'reg2=0x1,reg3=0x2'],
  [{ xxreg1: (1n << 96n) | 4n }, 'reg4=0x1,reg5=0,reg6=0,reg7=0x4'],
  [{ nxmTunId: 0x88 }, 'tun_id=0x88'],
  [{ tunIpv4Src: '1.2.3.4' }, 'tun_src=1.2.3.4'],
  [{ tunIpv4Dst: { value: '1.2.0.0', mask: '255.255.0.0' } }, 'tun_dst=1.2.0.0/16'],
  [{ tunIpv6Src: 'fd00::1' }, 'tun_ipv6_src=fd00::1'],
  [{ tunIpv6Dst: 'fd00::2' }, 'tun_ipv6_dst=fd00::2'],
  [{ tunGbpId: 7 }, 'tun_gbp_id=7'],
  [{ tunGbpFlags: 0x40 }, 'tun_gbp_flags=0x40'],
  [{ tunFlags: 1 }, 'tun_flags=+oam'],
  [{ tunErspanIdx: 5, tunErspanVer: 1 }, 'tun_erspan_ver=1,tun_erspan_idx=0x5'],
  [
    { tunErspanVer: 2, tunErspanDir: 1, tunErspanHwid: 3 },
    'tun_erspan_ver=2,tun_erspan_dir=1,tun_erspan_hwid=0x3',
  ],
  [{ tunGtpuFlags: 0x30, tunGtpuMsgtype: 255 }, 'gtpu_flags=0x30,gtpu_msgtype=255'],
  [{ tunMetadata3: '00000012' }, 'tun_metadata3=0x12'],
  [{ ...tcp, tcpFlags: 0x002 }, 'tcp,tcp_flags=syn'],
  [{ ...tcp, tcpFlags: { value: 0x002, mask: 0x012 } }, 'tcp,tcp_flags=+syn-ack'],
  [{ ...tcp, nxmTcpFlags: { value: 0x10, mask: 0x10 } }, 'tcp,tcp_flags=+ack'],
  [{ ctState: { value: 0x21, mask: 0x21 } }, 'ct_state=+new+trk'],
  [{ ctZone: 5 }, 'ct_zone=5'],
  [{ ctMark: { value: 1, mask: 3 } }, 'ct_mark=0x1/0x3'],
  [{ ctLabel: 0x1234n }, 'ct_label=0x1234'],
  [{ ...tcp, ctState: { value: 0x21, mask: 0x21 }, ctNwProto: 6 }, 'ct_state=+new+trk,ct_nw_proto=6,tcp'],
  [
    {
      ...ip,
      ctState: { value: 0x22, mask: 0x22 },
      ctNwSrc: '10.0.0.1',
      ctNwDst: { value: '10.0.0.0', mask: '255.0.0.0' },
    },
    'ct_state=+est+trk,ct_nw_src=10.0.0.1,ct_nw_dst=10.0.0.0/8,ip',
  ],
  [
    { ...ip6, ctState: { value: 0x22, mask: 0x22 }, ctIpv6Src: 'fd00::1', ctIpv6Dst: 'fd00::2' },
    'ct_state=+est+trk,ct_ipv6_src=fd00::1,ct_ipv6_dst=fd00::2,ipv6',
  ],
  [
    { ...tcp, ctState: { value: 0x22, mask: 0x22 }, ctNwProto: 6, ctTpSrc: 5, ctTpDst: 80 },
    'ct_state=+est+trk,ct_nw_proto=6,ct_tp_src=5,ct_tp_dst=80,tcp',
  ],
  [{ pktMark: 9 }, 'pkt_mark=0x9'],
  [{ conjId: 12 }, 'conj_id=12'],
  [{ dpHash: { value: 1, mask: 0xf } }, 'dp_hash=0x1/0xf'],
  [{ recircId: 3 }, 'recirc_id=0x3'],
  [{ actsetOutput: 4 }, 'actset_output=4'],
  [{ ...ip, ipFrag: 3 }, 'ip,nw_frag=later'],
  [{ ...ip, ipTtl: 64 }, 'ip,nw_ttl=64'],
  [{ ...mpls, mplsTtl: 3 }, 'mpls,mpls_ttl=3'],
  [
    { ...icmp6, icmpv6Type: 136, icmpv6Code: 0, ndReserved: 0x20000000 },
    'icmp6,icmp_type=136,icmp_code=0,nd_reserved=536870912',
  ],
  [
    { ...icmp6, icmpv6Type: 136, icmpv6Code: 0, ndOptionsType: 2 },
    'icmp6,icmp_type=136,icmp_code=0,nd_options_type=2',
  ],
  [{ nxmEthDst: '00:00:00:00:00:01' }, 'dl_dst=00:00:00:00:00:01'],
  [{ nxmEthType: 0x0800, nxmIpProto: 6, nxmTcpDst: 80 }, 'tcp,tp_dst=80'],
  [{ nxmVlanTci: { value: 0x1005, mask: 0x1fff } }, 'dl_vlan=5'],
];

describe('Open vSwitch reads the match fields that we write', () => {
  readsAsMeant('OpenFlow 1.3', basic.map(reading));
  readsAsMeant('Open vSwitch', extended.map(reading));
});
