import { type Action, type Instruction, type Message, Port } from '../../../controller/openflow/index.js';
import { type Reading, readsAsMeant } from './ovs-ofctl.js';

const ip = { ethType: 0x0800 };
const tcp = { ...ip, ipProto: 6 };
const mpls = { ethType: 0x8847 };

const withInstructions = (instructions: Instruction[], match: object, text: string): Reading => [
  { type: 'flow-mod', match, instructions } as Message,
  `ADD ${text}`,
];
const applied = (action: Action, text: string, match: object = {}, matchText = ''): Reading =>
  withInstructions([{ type: 'apply-actions', actions: [action] }], match, `${matchText}actions=${text}`);

const core: readonly Reading[] = [
  applied({ type: 'output', port: 3 }, 'output:3'),
  applied({ type: 'output', port: Port.CONTROLLER, maxLen: 128 }, 'CONTROLLER:128'),
  applied({ type: 'output', port: Port.IN_PORT }, 'IN_PORT'),
  applied({ type: 'output', port: Port.TABLE }, 'TABLE'),
  applied({ type: 'output', port: Port.NORMAL }, 'NORMAL'),
  applied({ type: 'output', port: Port.FLOOD }, 'FLOOD'),
  applied({ type: 'output', port: Port.ALL }, 'ALL'),
  applied({ type: 'output', port: Port.LOCAL }, 'LOCAL'),
  applied({ type: 'set-mpls-ttl', mplsTtl: 5 }, 'set_mpls_ttl(5)', mpls, 'mpls '),
  applied({ type: 'dec-mpls-ttl' }, 'dec_mpls_ttl', mpls, 'mpls '),
  applied({ type: 'push-vlan', etherType: 0x8100 }, 'push_vlan:0x8100'),
  applied({ type: 'pop-vlan' }, 'pop_vlan', { vlanVid: 0x1005 }, 'dl_vlan=5 '),
  applied({ type: 'push-mpls', etherType: 0x8847 }, 'push_mpls:0x8847'),
  applied({ type: 'pop-mpls', etherType: 0x0800 }, 'pop_mpls:0x0800', mpls, 'mpls '),
  applied({ type: 'set-queue', queueId: 3 }, 'set_queue:3'),
  applied({ type: 'group', groupId: 7 }, 'group:7'),
  applied({ type: 'set-nw-ttl', nwTtl: 9 }, 'mod_nw_ttl:9', ip, 'ip '),
  applied({ type: 'dec-nw-ttl' }, 'dec_ttl', ip, 'ip '),
  applied(
    { type: 'set-field', field: { ethDst: '00:00:00:00:00:01' } },
    'set_field:00:00:00:00:00:01->eth_dst',
  ),
  applied({ type: 'set-field', field: { ipv4Src: '10.0.0.1' } }, 'set_field:10.0.0.1->ip_src', ip, 'ip '),
  applied({ type: 'set-field', field: { tcpDst: 80 } }, 'set_field:80->tcp_dst', tcp, 'tcp '),
  applied({ type: 'set-field', field: { tunnelId: 0x10 } }, 'set_field:0x10->tun_id'),
  applied({ type: 'set-field', field: { reg4: 0x10 } }, 'set_field:0x10->reg4'),
  applied({ type: 'set-field', field: { tunIpv4Dst: '10.0.0.9' } }, 'set_field:10.0.0.9->tun_dst'),
  applied({ type: 'set-field', field: { tunMetadata0: '1234' } }, 'set_field:0x1234->tun_metadata0'),
];

const instructions: readonly Reading[] = [
  withInstructions([{ type: 'goto-table', tableId: 4 }], {}, 'actions=goto_table:4'),
  withInstructions(
    [{ type: 'write-metadata', metadata: 0x12, mask: 0xff }],
    {},
    'actions=write_metadata:0x12/0xff',
  ),
  withInstructions(
    [{ type: 'write-actions', actions: [{ type: 'output', port: 1 }] }],
    {},
    'actions=write_actions(output:1)',
  ),
  withInstructions([{ type: 'clear-actions' }], {}, 'actions=clear_actions'),
  withInstructions([{ type: 'meter', meterId: 6 }], {}, 'actions=meter:6'),
  withInstructions(
    [
      { type: 'meter', meterId: 6 },
      { type: 'apply-actions', actions: [{ type: 'output', port: 1 }] },
      { type: 'clear-actions' },
      { type: 'write-actions', actions: [{ type: 'group', groupId: 2 }] },
      { type: 'write-metadata', metadata: 1, mask: 1 },
      { type: 'goto-table', tableId: 9 },
    ],
    {},
    'actions=meter:6,output:1,clear_actions,write_actions(group:2),write_metadata:0x1/0x1,goto_table:9',
  ),
];

