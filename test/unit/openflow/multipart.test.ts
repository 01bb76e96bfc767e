import { expect } from 'chai';
import {
  type DecodedMultipartReplyBody,
  type DecodedMultipartRequestBody,
  MULTIPART_LISTS,
} from '../../../controller/openflow/index.js';
import { specification } from '../../../controller/openflow/spec/index.js';
import { tableFeaturesBody, tableFeaturesHex } from './table-features.vector.js';
import { annotated, padded, pins } from './vector.js';

const pinned = { request: new Set<string>(), reply: new Set<string>() };

/** Header and multipart header for a body of hexadecimal text. */
function frame(messageType: string, code: string, body: string): string {
  const length = 16 + annotated(body).length;
  return `04 ${messageType} ${length.toString(16).padStart(4, '0')} 00000001 ${code} 0000 00000000\n${body}`;
}

function request(code: string, hex: string, body: DecodedMultipartRequestBody): void {
  pinned.request.add(body.type);
  pins(`request ${body.type}`, frame('12', code, hex), {
    type: 'multipart-request',
    xid: 1,
    flags: [],
    body,
  });
}

function reply(code: string, hex: string, body: DecodedMultipartReplyBody): void {
  pinned.reply.add(body.type);
  pins(`reply ${body.type}`, frame('13', code, hex), { type: 'multipart-reply', xid: 1, flags: [], body });
}

const filterHex = `
  ff 000000 ffffffff ffffffff 00000000 // table ALL, padding, out_port ANY, out_group ANY, padding
  0000000000000001 ffffffffffffffff    // cookie, cookie_mask
  0001 000a 80000a02 0806 000000000000 // match: eth_type = 0x0806, padding`;
const filter = {
  tableId: 0xff,
  outPort: 0xffffffff,
  outGroup: 0xffffffff,
  cookie: 1n,
  cookieMask: 0xffff_ffff_ffff_ffffn,
  match: { ethType: 0x0806 },
};

