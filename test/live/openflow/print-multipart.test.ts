import type {
  Message,
  MultipartReplyBody,
  MultipartRequestBody,
} from '../../../controller/openflow/index.js';
import { type Reading, readsAsMeant } from './ovs-ofctl.js';

const request = (body: MultipartRequestBody, text: Reading[1]): Reading => [
  { type: 'multipart-request', body },
  text,
];
const reply = (body: MultipartReplyBody, text: Reading[1]): Reading => [
  { type: 'multipart-reply', body } as Message,
  text,
];

const filter = { tableId: 3, outPort: 4, outGroup: 5, cookie: 6, cookieMask: 7, match: { inPort: 1 } };

const requests: readonly Reading[] = [
  request({ type: 'desc' }, ''),
  request({ type: 'flow', ...filter }, 'table=3 out_port=4 in_port=1'),
  request({ type: 'aggregate' }, ''),
  request({ type: 'table' }, ''),
  request({ type: 'port-stats', portNo: 3 }, 'port_no=3'),
  request({ type: 'queue', portNo: 3, queueId: 4 }, 'port=3 queue=4'),
  request({ type: 'group', groupId: 5 }, 'group_id=5'),
  request({ type: 'group-desc' }, 'group_id=ALL'),
  request({ type: 'group-features' }, ''),
  request({ type: 'meter', meterId: 6 }, 'meter=6'),
  request({ type: 'meter-config' }, 'meter=all'),
  request({ type: 'meter-features' }, ''),
  request({ type: 'table-features' }, ''),
  request({ type: 'port-desc' }, 'port=ANY'),
];

const stats = { packetCount: 3, byteCount: 300 };
const age = { durationSec: 7, durationNsec: 500_000_000 };

