import { asyncText } from './async-text.js';
import { type Reading, readsAsMeant } from './ovs-ofctl.js';

const output = { type: 'output', port: 2 } as const;
const frame = `ffffffffffff000000000001${'0806'}0001080006040001000000000001${'0a000001'}000000000000${'0a000002'}`;

const connection: readonly Reading[] = [
  [{ type: 'hello', elements: [{ type: 'version-bitmap', bitmaps: [0x10] }] }, ' version bitmap: 0x04'],
  [
    { type: 'error', errorType: 'bad-match', errorCode: 'bad-prereq', data: '0414000800000001' },
    ['OFPBMC_BAD_PREREQ', 'OFPT_BARRIER_REQUEST (OF1.3) (xid=0x1):'],
  ],
  [
    { type: 'echo-request', data: '616263' },
    ['3 bytes of payload', '00000000  61 62 63                                        |abc             |'],
  ],
  [{ type: 'echo-reply', data: '' }, '0 bytes of payload'],
  [{ type: 'features-request' }, ''],
  [
    {
      type: 'features-reply',
      datapathId: '0x0000112233445566',
      nTables: 4,
      capabilities: ['flow-stats', 'port-stats'],
    },
    ['dpid:0000112233445566', 'n_tables:4, n_buffers:0', 'capabilities: FLOW_STATS PORT_STATS'],
  ],
  [{ type: 'get-config-request' }, ''],
  [{ type: 'get-config-reply', flags: [], missSendLen: 128 }, 'frags=normal miss_send_len=128'],
  [{ type: 'set-config', flags: ['frag-drop'], missSendLen: 0xffff }, 'frags=drop miss_send_len=65535'],
  [{ type: 'barrier-request' }, ''],
  [{ type: 'barrier-reply' }, ''],
  [{ type: 'role-request', role: 'master', generationId: 7 }, 'role=primary generation_id=7'],
  [{ type: 'role-reply', role: 'slave', generationId: 8n }, 'role=secondary generation_id=8'],
  [{ type: 'get-async-request' }, ''],
  [
    {
      type: 'set-async',
      packetInMaskMaster: ['no-match', 'action'],
      packetInMaskSlave: [],
      portStatusMaskMaster: ['add', 'delete', 'modify'],
      portStatusMaskSlave: ['add'],
      flowRemovedMaskMaster: ['idle-timeout', 'group-delete'],
      flowRemovedMaskSlave: ['hard-timeout'],
    },
    asyncText(
      { packetIn: 'no_match action', portStatus: 'add delete modify', flowRemoved: 'idle group_delete' },
      { portStatus: 'add', flowRemoved: 'hard' },
    ),
  ],
  [
    { type: 'get-async-reply', packetInMaskMaster: ['invalid-ttl'] },
    asyncText({ packetIn: 'invalid_ttl' }, {}),
  ],
];

const asynchronous: readonly Reading[] = [
  [
    {
      type: 'packet-in',
      totalLen: 42,
      reason: 'no-match',
      tableId: 3,
      cookie: 0x55,
      match: { inPort: 1 },
      data: frame,
    },
    [
      'table_id=3 cookie=0x55 total_len=42 in_port=1 (via no_match) data_len=42 (unbuffered)',
      'arp,vlan_tci=0x0000,dl_src=00:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_op=1,arp_sha=00:00:00:00:00:01,arp_tha=00:00:00:00:00:00',
    ],
  ],
  [
    {
      type: 'flow-removed',
      match: { ethType: 0x0800, ipv4Dst: '10.0.0.1' },
      cookie: 0x10,
      priority: 5,
      reason: 'idle-timeout',
      tableId: 2,
      durationSec: 7,
      idleTimeout: 10,
      hardTimeout: 20,
      packetCount: 3,
      byteCount: 300n,
    },
    'priority=5,ip,nw_dst=10.0.0.1 reason=idle table_id=2 cookie:0x10 duration7s idle10 hard20 pkts3 bytes300',
  ],
  [
    {
      type: 'port-status',
      reason: 'add',
      desc: {
        portNo: 4,
        hwAddr: '00:00:00:00:00:04',
        name: 'eth4',
        config: ['no-fwd'],
        state: ['link-down'],
        curr: ['1gb-fd', 'copper'],
        advertised: ['autoneg'],
        supported: [],
        peer: [],
        currSpeed: 1_000_000,
        maxSpeed: 10_000_000,
      },
    },
    [
      'ADD: 4(eth4): addr:00:00:00:00:00:04',
      '     config:     NO_FWD',
      '     state:      LINK_DOWN',
      '     current:    1GB-FD COPPER',
      '     advertised: AUTO_NEG',
      '     speed: 1000 Mbps now, 10000 Mbps max',
    ],
  ],
];

