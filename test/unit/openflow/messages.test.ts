import { expect } from 'chai';
import { MessageType, NO_BUFFER, Port } from '../../../controller/openflow/index.js';
import { annotated, padded, pinnedTypes, pins } from './vector.js';

const DATA = annotated('deadbeef');

describe('openflow message vectors', () => {
  pins(
    'HELLO with a version bitmap',
    `04 00 0010 00000001 // version 4, HELLO, length 16, xid
     0001 0008 00000012  // VERSIONBITMAP, length 8, versions 1 and 4`,
    { type: 'hello', xid: 1, elements: [{ type: 'version-bitmap', bitmaps: [0x12] }] },
  );
  pins('HELLO of OpenFlow 1.0', '01 00 0008 00000001', { type: 'hello', version: 1, xid: 1, elements: [] });
  pins(
    'HELLO with elements that end off a multiple of 8',
    `06 00 0020 00000001 // version 6, length 32
     0001 000c 00000010 00000001 00000000 // VERSIONBITMAP, length 12, versions 4 and 32, padding
     0007 0006 abcd 0000 // unknown element, length 6, padding`,
    {
      type: 'hello',
      version: 6,
      xid: 1,
      elements: [
        { type: 'version-bitmap', bitmaps: [0x10, 1] },
        { type: 'unknown', code: 7, data: annotated('abcd') },
      ],
    },
  );
  pins(
    'ERROR',
    `04 01 0010 00000002 // ERROR, length 16
     0001 0001 deadbeef  // BAD_REQUEST, BAD_TYPE, data`,
    { type: 'error', xid: 2, errorType: 'bad-request', errorCode: 'bad-type', data: DATA },
  );
  pins('ERROR of an unknown type and code', '04 01 000c 00000002 1234 5678', {
    type: 'error',
    xid: 2,
    errorType: 0x1234,
    errorCode: 0x5678,
    data: annotated(''),
  });
  pins(
    'ERROR of an experimenter',
    `04 01 0014 00000002 // ERROR, length 20
     ffff 0abc 00abcdef deadbeef // EXPERIMENTER, exp_type, experimenter, data`,
    {
      type: 'error',
      xid: 2,
      errorType: 'experimenter',
      errorCode: 0x0abc,
      experimenter: 0x00abcdef,
      data: DATA,
    },
  );
  pins('ECHO_REQUEST', '04 02 000c 00000003 deadbeef', { type: 'echo-request', xid: 3, data: DATA });
  pins('ECHO_REPLY', '04 03 000c 00000003 deadbeef', { type: 'echo-reply', xid: 3, data: DATA });
  pins(
    'EXPERIMENTER that nobody knows',
    `04 04 0014 00000004 // EXPERIMENTER, length 20
     00abcdef 00000007 deadbeef // experimenter, exp_type, data`,
    { type: 'experimenter', xid: 4, experimenter: 0x00abcdef, expType: 7, data: DATA },
  );
  pins('FEATURES_REQUEST', '04 05 0008 00000005', { type: 'features-request', xid: 5 });
  pins(
    'FEATURES_REPLY',
    `04 06 0020 00000005 // FEATURES_REPLY, length 32
     0000 0200 0000 0001 // datapath id
     00000100 fe 00 0000 // n_buffers 256, n_tables 254, auxiliary_id 0, padding
     0000024f 00000000   // capabilities, of which 0x200 is unknown; reserved`,
    {
      type: 'features-reply',
      xid: 5,
      datapathId: 0x0000_0200_0000_0001n,
      nBuffers: 256,
      nTables: 254,
      auxiliaryId: 0,
      capabilities: ['flow-stats', 'table-stats', 'port-stats', 'group-stats', 'queue-stats', '0x200'],
      reserved: 0,
    },
  );
  pins('GET_CONFIG_REQUEST', '04 07 0008 00000007', { type: 'get-config-request', xid: 7 });
  pins(
    'GET_CONFIG_REPLY',
    `04 08 000c 00000007 // GET_CONFIG_REPLY, length 12
     0000 0080           // FRAG_NORMAL, miss_send_len 128`,
    { type: 'get-config-reply', xid: 7, flags: [], missSendLen: 128 },
  );
  pins(
    'SET_CONFIG',
    `04 09 000c 00000008 // SET_CONFIG, length 12
     0003 ffff           // DROP and REASM, miss_send_len: no limit`,
    { type: 'set-config', xid: 8, flags: ['frag-drop', 'frag-reasm'], missSendLen: 0xffff },
  );
  pins(
    'PACKET_IN',
    `04 0a 0036 00000000 // PACKET_IN, length 54
     ffffffff 002a 01 02 // buffer_id, total_len 42, reason ACTION, table_id 2
     c10a000100000007    // cookie
     0001 0018           // match: OXM, length 24
     80000004 00000003   // in_port = 3
     80000a02 0800       // eth_type = 0x0800
     80000c02 1005       // vlan_vid = PRESENT | 5
     0000 deadbeef       // padding, data`,
    {
      type: 'packet-in',
      xid: 0,
      bufferId: NO_BUFFER,
      totalLen: 42,
      reason: 'action',
      tableId: 2,
      cookie: 0xc10a_0001_0000_0007n,
      match: { inPort: 3, ethType: 0x0800, vlanVid: 0x1005 },
      data: DATA,
    },
  );
  pins(
    'FLOW_REMOVED',
    `04 0b 0040 00000000 // FLOW_REMOVED, length 64
     0000000000000001    // cookie
     8000 01 03          // priority, reason HARD_TIMEOUT, table_id 3
     0000000a 00000064   // 10 s, 100 ns
     0005 000a           // idle_timeout, hard_timeout
     0000000000000002 0000000000000080 // packet_count, byte_count
     0001 000c 80000004 00000001 00000000 // match: in_port = 1, padding`,
    {
      type: 'flow-removed',
      xid: 0,
      cookie: 1n,
      priority: 0x8000,
      reason: 'hard-timeout',
      tableId: 3,
      durationSec: 10,
      durationNsec: 100,
      idleTimeout: 5,
      hardTimeout: 10,
      packetCount: 2n,
      byteCount: 128n,
      match: { inPort: 1 },
    },
  );
  pins(
    'PORT_STATUS',
    `04 0c 0050 00000000 // PORT_STATUS, length 80
     02 00000000000000   // reason MODIFY, padding
     00000001 00000000   // port_no, padding
     020000000001 0000   // hw_addr, padding
     ${padded('eth1', 16)} // name
     00000001 00000005   // config PORT_DOWN, state LINK_DOWN and LIVE
     00002820 00000000 80010000 00000000 // curr 1GB_FD COPPER AUTONEG, advertised, supported (unknown), peer
     000f4240 000f4240   // curr_speed, max_speed: 1 Gbps`,
    {
      type: 'port-status',
      xid: 0,
      reason: 'modify',
      desc: {
        portNo: 1,
        hwAddr: '02:00:00:00:00:01',
        name: 'eth1',
        config: ['port-down'],
        state: ['link-down', 'live'],
        curr: ['1gb-fd', 'copper', 'autoneg'],
        advertised: [],
        supported: ['0x80010000'],
        peer: [],
        currSpeed: 1_000_000,
        maxSpeed: 1_000_000,
      },
    },
  );
  pins(
    'PACKET_OUT',
    `04 0d 002c 00000009 // PACKET_OUT, length 44
     ffffffff fffffffd   // buffer_id, in_port CONTROLLER
     0010 000000000000   // actions_len, padding
     0000 0010 fffffffb ffff 000000000000 // output to FLOOD
     deadbeef            // data`,
    {
      type: 'packet-out',
      xid: 9,
      bufferId: NO_BUFFER,
      inPort: Port.CONTROLLER,
      actions: [{ type: 'output', port: Port.FLOOD, maxLen: 0xffff }],
      data: DATA,
    },
  );
  pins(
    'FLOW_MOD',
    `04 0e 0068 0000000a // FLOW_MOD, length 104
     0000000000000001 00000000000000ff // cookie, cookie_mask
     02 02 003c 0078     // table_id 2, command MODIFY_STRICT, idle_timeout 60, hard_timeout 120
     1234 ffffffff       // priority, buffer_id
     ffffffff ffffffff   // out_port ANY, out_group ANY
     0003 0000           // SEND_FLOW_REM and CHECK_OVERLAP, padding
     0001 0016           // match: OXM, length 22
     80000004 00000001   // in_port = 1
     80000606 020000000001 0000 // eth_dst, padding
     0004 0018 00000000  // apply actions, length 24, padding
     0000 0010 00000002 0000 000000000000 // output to 2
     0001 0008 03 000000 // goto table 3`,
    {
      type: 'flow-mod',
      xid: 10,
      cookie: 1n,
      cookieMask: 0xffn,
      tableId: 2,
      command: 'modify-strict',
      idleTimeout: 60,
      hardTimeout: 120,
      priority: 0x1234,
      bufferId: NO_BUFFER,
      outPort: Port.ANY,
      outGroup: 0xffffffff,
      flags: ['send-flow-rem', 'check-overlap'],
      match: { inPort: 1, ethDst: '02:00:00:00:00:01' },
      instructions: [
        { type: 'apply-actions', actions: [{ type: 'output', port: 2, maxLen: 0 }] },
        { type: 'goto-table', tableId: 3 },
      ],
    },
  );
  pins(
    'GROUP_MOD',
    `04 0f 0040 0000000b // GROUP_MOD, length 64
     0001 01 00 00000005 // command MODIFY, type SELECT, padding, group_id 5
     0020 0007           // bucket: length 32, weight 7
     00000003 ffffffff 00000000 // watch_port 3, watch_group ANY, padding
     0000 0010 00000001 ffff 000000000000 // output to 1
     0010 0000 ffffffff ffffffff 00000000 // bucket without actions`,
    {
      type: 'group-mod',
      xid: 11,
      command: 'modify',
      groupType: 'select',
      groupId: 5,
      buckets: [
        {
          weight: 7,
          watchPort: 3,
          watchGroup: 0xffffffff,
          actions: [{ type: 'output', port: 1, maxLen: 0xffff }],
        },
        { weight: 0, watchPort: Port.ANY, watchGroup: 0xffffffff, actions: [] },
      ],
    },
  );
  pins(
    'PORT_MOD',
    `04 10 0028 0000000c // PORT_MOD, length 40
     00000001 00000000   // port_no, padding
     020000000001 0000   // hw_addr, padding
     00000041 00000065   // config: PORT_DOWN, NO_PACKET_IN; mask: all four
     00000820 00000000   // advertise: 1GB_FD, COPPER; padding`,
    {
      type: 'port-mod',
      xid: 12,
      portNo: 1,
      hwAddr: '02:00:00:00:00:01',
      config: ['port-down', 'no-packet-in'],
      mask: ['port-down', 'no-recv', 'no-fwd', 'no-packet-in'],
      advertise: ['1gb-fd', 'copper'],
    },
  );
  pins(
    'TABLE_MOD',
    `04 11 0010 0000000d // TABLE_MOD, length 16
     ff 000000 00000003  // table_id ALL, padding, config`,
    { type: 'table-mod', xid: 13, tableId: 255, config: 3 },
  );
  pins(
    'MULTIPART_REQUEST',
    `04 12 0010 0000000e // MULTIPART_REQUEST, length 16
     000d 0001 00000000  // PORT_DESC, flags MORE, padding`,
    { type: 'multipart-request', xid: 14, flags: ['more'], body: { type: 'port-desc' } },
  );
  pins(
    'MULTIPART_REPLY',
    `04 13 0010 0000000e // MULTIPART_REPLY, length 16
     0001 0000 00000000  // FLOW, no flags, padding`,
    { type: 'multipart-reply', xid: 14, flags: [], body: { type: 'flow', flows: [] } },
  );
  pins('BARRIER_REQUEST', '04 14 0008 0000000f', { type: 'barrier-request', xid: 15 });
  pins('BARRIER_REPLY', '04 15 0008 0000000f', { type: 'barrier-reply', xid: 15 });
  pins('QUEUE_GET_CONFIG_REQUEST', '04 16 0010 00000010 ffffffff 00000000', {
    type: 'queue-get-config-request',
    xid: 16,
    port: Port.ANY,
  });
  pins(
    'QUEUE_GET_CONFIG_REPLY',
    `04 17 0058 00000010 // QUEUE_GET_CONFIG_REPLY, length 88
     00000001 00000000   // port, padding
     00000002 00000001 0048 000000000000 // queue 2, port 1, length 72, padding
     0001 0010 00000000 0064 000000000000 // MIN_RATE 10.0 %
     0002 0010 00000000 ffff 000000000000 // MAX_RATE unset
     ffff 0018 00000000 00abcdef 00000000 deadbeefdeadbeef // EXPERIMENTER`,
    {
      type: 'queue-get-config-reply',
      xid: 16,
      port: 1,
      queues: [
        {
          queueId: 2,
          port: 1,
          properties: [
            { type: 'min-rate', rate: 100 },
            { type: 'max-rate', rate: 0xffff },
            { type: 'experimenter', experimenter: 0x00abcdef, data: annotated('deadbeefdeadbeef') },
          ],
        },
      ],
    },
  );
  pins(
    'ROLE_REQUEST',
    `04 18 0018 00000011 // ROLE_REQUEST, length 24
     00000002 00000000 0000000000000007 // MASTER, padding, generation_id`,
    { type: 'role-request', xid: 17, role: 'master', generationId: 7n },
  );
  pins('ROLE_REPLY', '04 19 0018 00000011 00000003 00000000 ffffffffffffffff', {
    type: 'role-reply',
    xid: 17,
    role: 'slave',
    generationId: 0xffff_ffff_ffff_ffffn,
  });
  pins('GET_ASYNC_REQUEST', '04 1a 0008 00000012', { type: 'get-async-request', xid: 18 });
  const asyncFields = {
    packetInMaskMaster: ['no-match', 'action', 'invalid-ttl'] as const,
    packetInMaskSlave: [],
    portStatusMaskMaster: ['add', 'delete', 'modify'] as const,
    portStatusMaskSlave: ['delete'] as const,
    flowRemovedMaskMaster: ['idle-timeout', 'hard-timeout', 'delete', 'group-delete'] as const,
    flowRemovedMaskSlave: ['0x10'] as const,
  };
  const asyncBytes = `
     00000007 00000000 // packet_in_mask: master, slave
     00000007 00000002 // port_status_mask
     0000000f 00000010 // flow_removed_mask, of which 0x10 is unknown`;
  pins('GET_ASYNC_REPLY', `04 1b 0020 00000012 ${asyncBytes}`, {
    type: 'get-async-reply',
    xid: 18,
    ...mutable(asyncFields),
  });
  pins('SET_ASYNC', `04 1c 0020 00000013 ${asyncBytes}`, {
    type: 'set-async',
    xid: 19,
    ...mutable(asyncFields),
  });
  pins(
    'METER_MOD',
    `04 1d 0050 00000014 // METER_MOD, length 80
     0000 000d 00000006  // command ADD, flags KBPS BURST STATS, meter_id 6
     0001 0010 000003e8 00000064 00000000 // DROP: rate 1000, burst_size 100, padding
     0002 0010 000007d0 00000000 02 000000 // DSCP_REMARK: rate 2000, prec_level 2
     ffff 0018 00000bb8 00000000 00abcdef deadbeefdeadbeef // EXPERIMENTER
     0009 0008 01020304  // unknown band`,
    {
      type: 'meter-mod',
      xid: 20,
      command: 'add',
      flags: ['kbps', 'burst', 'stats'],
      meterId: 6,
      bands: [
        { type: 'drop', rate: 1000, burstSize: 100 },
        { type: 'dscp-remark', rate: 2000, burstSize: 0, precLevel: 2 },
        {
          type: 'experimenter',
          rate: 3000,
          burstSize: 0,
          experimenter: 0x00abcdef,
          data: annotated('deadbeefdeadbeef'),
        },
        { type: 'unknown', code: 9, data: annotated('01020304') },
      ],
    },
  );

  it('pins every type of message', () => {
    expect(Object.keys(MessageType)).to.have.length(30);
    expect([...pinnedTypes]).to.include.members(Object.keys(MessageType));
  });
});

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] extends readonly (infer Item)[] ? Item[] : T[Key] };
function mutable<T extends object>(value: T): Mutable<T> {
  return value as Mutable<T>;
}
