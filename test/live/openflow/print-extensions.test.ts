import type {
  Message,
  MultipartReplyBody,
  MultipartRequestBody,
} from '../../../controller/openflow/index.js';
import { asyncText } from './async-text.js';
import { type Reading, readsAsMeant } from './ovs-ofctl.js';

const request = (body: MultipartRequestBody, text: Reading[1]): Reading => [
  { type: 'multipart-request', body },
  text,
];
const reply = (body: MultipartReplyBody, text: Reading[1]): Reading => [
  { type: 'multipart-reply', body } as Message,
  text,
];

const frame = `ffffffffffff000000000001${'0806'}0001080006040001000000000001${'0a000001'}000000000000${'0a000002'}`;
const output = { type: 'output', port: 2 } as const;

const nicira: readonly Reading[] = [
  [{ type: 'nx-role-request', role: 'primary' }, 'role=primary'],
  [{ type: 'nx-role-reply', role: 'other' }, 'role=equal'],
  [{ type: 'nx-flow-mod-table-id', set: 1 }, 'enable'],
  [{ type: 'nx-set-packet-in-format', format: 'nxt-packet-in2' }, 'format=nxt_packet_in2'],
  [
    {
      type: 'nx-packet-in',
      totalLen: 42,
      reason: 'action',
      tableId: 1,
      cookie: 5,
      match: { reg0: 1 },
      data: frame,
    },
    [
      'table_id=1 cookie=0x5 total_len=42 reg0=0x1 (via action) data_len=42 (unbuffered)',
      'arp,vlan_tci=0x0000,dl_src=00:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_op=1,arp_sha=00:00:00:00:00:01,arp_tha=00:00:00:00:00:00',
    ],
  ],
  [{ type: 'nx-flow-age' }, ''],
  [
    { type: 'nx-set-async-config', packetInMaskMaster: ['no-match'], portStatusMaskSlave: ['add'] },
    asyncText({ packetIn: 'no_match' }, { portStatus: 'add' }),
  ],
  [{ type: 'nx-set-controller-id', controllerId: 7 }, 'id=7'],
  [
    {
      type: 'nx-tlv-table-mod',
      command: 'add',
      maps: [{ optionClass: 0x1234, optionType: 1, optionLen: 4, index: 0 }],
    },
    [
      ' ADD mapping table:',
      '  class  type  length  match field',
      ' ------  ----  ------  --------------',
      ' 0x1234   0x1       4  tun_metadata0',
    ],
  ],
  [{ type: 'nx-tlv-table-mod', command: 'clear' }, ' CLEAR'],
  [{ type: 'nx-tlv-table-request' }, ''],
  [
    {
      type: 'nx-tlv-table-reply',
      maxOptionSpace: 256,
      maxFields: 64,
      maps: [{ optionClass: 0x1234, optionType: 1, optionLen: 4, index: 3 }],
    },
    [
      ' max option space=256 max fields=64',
      ' allocated option space=4',
      '',
      ' mapping table:',
      '  class  type  length  match field',
      ' ------  ----  ------  --------------',
      ' 0x1234   0x1       4  tun_metadata3',
    ],
  ],
  [
    {
      type: 'nx-set-async-config2',
      properties: [
        { type: 'packet-in-master', mask: ['no-match', 'action'] },
        { type: 'port-status-slave', mask: ['add'] },
      ],
    },
    asyncText({ packetIn: 'no_match action' }, { portStatus: 'add' }),
  ],
  [
    {
      type: 'nx-resume',
      properties: [
        { type: 'packet', packet: frame },
        { type: 'table-id', tableId: 3 },
      ],
    },
    [
      'table_id=3 total_len=42  (via no_match) data_len=42 (unbuffered)',
      'arp,vlan_tci=0x0000,dl_src=00:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_op=1,arp_sha=00:00:00:00:00:01,arp_tha=00:00:00:00:00:00',
    ],
  ],
  [{ type: 'nx-ct-flush-zone', zoneId: 5 }, 'zone_id=5'],
  [
    {
      type: 'nx-packet-in2',
      properties: [
        { type: 'packet', packet: frame },
        { type: 'full-len', fullLen: 100 },
        { type: 'table-id', tableId: 3 },
        { type: 'cookie', cookie: 0x10 },
        { type: 'reason', reason: 'action' },
        { type: 'metadata', match: { inPort: 1, reg0: 5, metadata: 7 } },
        { type: 'userdata', userdata: '0102' },
      ],
    },
    [
      'table_id=3 cookie=0x10 total_len=100 reg0=0x5,metadata=0x7,in_port=1 (via action) data_len=42 (unbuffered) (***total_len != data_len***)',
      ' userdata=01.02',
      'arp,vlan_tci=0x0000,dl_src=00:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_op=1,arp_sha=00:00:00:00:00:01,arp_tha=00:00:00:00:00:00',
    ],
  ],
  [
    {
      type: 'nx-ct-flush',
      ipProto: 17,
      properties: [
        {
          type: 'orig-tuple',
          tuple: [
            { type: 'src', address: '::ffff:10.1.1.1' },
            { type: 'src-port', port: 1 },
          ],
        },
        { type: 'zone-id', zoneId: 5 },
      ],
    },
    "zone=5 'ct_nw_src=10.1.1.1,ct_nw_dst=::,ct_tp_src=1,ct_tp_dst=0,ct_nw_proto=17' 'ct_nw_src=::,ct_nw_dst=::,ct_tp_src=0,ct_tp_dst=0'",
  ],
];