const modifications: readonly Reading[] = [
  [{ type: 'flow-mod' }, 'ADD actions=drop'],
  [
    {
      type: 'flow-mod',
      command: 'modify-strict',
      tableId: 3,
      priority: 7,
      cookie: 0x10,
      cookieMask: '0xff',
      idleTimeout: 5,
      hardTimeout: 6,
      flags: ['send-flow-rem', 'check-overlap', 'reset-counts', 'no-pkt-counts', 'no-byt-counts'],
      match: { inPort: 1 },
      instructions: [{ type: 'apply-actions', actions: [output] }],
    },
    'MOD_STRICT table:3 priority=7,in_port=1 cookie:0x10/0xff idle:5 hard:6 send_flow_rem check_overlap reset_counts no_packet_counts no_byte_counts actions=output:2',
  ],
  [
    { type: 'flow-mod', command: 'delete', tableId: 0xff, outPort: 3, outGroup: 4 },
    'DEL table:255 out_port:3 actions=drop',
  ],
  [
    { type: 'packet-out', actions: [output], data: frame },
    [
      'in_port=CONTROLLER actions=output:2 data_len=42',
      'arp,vlan_tci=0x0000,dl_src=00:00:00:00:00:01,dl_dst=ff:ff:ff:ff:ff:ff,arp_spa=10.0.0.1,arp_tpa=10.0.0.2,arp_op=1,arp_sha=00:00:00:00:00:01,arp_tha=00:00:00:00:00:00',
    ],
  ],
  [{ type: 'packet-out', inPort: 3, bufferId: 9, actions: [] }, 'in_port=3 actions=drop buffer=0x00000009'],
  [
    {
      type: 'group-mod',
      command: 'add',
      groupType: 'select',
      groupId: 5,
      buckets: [
        { weight: 3, actions: [output] },
        { weight: 4, actions: [] },
      ],
    },
    ' ADD group_id=5,type=select,bucket=weight:3,actions=output:2,bucket=weight:4,actions=drop',
  ],
  [
    {
      type: 'group-mod',
      command: 'modify',
      groupType: 'ff',
      groupId: 6,
      buckets: [{ watchPort: 1, watchGroup: 2, actions: [output] }],
    },
    ' MOD group_id=6,type=ff,bucket=watch_port:1,watch_group:2,actions=output:2',
  ],
  [{ type: 'group-mod', command: 'delete', groupId: 0xfffffffc }, ' DEL group_id=4294967292,type=all'],
  [
    {
      type: 'port-mod',
      portNo: 3,
      hwAddr: '00:00:00:00:00:03',
      config: ['port-down'],
      mask: ['port-down', 'no-fwd'],
      advertise: ['1gb-fd'],
    },
    [
      'port: 3: addr:00:00:00:00:00:03',
      '     config: PORT_DOWN',
      '     mask:   PORT_DOWN NO_FWD',
      '     advertise: 1GB-FD',
    ],
  ],
  [{ type: 'table-mod', tableId: 3 }, 'table_id=3'],
  [
    {
      type: 'meter-mod',
      command: 'add',
      meterId: 3,
      flags: ['kbps', 'burst', 'stats'],
      bands: [
        { type: 'drop', rate: 100, burstSize: 5 },
        { type: 'dscp-remark', rate: 200, burstSize: 6, precLevel: 1 },
      ],
    },
    [
      'ADD meter=3 kbps burst stats bands=',
      'type=drop rate=100 burst_size=5',
      'type=dscp_remark rate=200 burst_size=6 prec_level=1',
    ],
  ],
  [{ type: 'queue-get-config-request', port: 3 }, 'port=3'],
  [
    {
      type: 'queue-get-config-reply',
      port: 3,
      queues: [
        {
          queueId: 1,
          port: 3,
          properties: [
            { type: 'min-rate', rate: 100 },
            { type: 'max-rate', rate: 500 },
          ],
        },
      ],
    },
    ['port=3', 'queue 1: min_rate:10.0% max_rate:50.0%'],
  ],
];

describe('Open vSwitch reads the messages that we write', () => {
  readsAsMeant('connection and configuration', connection);
  readsAsMeant('asynchronous messages', asynchronous);
  readsAsMeant('modifications', modifications);
});
