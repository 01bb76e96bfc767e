import { annotated, pins } from './vector.js';

const NX = '00002320';
const FRAME = 'ffffffffffff00000000000108060001';

describe('openflow vectors of Nicira messages', () => {
  pins('NXT_ROLE_REQUEST', `04 04 0014 00000001 ${NX} 0000000a 00000001`, {
    type: 'nx-role-request',
    xid: 1,
    role: 'primary',
  });
  pins('NXT_ROLE_REPLY', `04 04 0014 00000001 ${NX} 0000000b 00000002`, {
    type: 'nx-role-reply',
    xid: 1,
    role: 'secondary',
  });
  pins('NXT_FLOW_MOD_TABLE_ID', `04 04 0018 00000001 ${NX} 0000000f 01 00000000000000`, {
    type: 'nx-flow-mod-table-id',
    xid: 1,
    set: 1,
  });
  pins('NXT_SET_PACKET_IN_FORMAT', `04 04 0014 00000001 ${NX} 00000010 00000002`, {
    type: 'nx-set-packet-in-format',
    xid: 1,
    format: 'nxt-packet-in2',
  });
  pins(
    'NXT_PACKET_IN',
    `04 04 0042 00000000 ${NX} 00000011
     ffffffff 0010 01 03 0000000000000055 // buffer_id, total_len, ACTION, table, cookie
     0006 000000000000 00000002 0003 0000 // match_len, padding, NXM_OF_IN_PORT, padding to 8
     0000 ${FRAME}`,
    {
      type: 'nx-packet-in',
      xid: 0,
      bufferId: 0xffffffff,
      totalLen: 16,
      reason: 'action',
      tableId: 3,
      cookie: 0x55n,
      match: { nxmInPort: 3 },
      data: annotated(FRAME),
    },
  );
  pins('NXT_FLOW_AGE', `04 04 0010 00000001 ${NX} 00000012`, { type: 'nx-flow-age', xid: 1 });
  pins(
    'NXT_SET_ASYNC_CONFIG',
    `04 04 0028 00000001 ${NX} 00000013
     00000003 00000000 // packet_in: primary, secondary
     00000007 00000001 // port_status
     00000009 00000002 // flow_removed`,
    {
      type: 'nx-set-async-config',
      xid: 1,
      packetInMaskMaster: ['no-match', 'action'],
      packetInMaskSlave: [],
      portStatusMaskMaster: ['add', 'delete', 'modify'],
      portStatusMaskSlave: ['add'],
      flowRemovedMaskMaster: ['idle-timeout', 'group-delete'],
      flowRemovedMaskSlave: ['hard-timeout'],
    },
  );
  pins('NXT_SET_CONTROLLER_ID', `04 04 0018 00000001 ${NX} 00000014 000000000000 0007`, {
    type: 'nx-set-controller-id',
    xid: 1,
    controllerId: 7,
  });
  pins('NXT_FLOW_MONITOR_CANCEL', `04 04 0014 00000001 ${NX} 00000015 00000009`, {
    type: 'nx-flow-monitor-cancel',
    xid: 1,
    id: 9,
  });
  pins('NXT_FLOW_MONITOR_PAUSED', `04 04 0010 00000001 ${NX} 00000016`, {
    type: 'nx-flow-monitor-paused',
    xid: 1,
  });
  pins('NXT_FLOW_MONITOR_RESUMED', `04 04 0010 00000001 ${NX} 00000017`, {
    type: 'nx-flow-monitor-resumed',
    xid: 1,
  });
  pins(
    'NXT_TLV_TABLE_MOD',
    `04 04 0028 00000002 ${NX} 00000018
     0000 000000000000    // ADD
     1234 01 04 0000 0000 // class, type, length, index, padding
     1235 02 08 0003 0000`,
    {
      type: 'nx-tlv-table-mod',
      xid: 2,
      command: 'add',
      maps: [
        { optionClass: 0x1234, optionType: 1, optionLen: 4, index: 0 },
        { optionClass: 0x1235, optionType: 2, optionLen: 8, index: 3 },
      ],
    },
  );
  pins('NXT_TLV_TABLE_REQUEST', `04 04 0010 00000002 ${NX} 00000019`, {
    type: 'nx-tlv-table-request',
    xid: 2,
  });
  pins(
    'NXT_TLV_TABLE_REPLY',
    `04 04 0028 00000002 ${NX} 0000001a
     00000100 0040 00000000000000000000 // max_option_space, max_fields, reserved
     1234 01 04 0000 0000`,
    {
      type: 'nx-tlv-table-reply',
      xid: 2,
      maxOptionSpace: 256,
      maxFields: 64,
      maps: [{ optionClass: 0x1234, optionType: 1, optionLen: 4, index: 0 }],
    },
  );
  pins(
    'NXT_SET_ASYNC_CONFIG2',
    `04 04 0028 00000001 ${NX} 0000001b
     0001 0008 00000003 // packet_in, primary
     0002 0008 00000001 // port_status, secondary
     0007 0008 00000002 // role_status, primary`,
    {
      type: 'nx-set-async-config2',
      xid: 1,
      properties: [
        { type: 'packet-in-master', mask: ['no-match', 'action'] },
        { type: 'port-status-slave', mask: ['add'] },
        { type: 'role-status-master', mask: 2 },
      ],
    },
  );
  pins('NXT_CT_FLUSH_ZONE', `04 04 0018 00000002 ${NX} 0000001d 000000000000 0005`, {
    type: 'nx-ct-flush-zone',
    xid: 2,
    zoneId: 5,
  });
  const properties = [
    { type: 'packet', packet: annotated(FRAME) },
    { type: 'full-len', fullLen: 100 },
    { type: 'buffer-id', bufferId: 9 },
    { type: 'table-id', tableId: 3 },
    { type: 'cookie', cookie: 0x10n },
    { type: 'reason', reason: 'action' },
    { type: 'metadata', match: { inPort: 1, reg0: 5 } },
    { type: 'userdata', userdata: annotated('0102') },
    { type: 'continuation', data: annotated('0001000800000007') },
  ] as const;
  const propertyBytes = `
     0000 0014 ${FRAME} 00000000  // PACKET, padding
     0001 0008 00000064           // FULL_LEN
     0002 0008 00000009           // BUFFER_ID
     0003 0005 03 000000          // TABLE_ID, padding
     0004 0010 00000000 0000000000000010 // padding, COOKIE
     0005 0005 01 000000          // REASON, padding
     0006 0014 80000004 00000001 00010004 00000005 00000000 // METADATA, padding
     0007 0006 0102 0000          // USERDATA, padding
     0008 0010 00000000 0001000800000007 // padding, CONTINUATION`;
  pins('NXT_PACKET_IN2', `04 04 0088 00000000 ${NX} 0000001e ${propertyBytes}`, {
    type: 'nx-packet-in2',
    xid: 0,
    properties: [...properties],
  });
  pins('NXT_RESUME', `04 04 0088 00000000 ${NX} 0000001c ${propertyBytes}`, {
    type: 'nx-resume',
    xid: 0,
    properties: [...properties],
  });
  pins(
    'NXT_CT_FLUSH',
    `04 04 0088 00000002 ${NX} 00000020
     11 00000000000000            // UDP
     0000 0038 00000000           // ORIG_TUPLE, padding
     0000 0014 00000000000000000000ffff0a010101 00000000 // SRC
     0001 0014 00000000000000000000ffff0a010102 00000000 // DST
     0001 0030 00000000           // REPLY_TUPLE, padding
     0002 0008 0001 0000          // SRC_PORT
     0003 0008 0002 0000          // DST_PORT
     0004 0008 0003 0000          // ICMP_ID
     0005 0005 08 000000          // ICMP_TYPE
     0006 0005 00 000000          // ICMP_CODE
     0002 0008 0005 0000          // ZONE_ID`,
    {
      type: 'nx-ct-flush',
      xid: 2,
      ipProto: 17,
      properties: [
        {
          type: 'orig-tuple',
          tuple: [
            { type: 'src', address: '::ffff:a01:101' },
            { type: 'dst', address: '::ffff:a01:102' },
          ],
        },
        {
          type: 'reply-tuple',
          tuple: [
            { type: 'src-port', port: 1 },
            { type: 'dst-port', port: 2 },
            { type: 'icmp-id', icmpId: 3 },
            { type: 'icmp-type', icmpType: 8 },
            { type: 'icmp-code', icmpCode: 0 },
          ],
        },
        { type: 'zone-id', zoneId: 5 },
      ],
    },
  );
  pins('a message of Nicira that nobody knows', `04 04 0014 00000001 ${NX} 00007fff 12345678`, {
    type: 'experimenter',
    xid: 1,
    experimenter: 0x2320,
    expType: 0x7fff,
    data: annotated('12345678'),
  });
});