const nicira: readonly Reading[] = [
  applied({ type: 'nx-resubmit', inPort: 3 }, 'resubmit:3'),
  applied({ type: 'nx-resubmit-table', inPort: 3, table: 4 }, 'resubmit(3,4)'),
  applied({ type: 'nx-resubmit-table', table: 4 }, 'resubmit(,4)'),
  applied(
    { type: 'nx-resubmit-table-ct', table: 4 },
    'resubmit(,4,ct)',
    { ...tcp, ctState: { value: 0x22, mask: 0x22 } },
    'ct_state=+est+trk,tcp ',
  ),
  applied({ type: 'nx-set-tunnel', tunId: 0x1234 }, 'set_tunnel:0x1234'),
  applied({ type: 'nx-set-tunnel64', tunId: '0x123456789abcdef0' }, 'set_tunnel64:0x123456789abcdef0'),
  applied({ type: 'nx-pop-queue' }, 'pop_queue'),
  applied(
    { type: 'nx-reg-move', nBits: 48, src: 'nxmEthSrc', dst: 'nxmEthDst' },
    'move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[]',
  ),
  applied(
    { type: 'nx-reg-move', nBits: 16, src: 'xreg0', srcOfs: 8, dst: 'reg5', dstOfs: 4 },
    'move:OXM_OF_PKT_REG0[8..23]->NXM_NX_REG5[4..19]',
  ),
  applied(
    { type: 'nx-reg-move', nBits: 12, src: 'tcpFlags', dst: 'reg0' },
    'move:NXM_NX_TCP_FLAGS[]->NXM_NX_REG0[0..11]',
    tcp,
    'tcp ',
  ),
  applied(
    { type: 'nx-reg-load', dst: 'reg1', ofs: 4, nBits: 8, value: 0x12 },
    'load:0x12->NXM_NX_REG1[4..11]',
  ),
  applied(
    { type: 'nx-reg-load', dst: 'xreg1', nBits: 64, value: 0xffffffffffffffffn },
    'load:0xffffffffffffffff->OXM_OF_PKT_REG1[]',
  ),
  applied({ type: 'nx-reg-load2', field: { xxreg0: 5n } }, 'set_field:0x5->xxreg0'),
  applied(
    { type: 'nx-reg-load2', field: { reg3: { value: 0x50, mask: 0xf0 } } },
    'set_field:0x50/0xf0->reg3',
  ),
  applied({ type: 'nx-note', note: '010203' }, 'note:01.02.03.00.00.00'),
  applied({ type: 'nx-note', note: '01020304050607' }, 'note:01.02.03.04.05.06.07.00.00.00.00.00.00.00'),
  applied(
    {
      type: 'nx-multipath',
      fields: 'eth-src',
      basis: 50,
      algorithm: 'modulo-n',
      maxLink: 7,
      nBits: 8,
      dst: 'reg0',
    },
    'multipath(eth_src,50,modulo_n,8,0,NXM_NX_REG0[0..7])',
  ),
  applied(
    {
      type: 'nx-multipath',
      fields: 'symmetric-l3l4-udp',
      algorithm: 'iter-hash',
      maxLink: 7,
      arg: 3,
      ofs: 8,
      nBits: 8,
      dst: 'reg0',
    },
    'multipath(symmetric_l3l4+udp,0,iter_hash,8,3,NXM_NX_REG0[8..15])',
  ),
  applied(
    { type: 'nx-bundle', algorithm: 'hrw', fields: 'symmetric-l4', basis: 60, members: [2, 3] },
    'bundle(symmetric_l4,60,hrw,ofport,members:2,3)',
  ),
  applied(
    {
      type: 'nx-bundle-load',
      algorithm: 'active-backup',
      fields: 'eth-src',
      nBits: 32,
      dst: 'reg0',
      members: [2, 3, 4],
    },
    'bundle_load(eth_src,0,active_backup,ofport,NXM_NX_REG0[],members:2,3,4)',
  ),
  applied({ type: 'nx-output-reg', nBits: 16, src: 'reg0' }, 'output:NXM_NX_REG0[0..15]'),
  applied({ type: 'nx-output-reg2', nBits: 16, ofs: 4, src: 'xreg0' }, 'output:OXM_OF_PKT_REG0[4..19]'),
  applied({ type: 'nx-exit' }, 'exit'),
  applied(
    { type: 'nx-fin-timeout', finIdleTimeout: 1, finHardTimeout: 2 },
    'fin_timeout(idle_timeout=1,hard_timeout=2)',
    tcp,
    'tcp ',
  ),
  applied(
    { type: 'nx-controller', maxLen: 100, controllerId: 3, reason: 'no-match' },
    'controller(reason=no_match,max_len=100,id=3)',
  ),
  applied(
    {
      type: 'nx-controller2',
      properties: [
        { type: 'max-len', maxLen: 60 },
        { type: 'controller-id', controllerId: 5 },
        { type: 'reason', reason: 'invalid-ttl' },
        { type: 'userdata', userdata: '010203' },
        { type: 'pause' },
        { type: 'meter-id', meterId: 9 },
      ],
    },
    'controller(reason=invalid_ttl,max_len=60,id=5,userdata=01.02.03,pause,meter_id=9)',
  ),
  applied({ type: 'nx-dec-ttl-cnt-ids', controllerIds: [1, 2, 3] }, 'dec_ttl(1,2,3)', ip, 'ip '),
  applied({ type: 'nx-write-metadata', metadata: 0x12, mask: 0xff }, 'write_metadata:0x12/0xff'),
  applied({ type: 'nx-stack-push', field: 'reg0', nBits: 8 }, 'push:NXM_NX_REG0[0..7]'),
  applied({ type: 'nx-stack-push', field: 'xxreg0', nBits: 128 }, 'push:NXM_NX_XXREG0[]'),
  applied({ type: 'nx-stack-pop', field: 'reg2', offset: 4, nBits: 8 }, 'pop:NXM_NX_REG2[4..11]'),
  applied(
    { type: 'nx-sample', probability: 100, collectorSetId: 1, obsDomainId: 2, obsPointId: 3 },
    'sample(probability=100,collector_set_id=1,obs_domain_id=2,obs_point_id=3)',
  ),
  applied(
    { type: 'nx-sample2', probability: 100, collectorSetId: 1, samplingPort: 4 },
    'sample(probability=100,collector_set_id=1,obs_domain_id=0,obs_point_id=0,sampling_port=4)',
  ),
  applied(
    { type: 'nx-sample3', probability: 100, collectorSetId: 1, samplingPort: 4, direction: 'egress' },
    'sample(probability=100,collector_set_id=1,obs_domain_id=0,obs_point_id=0,sampling_port=4,egress)',
  ),
  applied({ type: 'nx-output-trunc', port: 2, maxLen: 100 }, 'output(port=2,max_len=100)'),
  withInstructions(
    [
      {
        type: 'apply-actions',
        actions: [
          { type: 'nx-conjunction', id: 7, clause: 0, nClauses: 2 },
          { type: 'nx-conjunction', id: 8, clause: 1, nClauses: 3 },
        ],
      },
    ],
    ip,
    'ip actions=conjunction(7,1/2),conjunction(8,2/3)',
  ),
  applied({ type: 'nx-ct-clear' }, 'ct_clear'),
  applied(
    {
      type: 'nx-clone',
      actions: [
        { type: 'nx-resubmit-table', table: 1 },
        { type: 'output', port: 2 },
      ],
    },
    'clone(resubmit(,1),output:2)',
  ),
  applied(
    { type: 'nx-encap', newPktType: 0x0001894f, properties: '0004010501000000' },
    'encap(nsh(md_type=1))',
  ),
  applied({ type: 'nx-encap', newPktType: 0 }, 'encap(ethernet)'),
  applied({ type: 'nx-decap' }, 'decap()'),
  applied({ type: 'nx-dec-nsh-ttl' }, 'dec_nsh_ttl', { ethType: 0x894f }, 'dl_type=0x894f '),
  applied(
    { type: 'nx-check-pkt-larger', pktLen: 1500, dst: 'reg0', offset: 3 },
    'check_pkt_larger(1500)->NXM_NX_REG0[3]',
  ),
  applied({ type: 'nx-delete-field', field: 'tunMetadata1' }, 'delete_field:tun_metadata1'),
  applied(
    { type: 'onf-copy-field', nBits: 16, src: 'reg0', srcOffset: 1, dst: 'reg1', dstOffset: 2 },
    'move:NXM_NX_REG0[1..16]->NXM_NX_REG1[2..17]',
  ),
];

describe('Open vSwitch reads the actions and instructions that we write', () => {
  readsAsMeant('actions of OpenFlow 1.3', core);
  readsAsMeant('instructions', instructions);
  readsAsMeant('actions of Nicira and ONF', nicira);
});
