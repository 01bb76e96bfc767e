import type { Action, Message } from '../../../controller/openflow/index.js';
import { type Reading, readsAsMeant } from './ovs-ofctl.js';

const applied = (action: Action, match: object, text: string): Reading => [
  { type: 'flow-mod', match, instructions: [{ type: 'apply-actions', actions: [action] }] } as Message,
  `ADD ${text}`,
];
const ip = { ethType: 0x0800 };
const ip6 = { ethType: 0x86dd };

const conntrack: readonly Reading[] = [
  applied({ type: 'nx-ct' }, ip, 'ip actions=ct()'),
  applied({ type: 'nx-ct', recircTable: 1, zone: 5 }, ip, 'ip actions=ct(table=1,zone=5)'),
  applied(
    { type: 'nx-ct', flags: ['commit', 'force'], zone: { src: 'reg0', ofs: 0, nBits: 16 } },
    ip,
    'ip actions=ct(commit,force,zone=NXM_NX_REG0[0..15])',
  ),
  applied(
    { type: 'nx-ct', flags: ['commit'], alg: 21 },
    { ...ip, ipProto: 6 },
    'tcp actions=ct(commit,alg=ftp)',
  ),
  applied({ type: 'nx-ct', recircTable: 1, actions: [{ type: 'nx-nat' }] }, ip, 'ip actions=ct(table=1,nat)'),
  applied(
    {
      type: 'nx-ct',
      flags: ['commit'],
      recircTable: 3,
      zone: 5,
      actions: [
        {
          type: 'nx-nat',
          flags: ['src', 'proto-random'],
          range: { ipv4Min: '10.0.0.1', ipv4Max: '10.0.0.9', protoMin: 100, protoMax: 200 },
        },
        { type: 'nx-reg-load', dst: 'ctMark', nBits: 32, value: 1 },
        { type: 'set-field', field: { ctLabel: 2 } },
      ],
    },
    ip,
    'ip actions=ct(commit,table=3,zone=5,nat(src=10.0.0.1-10.0.0.9:100-200,random),exec(load:0x1->NXM_NX_CT_MARK[],set_field:0x2->ct_label))',
  ),
  applied(
    {
      type: 'nx-ct',
      flags: ['commit'],
      actions: [{ type: 'nx-nat', flags: ['dst'], range: { ipv4Min: '10.0.0.1', protoMin: 80 } }],
    },
    ip,
    'ip actions=ct(commit,nat(dst=10.0.0.1:80))',
  ),
  applied(
    {
      type: 'nx-ct',
      flags: ['commit'],
      actions: [
        {
          type: 'nx-nat',
          flags: ['dst', 'persistent', 'proto-hash'],
          range: { ipv6Min: 'fd00::1', ipv6Max: 'fd00::2' },
        },
      ],
    },
    ip6,
    'ipv6 actions=ct(commit,nat(dst=fd00::1-fd00::2,persistent,hash))',
  ),
];

const learning: readonly Reading[] = [
  applied(
    {
      type: 'nx-learn',
      tableId: 1,
      hardTimeout: 10,
      specs: [
        { type: 'match-field', nBits: 12, src: 'nxmVlanTci', dst: 'nxmVlanTci' },
        { type: 'match-field', nBits: 48, src: 'nxmEthSrc', dst: 'nxmEthDst' },
        { type: 'output-field', nBits: 16, src: 'nxmInPort' },
      ],
    },
    {},
    'actions=learn(table=1,hard_timeout=10,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[])',
  ),
  applied(
    {
      type: 'nx-learn',
      tableId: 2,
      idleTimeout: 5,
      finIdleTimeout: 1,
      finHardTimeout: 2,
      cookie: 0x77,
      priority: 9,
      flags: ['send-flow-rem', 'delete-learned'],
      specs: [
        { type: 'match-value', nBits: 16, value: '0800', dst: 'nxmEthType' },
        { type: 'match-value', nBits: 8, value: '0006', dst: 'nxmIpProto' },
        { type: 'match-value', nBits: 16, value: '0050', dst: 'nxmTcpDst' },
        { type: 'load-value', nBits: 12, value: '0abc', dst: 'reg0' },
        { type: 'load-field', nBits: 4, src: 'reg1', dst: 'reg2', dstOfs: 4 },
      ],
    },
    {},
    'actions=learn(table=2,idle_timeout=5,fin_idle_timeout=1,fin_hard_timeout=2,priority=9,send_flow_rem,delete_learned,cookie=0x77,eth_type=0x800,nw_proto=6,tcp_dst=80,load:0xabc->NXM_NX_REG0[0..11],load:NXM_NX_REG1[0..3]->NXM_NX_REG2[4..7])',
  ),
  applied(
    {
      type: 'nx-learn2',
      tableId: 2,
      limit: 7,
      flags: ['write-result'],
      result: { dst: 'reg0', ofs: 3 },
      specs: [{ type: 'match-value', nBits: 16, value: '0800', dst: 'nxmEthType' }],
    },
    {},
    'actions=learn(table=2,limit=7,result_dst=NXM_NX_REG0[3],eth_type=0x800)',
  ),
];

describe('Open vSwitch reads the conntrack and learning actions that we write', () => {
  readsAsMeant('conntrack and address translation', conntrack);
  readsAsMeant('learning', learning);
});