describe('openflow vectors of Nicira multipart messages', () => {
  pins(
    'NXST_FLOW_MONITOR request',
    `04 12 0040 00000005 ffff 0000 00000000 ${NX} 00000002
     00000007 0003 0004 0006 02 0000000000 // id, INITIAL and ADD, out_port, match_len, table, zeros
     00000602 0800 0000                    // NXM_OF_ETH_TYPE, padding to 8
     00000008 0004 ffff 0000 ff 0000000000 // DELETE, no port, no match, any table`,
    {
      type: 'multipart-request',
      xid: 5,
      flags: [],
      body: {
        type: 'nx-flow-monitor',
        monitors: [
          { id: 7, flags: ['initial', 'add'], outPort: 4, tableId: 2, match: { nxmEthType: 0x0800 } },
          { id: 8, flags: ['delete'], outPort: 0xffff, tableId: 0xff, match: {} },
        ],
      },
    },
  );
  pins(
    'NXST_FLOW_MONITOR reply',
    `04 13 0050 00000005 ffff 0000 00000000 ${NX} 00000002
     0030 0000 0000 0005 0001 0002 0006 03 00 0000000000000010 // length, ADDED, reason, priority, timeouts, match_len, table, cookie
     00000602 0800 0000                    // NXM_OF_ETH_TYPE, padding to 8
     0000 0010 00000002 ffff 000000000000  // OUTPUT
     0008 0003 00001234                    // length, ABBREV, xid`,
    {
      type: 'multipart-reply',
      xid: 5,
      flags: [],
      body: {
        type: 'nx-flow-monitor',
        updates: [
          {
            type: 'added',
            reason: 'idle-timeout',
            priority: 5,
            idleTimeout: 1,
            hardTimeout: 2,
            tableId: 3,
            cookie: 0x10n,
            match: { nxmEthType: 0x0800 },
            actions: [{ type: 'output', port: 2, maxLen: 0xffff }],
          },
          { type: 'abbrev', xid: 0x1234 },
        ],
      },
    },
  );
  pins('NXST_IPFIX_BRIDGE request', `04 12 0018 00000005 ffff 0000 00000000 ${NX} 00000003`, {
    type: 'multipart-request',
    xid: 5,
    flags: [],
    body: { type: 'nx-ipfix-bridge' },
  });
  pins(
    'NXST_IPFIX_FLOW reply',
    `04 13 0070 00000005 ffff 0000 00000000 ${NX} 00000004
     ${Array.from({ length: 10 }, (_, n) => `000000000000000${n}`).join(' ')}
     00000063 00000000 // collector_set_id, padding`,
    {
      type: 'multipart-reply',
      xid: 5,
      flags: [],
      body: {
        type: 'nx-ipfix-flow',
        stats: [
          {
            totalFlows: 0n,
            currentFlows: 1n,
            pkts: 2n,
            ipv4Pkts: 3n,
            ipv6Pkts: 4n,
            errorPkts: 5n,
            ipv4ErrorPkts: 6n,
            ipv6ErrorPkts: 7n,
            txPkts: 8n,
            txErrors: 9n,
            collectorSetId: 99,
          },
        ],
      },
    },
  );
});