const ipfix = {
  totalFlows: 1,
  currentFlows: 2,
  pkts: 3,
  ipv4Pkts: 4,
  ipv6Pkts: 5,
  errorPkts: 6,
  ipv4ErrorPkts: 7,
  ipv6ErrorPkts: 8,
  txPkts: 9,
  txErrors: 10,
  collectorSetId: 11,
};
const niciraMultipart: readonly Reading[] = [
  request({ type: 'nx-ipfix-bridge' }, ''),
  request({ type: 'nx-ipfix-flow' }, ''),
  reply({ type: 'nx-ipfix-bridge', stats: [ipfix] }, [
    '  bridge ipfix: flows=1, current flows=2, sampled pkts=3, ipv4 ok=4, ipv6 ok=5, tx pkts=9',
    '                pkts errs=6, ipv4 errs=7, ipv6 errs=8, tx errs=10',
  ]),
  reply({ type: 'nx-ipfix-flow', stats: [ipfix] }, [
    '1 ids',
    '  id  11: flows=1, current flows=2, sampled pkts=3, ipv4 ok=4, ipv6 ok=5, tx pkts=9',
    '          pkts errs=6, ipv4 errs=7, ipv6 errs=8, tx errs=10',
  ]),
];

const onf: readonly Reading[] = [
  [
    { type: 'onf-bundle-control', bundleId: 3, controlType: 'open-request', flags: ['atomic', 'ordered'] },
    ' bundle_id=0x3 type=OPEN_REQUEST flags=atomic ordered',
  ],
  [
    { type: 'onf-bundle-control', bundleId: 3, controlType: 'commit-reply', flags: [] },
    ' bundle_id=0x3 type=COMMIT_REPLY flags=0',
  ],
  [
    {
      type: 'onf-bundle-add-message',
      bundleId: 3,
      flags: ['atomic'],
      message: {
        type: 'flow-mod',
        match: { inPort: 1 },
        instructions: [{ type: 'apply-actions', actions: [output] }],
      },
    },
    [' bundle_id=0x3 flags=atomic', 'OFPT_FLOW_MOD (OF1.3) (xid=0x10002): ADD in_port=1 actions=output:2'],
  ],
  [{ type: 'onf-flow-monitor-cancel', id: 9 }, 'id=9'],
  [{ type: 'onf-flow-monitor-paused' }, ''],
  [{ type: 'onf-flow-monitor-resumed' }, ''],
  [
    { type: 'onf-role-status', role: 'slave', reason: 'primary-request', generationId: 5 },
    'role=secondary generation_id=5 reason=primary_request',
  ],
  [
    {
      type: 'onf-requestforward',
      request: { type: 'group-mod', command: 'delete', groupId: 3 },
    },
    ['reason=group_mod', ' DEL group_id=3,type=all'],
  ],
  request(
    {
      type: 'onf-flow-monitor',
      monitors: [
        { id: 5, flags: ['initial', 'add', 'delete', 'modify', 'actions', 'own'], match: { inPort: 1 } },
        { id: 6, flags: ['add'], outPort: 3, tableId: 2, match: { ethType: 0x0800, ipv4Dst: '10.0.0.1' } },
      ],
    },
    [
      ' id=5 flags=initial,add,delete,modify,actions,own in_port=1',
      ' id=6 flags=add out_port=3 table=2 ip,nw_dst=10.0.0.1',
    ],
  ),
  reply(
    {
      type: 'onf-flow-monitor',
      updates: [
        {
          type: 'added',
          priority: 5,
          tableId: 1,
          cookie: 0x10,
          match: { inPort: 1 },
          instructions: [{ type: 'apply-actions', actions: [output] }],
        },
        { type: 'deleted', reason: 'delete', priority: 6, match: { ethType: 0x0800 } },
        { type: 'abbrev', xid: 0x1234 },
      ],
    },
    [
      ' event=ADDED table=1 cookie=0x10 in_port=1 actions=output:2',
      ' event=DELETED reason=delete table=0 cookie=0 ip',
      ' event=ABBREV xid=0x1234',
    ],
  ),
];

describe('Open vSwitch reads the extensions that we write', () => {
  readsAsMeant('messages of Nicira', nicira);
  readsAsMeant('multipart messages of Nicira', niciraMultipart);
  readsAsMeant('messages of ONF', onf);
});
