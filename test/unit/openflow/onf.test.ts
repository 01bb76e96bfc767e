import { expect } from 'chai';
import { decode, encodeToBytes, formatHex, OpenflowError } from '../../../controller/openflow/index.js';
import { annotated, pins } from './vector.js';

const ONF = '4f4e4600';

describe('openflow vectors of ONF extensions', () => {
  pins(
    'ONFT_BUNDLE_CONTROL',
    `04 04 0018 00000005 ${ONF} 000008fc // ONF, 2300
     00000003 0000 0003 // bundle id, OPEN_REQUEST, ATOMIC and ORDERED`,
    {
      type: 'onf-bundle-control',
      xid: 5,
      bundleId: 3,
      controlType: 'open-request',
      flags: ['atomic', 'ordered'],
      properties: annotated(''),
    },
  );
  pins(
    'ONFT_BUNDLE_ADD_MESSAGE',
    `04 04 0028 00000003 ${ONF} 000008fd 00000003 0000 0001 // ONF, 2301, bundle id, padding, ATOMIC
     04 0f 0010 00000003 0002 00 00 00000005                // GROUP_MOD: delete group 5`,
    {
      type: 'onf-bundle-add-message',
      xid: 3,
      bundleId: 3,
      flags: ['atomic'],
      message: {
        type: 'group-mod',
        xid: 3,
        command: 'delete',
        groupType: 'all',
        groupId: 5,
        buckets: [],
      },
      properties: annotated(''),
    },
  );
  pins(
    'ONFT_BUNDLE_ADD_MESSAGE with a property',
    `04 04 0030 00000003 ${ONF} 000008fd 00000003 0000 0000
     04 14 0008 00000003 // BARRIER_REQUEST
     ffff 000c 00abcdef 00000001 00000000`,
    {
      type: 'onf-bundle-add-message',
      xid: 3,
      bundleId: 3,
      flags: [],
      message: { type: 'barrier-request', xid: 3 },
      properties: annotated('ffff000c00abcdef0000000100000000'),
    },
  );
  pins('ONFT_FLOW_MONITOR_CANCEL', `04 04 0014 00000001 ${ONF} 0000074e 00000009`, {
    type: 'onf-flow-monitor-cancel',
    xid: 1,
    id: 9,
  });
  pins('ONFT_FLOW_MONITOR_PAUSED', `04 04 0010 00000000 ${ONF} 0000074f`, {
    type: 'onf-flow-monitor-paused',
    xid: 0,
  });
  pins('ONFT_FLOW_MONITOR_RESUMED', `04 04 0010 00000000 ${ONF} 00000750`, {
    type: 'onf-flow-monitor-resumed',
    xid: 0,
  });
  pins(
    'ONFT_ROLE_STATUS',
    `04 04 0020 00000000 ${ONF} 00000777
     00000003 00 000000 0000000000000005 // SLAVE, PRIMARY_REQUEST, padding, generation_id`,
    {
      type: 'onf-role-status',
      xid: 0,
      role: 'slave',
      reason: 'primary-request',
      generationId: 5n,
      properties: annotated(''),
    },
  );
  pins('ONFT_REQUESTFORWARD', `04 04 0020 00000000 ${ONF} 0000092e 04 0f 0010 00000007 0002 00 00 00000005`, {
    type: 'onf-requestforward',
    xid: 0,
    request: {
      type: 'group-mod',
      xid: 7,
      command: 'delete',
      groupType: 'all',
      groupId: 5,
      buckets: [],
    },
  });
  pins(
    'ONFST_FLOW_MONITOR request',
    `04 12 0050 00000005 ffff 0000 00000000 ${ONF} 0000074e
     00000005 003f 000c ffffffff ff 000000 // id, all flags, match_len, any port, any table, zeros
     0001 000c 80000004 00000001 00000000  // ofp_match: in_port, padding
     00000006 0002 0004 00000003 02 000000
     0001 0004 00000000`,
    {
      type: 'multipart-request',
      xid: 5,
      flags: [],
      body: {
        type: 'onf-flow-monitor',
        monitors: [
          {
            id: 5,
            flags: ['initial', 'add', 'delete', 'modify', 'actions', 'own'],
            outPort: 0xffffffff,
            tableId: 0xff,
            match: { inPort: 1 },
          },
          { id: 6, flags: ['add'], outPort: 3, tableId: 2, match: {} },
        ],
      },
    },
  );
  pins(
    'ONFST_FLOW_MONITOR reply',
    `04 13 0058 00000005 ffff 0000 00000000 ${ONF} 0000074e
     0038 0001 0002 0005 0000 0000 000a 03 00 0000000000000010 // length, DELETED, DELETE, …, match_len, table, cookie
     0001 000a 80000a02 0800 000000000000  // ofp_match: eth_type, padding
     0001 0008 04 000000                   // GOTO_TABLE
     0006 0008 00000001                    // METER
     0008 0003 00001234                    // length, ABBREV, xid`,
    {
      type: 'multipart-reply',
      xid: 5,
      flags: [],
      body: {
        type: 'onf-flow-monitor',
        updates: [
          {
            type: 'deleted',
            reason: 'delete',
            priority: 5,
            idleTimeout: 0,
            hardTimeout: 0,
            tableId: 3,
            cookie: 0x10n,
            match: { ethType: 0x0800 },
            instructions: [
              { type: 'goto-table', tableId: 4 },
              { type: 'meter', meterId: 1 },
            ],
          },
          { type: 'abbrev', xid: 0x1234 },
        ],
      },
    },
  );
  pins(
    'an ERROR of ONF',
    `04 01 0018 00000002 ffff 08fe ${ONF} // EXPERIMENTER, 2302, ONF
     04 14 0008 00000002`,
    {
      type: 'error',
      xid: 2,
      errorType: 'experimenter',
      errorCode: 'bundle-bad-id',
      experimenter: 0x4f4e4600,
      data: annotated('0414000800000002'),
    },
  );
  pins('an ERROR of Nicira', '04 01 0010 00000002 ffff 000f 00002320', {
    type: 'error',
    xid: 2,
    errorType: 'experimenter',
    errorCode: 'bad-conjunction',
    experimenter: 0x2320,
    data: annotated(''),
  });
});

describe('a message in a bundle', () => {
  const add = (xid?: number) =>
    ({
      type: 'onf-bundle-add-message',
      ...(xid === undefined ? {} : { xid }),
      bundleId: 1,
      message: { type: 'barrier-request' },
    }) as const;

  it('has the transaction id of the message around it', () => {
    expect(decode(encodeToBytes(add(0x1234)))).to.have.nested.property('message.xid', 0x1234);
  });
  it('has the transaction id that the call gives', () => {
    expect(decode(encodeToBytes(add(0x1234), 0x5678))).to.have.nested.property('message.xid', 0x5678);
  });
  it('cannot itself be in a bundle', () => {
    const inner = formatHex(encodeToBytes(add(1)));
    const outer = annotated(`04 04 0038 00000001 ${ONF} 000008fd 00000001 0000 0000 ${inner}`);
    expect(() => decode(outer)).to.throw(OpenflowError);
  });
});