describe('openflow multipart vectors', () => {
  request('0000', '', { type: 'desc' });
  reply(
    '0000',
    `${padded('cloakflow', 256)} // mfr_desc
     ${padded('Mininet', 256)}   // hw_desc
     ${padded('3.1.0', 256)}     // sw_desc
     ${padded('None', 32)}       // serial_num
     ${padded('Grüße', 256)}     // dp_desc`,
    {
      type: 'desc',
      mfrDesc: 'cloakflow',
      hwDesc: 'Mininet',
      swDesc: '3.1.0',
      serialNum: 'None',
      dpDesc: 'Grüße',
    },
  );

  request('0001', filterHex, { type: 'flow', ...filter });
  reply(
    '0001',
    `0048 00 00             // length 72, table_id 0, padding
     00000005 0000000a      // duration
     0064 0000 003c 0001 00000000 // priority 100, idle 0, hard 60, flags SEND_FLOW_REM, padding
     0000000000000002 0000000000000003 0000000000000004 // cookie, packets, bytes
     0001 0004 00000000     // match: everything, padding
     0001 0008 01 000000    // goto table 1
     0006 0008 00000009     // meter 9
     0038 01 00             // length 56: a flow without match and instructions
     00000000 00000000 0000 0000 0000 0000 00000000
     0000000000000000 0000000000000000 0000000000000000
     0001 0004 00000000`,
    {
      type: 'flow',
      flows: [
        {
          tableId: 0,
          durationSec: 5,
          durationNsec: 10,
          priority: 100,
          idleTimeout: 0,
          hardTimeout: 60,
          flags: ['send-flow-rem'],
          cookie: 2n,
          packetCount: 3n,
          byteCount: 4n,
          match: {},
          instructions: [
            { type: 'goto-table', tableId: 1 },
            { type: 'meter', meterId: 9 },
          ],
        },
        {
          tableId: 1,
          durationSec: 0,
          durationNsec: 0,
          priority: 0,
          idleTimeout: 0,
          hardTimeout: 0,
          flags: [],
          cookie: 0n,
          packetCount: 0n,
          byteCount: 0n,
          match: {},
          instructions: [],
        },
      ],
    },
  );

  request('0002', filterHex, { type: 'aggregate', ...filter });
  reply('0002', '0000000000000001 0000000000000002 00000003 00000000', {
    type: 'aggregate',
    packetCount: 1n,
    byteCount: 2n,
    flowCount: 3,
  });

  request('0003', '', { type: 'table' });
  reply('0003', '05 000000 00000007 0000000000000008 0000000000000009', {
    type: 'table',
    tables: [{ tableId: 5, activeCount: 7, lookupCount: 8n, matchedCount: 9n }],
  });

  request('0004', 'ffffffff 00000000', { type: 'port-stats', portNo: 0xffffffff });
  reply(
    '0004',
    `00000001 00000000                 // port_no, padding
     0000000000000001 0000000000000002 // rx_packets, tx_packets
     0000000000000003 0000000000000004 // rx_bytes, tx_bytes
     0000000000000005 0000000000000006 // rx_dropped, tx_dropped
     0000000000000007 0000000000000008 // rx_errors, tx_errors
     0000000000000009 000000000000000a // rx_frame_err, rx_over_err
     000000000000000b ffffffffffffffff // rx_crc_err, collisions unknown
     0000000d 0000000e                 // duration`,
    {
      type: 'port-stats',
      ports: [
        {
          portNo: 1,
          rxPackets: 1n,
          txPackets: 2n,
          rxBytes: 3n,
          txBytes: 4n,
          rxDropped: 5n,
          txDropped: 6n,
          rxErrors: 7n,
          txErrors: 8n,
          rxFrameErr: 9n,
          rxOverErr: 10n,
          rxCrcErr: 11n,
          collisions: 0xffff_ffff_ffff_ffffn,
          durationSec: 13,
          durationNsec: 14,
        },
      ],
    },
  );

  request('0005', '00000001 ffffffff', { type: 'queue', portNo: 1, queueId: 0xffffffff });
  reply(
    '0005',
    `00000001 00000002 // port_no, queue_id
     0000000000000003 0000000000000004 0000000000000005 // tx_bytes, tx_packets, tx_errors
     00000006 00000007 // duration`,
    {
      type: 'queue',
      queues: [
        { portNo: 1, queueId: 2, txBytes: 3n, txPackets: 4n, txErrors: 5n, durationSec: 6, durationNsec: 7 },
      ],
    },
  );

  request('0006', 'fffffffc 00000000', { type: 'group', groupId: 0xfffffffc });
  reply(
    '0006',
    `0038 0000 00000001 00000002 00000000 // length 56, padding, group_id, ref_count, padding
     0000000000000003 0000000000000004 00000005 00000006 // packets, bytes, duration
     0000000000000007 0000000000000008 // bucket: packets, bytes`,
    {
      type: 'group',
      groups: [
        {
          groupId: 1,
          refCount: 2,
          packetCount: 3n,
          byteCount: 4n,
          durationSec: 5,
          durationNsec: 6,
          bucketStats: [{ packetCount: 7n, byteCount: 8n }],
        },
      ],
    },
  );

  request('0007', '', { type: 'group-desc' });
  reply(
    '0007',
    `0028 03 00 00000001  // length 40, type FF, padding, group_id
     0020 0000 00000002 ffffffff 00000000 // bucket: length 32, weight 0, watch_port 2, watch_group, padding
     0000 0010 00000002 0000 000000000000 // output to 2`,
    {
      type: 'group-desc',
      groups: [
        {
          groupType: 'ff',
          groupId: 1,
          buckets: [
            {
              weight: 0,
              watchPort: 2,
              watchGroup: 0xffffffff,
              actions: [{ type: 'output', port: 2, maxLen: 0 }],
            },
          ],
        },
      ],
    },
  );

  request('0008', '', { type: 'group-features' });
  reply(
    '0008',
    `0000000f 00000005                   // types: all four; SELECT_WEIGHT and CHAINING
     00000001 00000002 00000003 00000004 // max_groups of each type
     00000001 00400001 02000000 0c000000 // actions of each type`,
    {
      type: 'group-features',
      types: ['all', 'select', 'indirect', 'ff'],
      capabilities: ['select-weight', 'chaining'],
      maxGroupsAll: 1,
      maxGroupsSelect: 2,
      maxGroupsIndirect: 3,
      maxGroupsFf: 4,
      actionsAll: ['output'],
      actionsSelect: ['output', 'group'],
      actionsIndirect: ['set-field'],
      actionsFf: ['push-pbb', 'pop-pbb'],
    },
  );

  request('0009', 'ffffffff 00000000', { type: 'meter', meterId: 0xffffffff });
  reply(
    '0009',
    `00000001 0038 000000000000 00000002 // meter_id, length 56, padding, flow_count
     0000000000000003 0000000000000004   // packet_in_count, byte_in_count
     00000005 00000006                   // duration
     0000000000000007 0000000000000008   // band: packets, bytes`,
    {
      type: 'meter',
      meters: [
        {
          meterId: 1,
          flowCount: 2,
          packetInCount: 3n,
          byteInCount: 4n,
          durationSec: 5,
          durationNsec: 6,
          bandStats: [{ packetBandCount: 7n, byteBandCount: 8n }],
        },
      ],
    },
  );

  request('000a', '00000001 00000000', { type: 'meter-config', meterId: 1 });
  reply(
    '000a',
    `0018 0002 00000001 // length 24, flags PKTPS, meter_id
     0001 0010 000003e8 00000064 00000000 // DROP`,
    {
      type: 'meter-config',
      meters: [{ flags: ['pktps'], meterId: 1, bands: [{ type: 'drop', rate: 1000, burstSize: 100 }] }],
    },
  );

  request('000b', '', { type: 'meter-features' });
  reply('000b', '00000100 00000006 0000000f 08 02 0000', {
    type: 'meter-features',
    maxMeter: 256,
    bandTypes: ['drop', 'dscp-remark'],
    capabilities: ['kbps', 'pktps', 'burst', 'stats'],
    maxBands: 8,
    maxColor: 2,
  });

  request('000c', '', { type: 'table-features', tables: [] });
  reply('000c', tableFeaturesHex, tableFeaturesBody);

  request('000d', '', { type: 'port-desc' });
  reply(
    '000d',
    `fffffffe 00000000 020000000001 0000 // port LOCAL, padding, hw_addr, padding
     ${padded('br0', 16)}
     00000001 00000001 00000000 00000000 00000000 00000000 00000000 00000000`,
    {
      type: 'port-desc',
      ports: [
        {
          portNo: 0xfffffffe,
          hwAddr: '02:00:00:00:00:01',
          name: 'br0',
          config: ['port-down'],
          state: ['link-down'],
          curr: [],
          advertised: [],
          supported: [],
          peer: [],
          currSpeed: 0,
          maxSpeed: 0,
        },
      ],
    },
  );

  const experimenter = { experimenter: 0x00abcdef, expType: 3, data: annotated('deadbeef') };
  request('ffff', '00abcdef 00000003 deadbeef', { type: 'experimenter', ...experimenter });
  reply('ffff', '00abcdef 00000003 deadbeef', { type: 'experimenter', ...experimenter });

  it('pins all 14 pairs of OpenFlow 1.3 and the experimenter', () => {
    for (const [name, tags] of [
      ['MultipartRequestBody', pinned.request],
      ['MultipartReplyBody', pinned.reply],
    ] as const) {
      const { variants } = specification.unions.find(union => union.name === name)!;
      const standard = variants.filter(variant => variant.experimenter === undefined);
      expect([...tags].sort()).to.deep.equal(standard.map(({ tag }) => tag).sort());
      expect(tags.size).to.equal(15);
    }
  });

  it('names the list of every reply that may come in parts', () => {
    expect(MULTIPART_LISTS).to.include({ flow: 'flows', 'port-desc': 'ports', 'table-features': 'tables' });
    expect(MULTIPART_LISTS).to.not.have.any.keys('desc', 'aggregate', 'group-features', 'meter-features');
  });
});