const replies: readonly Reading[] = [
  reply(
    {
      type: 'desc',
      mfrDesc: 'maker',
      hwDesc: 'hardware',
      swDesc: 'software',
      serialNum: '17',
      dpDesc: 'a bridge',
    },
    [
      'Manufacturer: maker',
      'Hardware: hardware',
      'Software: software',
      'Serial Num: 17',
      'DP Description: a bridge',
    ],
  ),
  reply(
    {
      type: 'flow',
      flows: [
        {
          tableId: 3,
          ...age,
          priority: 5,
          idleTimeout: 1,
          hardTimeout: 2,
          flags: ['send-flow-rem'],
          cookie: 0x10,
          ...stats,
          match: { ethType: 0x0800, ipv4Dst: '10.0.0.1' },
          instructions: [{ type: 'apply-actions', actions: [{ type: 'output', port: 2 }] }],
        },
        { match: {}, instructions: [] },
      ],
    },
    [
      ' cookie=0x10, duration=7.500s, table=3, n_packets=3, n_bytes=300, idle_timeout=1, hard_timeout=2, send_flow_rem priority=5,ip,nw_dst=10.0.0.1 actions=output:2',
      ' cookie=0x0, duration=0s, table=0, n_packets=0, n_bytes=0, actions=drop',
    ],
  ),
  reply({ type: 'aggregate', ...stats, flowCount: 4 }, 'packet_count=3 byte_count=300 flow_count=4'),
  reply({ type: 'table', tables: [{ tableId: 0, activeCount: 3, lookupCount: 4, matchedCount: 5 }] }, [
    '  table 0:',
    '    active=3, lookup=4, matched=5',
  ]),
  reply(
    {
      type: 'port-stats',
      ports: [
        {
          portNo: 3,
          rxPackets: 1,
          txPackets: 2,
          rxBytes: 3,
          txBytes: 4,
          rxDropped: 5,
          txDropped: 6,
          rxErrors: 7,
          txErrors: 8,
          rxFrameErr: 9,
          rxOverErr: 10,
          rxCrcErr: 11,
          collisions: 12,
          ...age,
        },
      ],
    },
    [
      '1 ports',
      '  port  3: rx pkts=1, bytes=3, drop=5, errs=7, frame=9, over=10, crc=11',
      '           tx pkts=2, bytes=4, drop=6, errs=8, coll=12',
      '           duration=7.500s',
    ],
  ),
  reply(
    { type: 'queue', queues: [{ portNo: 3, queueId: 4, txBytes: 5, txPackets: 6, txErrors: 7, ...age }] },
    ['1 queues', '  port 3 queue 4: bytes=5, pkts=6, errors=7, duration=7.500s'],
  ),
  reply(
    { type: 'group', groups: [{ groupId: 5, refCount: 1, ...stats, ...age, bucketStats: [stats, stats] }] },
    ' group_id=5,duration=7.500s,ref_count=1,packet_count=3,byte_count=300,bucket0:packet_count=3,byte_count=300,bucket1:packet_count=3,byte_count=300',
  ),
  reply(
    {
      type: 'group-desc',
      groups: [
        { groupType: 'select', groupId: 5, buckets: [{ weight: 3, actions: [{ type: 'output', port: 2 }] }] },
        { groupType: 'indirect', groupId: 6, buckets: [{ actions: [] }] },
      ],
    },
    [
      ' group_id=5,type=select,bucket=weight:3,actions=output:2',
      ' group_id=6,type=indirect,bucket=actions=drop',
    ],
  ),
  reply(
    {
      type: 'group-features',
      types: ['all', 'select'],
      capabilities: ['select-weight', 'chaining'],
      maxGroupsAll: 1,
      maxGroupsSelect: 2,
      maxGroupsIndirect: 3,
      maxGroupsFf: 4,
      actionsAll: ['output', 'group'],
      actionsSelect: ['set-field'],
    },
    [
      ' Group table:',
      '    Types:  0x3',
      '    Capabilities:  0x5',
      '    all group:',
      '       max_groups=0x1',
      '       actions: output group',
      '    select group:',
      '       max_groups=0x2',
      '       actions: set_field',
    ],
  ),
  reply(
    {
      type: 'meter',
      meters: [
        {
          meterId: 3,
          flowCount: 1,
          packetInCount: 2,
          byteInCount: 3,
          ...age,
          bandStats: [{ packetBandCount: 4, byteBandCount: 5 }],
        },
      ],
    },
    [
      'meter:3 flow_count:1 packet_in_count:2 byte_in_count:3 duration:7.500s bands:',
      '0: packet_count:4 byte_count:5',
    ],
  ),
  reply(
    {
      type: 'meter-config',
      meters: [{ meterId: 3, flags: ['pktps'], bands: [{ type: 'drop', rate: 100 }] }],
    },
    ['meter=3 pktps bands=', 'type=drop rate=100'],
  ),
  reply(
    {
      type: 'meter-features',
      maxMeter: 100,
      bandTypes: ['drop', 'dscp-remark'],
      capabilities: ['kbps', 'burst'],
      maxBands: 2,
      maxColor: 3,
    },
    ['max_meter:100 max_bands:2 max_color:3', 'band_types: drop dscp_remark', 'capabilities: kbps burst'],
  ),
  reply(
    {
      type: 'table-features',
      tables: [
        {
          tableId: 3,
          name: 'three',
          metadataMatch: 0xff,
          metadataWrite: 0xf,
          maxEntries: 100,
          properties: [
            { type: 'instructions', instructionIds: ['goto-table', 'apply-actions'] },
            { type: 'next-tables', nextTableIds: [4, 5] },
            { type: 'write-actions', actionIds: ['output', 'group'] },
            { type: 'apply-actions', actionIds: ['output', 'set-field'] },
            { type: 'match', oxmIds: ['inPort', 'ethDst/mask'] },
            { type: 'wildcards', oxmIds: ['inPort'] },
            { type: 'write-setfield', oxmIds: ['ethDst'] },
            { type: 'apply-setfield', oxmIds: ['ethSrc'] },
          ],
        },
      ],
    },
    [
      '  table 3 ("three"):',
      '    metadata: match=0xff write=0xf',
      '    max_entries=100',
      '    instructions (table miss and others):',
      '      next tables: 4-5',
      '      instructions: apply_actions goto_table',
      '      Write-Actions features:',
      '        actions: output group',
      '        supported on Set-Field: eth_dst',
      '      Apply-Actions features:',
      '        actions: output set_field',
      '        supported on Set-Field: eth_src',
      '    matching:',
      '      arbitrary mask: eth_dst',
      '      exact match or wildcard: in_port_oxm',
    ],
  ),
  reply(
    {
      type: 'port-desc',
      ports: [{ portNo: 1, hwAddr: '00:00:00:00:00:01', name: 'one', state: ['live'], curr: ['10gb-fd'] }],
    },
    [
      ' 1(one): addr:00:00:00:00:00:01',
      '     config:     0',
      '     state:      LIVE',
      '     current:    10GB-FD',
      '     speed: 0 Mbps now, 0 Mbps max',
    ],
  ),
];

describe('Open vSwitch reads the multipart messages that we write', () => {
  readsAsMeant('requests', requests);
  readsAsMeant('replies', replies);
});
