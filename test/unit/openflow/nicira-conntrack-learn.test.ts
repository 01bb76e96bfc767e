import { expect } from 'chai';
import { type Action, decode, encodeToBytes, OpenflowError } from '../../../controller/openflow/index.js';
import { pinsAction } from './extension-vector.js';
import { annotated } from './vector.js';

describe('openflow vectors of conntrack and learning', () => {
  pinsAction(
    'NXAST_CT with NXAST_NAT and other actions',
    `ffff 0068 00002320 0023 // CT, length 104 with its actions
     0001 00000000 0005      // COMMIT, zone 5
     03 000000 0000          // recirc_table 3, padding, no alg
     ffff 0020 00002320 0024 0000 0011 0033 // NAT: SRC, PROTO_RANDOM; ranges
     0a000001 0a000009 0064 00c8 00000000   // addresses, ports, padding
     ffff 0018 00002320 0007 001f 0001d604 0000000000000001 // REG_LOAD to NXM_NX_CT_MARK
     0019 0018 0001d810 00000000000000000000000000000002    // SET_FIELD of NXM_NX_CT_LABEL`,
    {
      type: 'nx-ct',
      flags: ['commit'],
      zone: 5,
      recircTable: 3,
      alg: 0,
      actions: [
        {
          type: 'nx-nat',
          flags: ['src', 'proto-random'],
          range: { ipv4Min: '10.0.0.1', ipv4Max: '10.0.0.9', protoMin: 100, protoMax: 200 },
        },
        { type: 'nx-reg-load', ofs: 0, nBits: 32, dst: 'ctMark', value: 1n },
        { type: 'set-field', field: { ctLabel: 2n } },
      ],
    },
  );
  pinsAction(
    'NXAST_CT with its zone in a register',
    `ffff 0018 00002320 0023
     0003 00010004 000f // COMMIT and FORCE; NXM_NX_REG0, ofs 0, n_bits 16
     ff 000000 0015     // no recirculation, FTP`,
    {
      type: 'nx-ct',
      flags: ['commit', 'force'],
      zone: { src: 'reg0', ofs: 0, nBits: 16 },
      recircTable: 0xff,
      alg: 21,
      actions: [],
    },
  );
  pinsAction(
    'NXAST_NAT to IPv6 addresses',
    `ffff 0030 00002320 0024 0000 000e 000c // DST, PERSISTENT, PROTO_HASH
     fd000000000000000000000000000001
     fd000000000000000000000000000002`,
    {
      type: 'nx-nat',
      flags: ['dst', 'persistent', 'proto-hash'],
      range: { ipv6Min: 'fd00::1', ipv6Max: 'fd00::2' },
    },
  );
  pinsAction('NXAST_NAT that only undoes', 'ffff 0010 00002320 0024 0000 0000 0000', {
    type: 'nx-nat',
    flags: [],
    range: {},
  });
  pinsAction(
    'NXAST_LEARN',
    `ffff 0058 00002320 0010 // LEARN, length 88
     0005 0006 0009          // idle_timeout, hard_timeout, priority
     0000000000000077        // cookie
     0003 02 00 0001 0002    // SEND_FLOW_REM, DELETE_LEARNED; table, padding; fin timeouts
     2010 0800 00000602 0000 // match 16 bits: 0x0800 in NXM_OF_ETH_TYPE
     0030 00000406 0000 00000206 0000 // match 48 bits: NXM_OF_ETH_SRC in NXM_OF_ETH_DST
     280c 0abc 00010004 0000 // load 12 bits: 0xabc to NXM_NX_REG0
     0804 00010204 0000 00010404 0004 // load 4 bits: NXM_NX_REG1 to NXM_NX_REG2 from bit 4
     1010 00000002 0000      // output to the port in NXM_OF_IN_PORT`,
    {
      type: 'nx-learn',
      idleTimeout: 5,
      hardTimeout: 6,
      priority: 9,
      cookie: 0x77n,
      flags: ['send-flow-rem', 'delete-learned'],
      tableId: 2,
      finIdleTimeout: 1,
      finHardTimeout: 2,
      specs: [
        { type: 'match-value', nBits: 16, value: annotated('0800'), dst: 'nxmEthType', dstOfs: 0 },
        { type: 'match-field', nBits: 48, src: 'nxmEthSrc', srcOfs: 0, dst: 'nxmEthDst', dstOfs: 0 },
        { type: 'load-value', nBits: 12, value: annotated('0abc'), dst: 'reg0', dstOfs: 0 },
        { type: 'load-field', nBits: 4, src: 'reg1', srcOfs: 0, dst: 'reg2', dstOfs: 4 },
        { type: 'output-field', nBits: 16, src: 'nxmInPort', srcOfs: 0 },
      ],
    },
  );
  pinsAction(
    'NXAST_LEARN2',
    `ffff 0038 00002320 002d 0000 0000 8000 0000000000000000
     0004 02 00 0000 0000    // WRITE_RESULT; table
     00000007 0003 0000 00010004 // limit; bit 3 of NXM_NX_REG0
     2010 0800 00000602 0000 0000`,
    {
      type: 'nx-learn2',
      idleTimeout: 0,
      hardTimeout: 0,
      priority: 0x8000,
      cookie: 0n,
      flags: ['write-result'],
      tableId: 2,
      finIdleTimeout: 0,
      finHardTimeout: 0,
      limit: 7,
      result: { dst: 'reg0', ofs: 3 },
      specs: [{ type: 'match-value', nBits: 16, value: annotated('0800'), dst: 'nxmEthType', dstOfs: 0 }],
    },
  );
});

describe('openflow refuses conntrack and learning actions that make no sense', () => {
  const refuses = (title: string, action: unknown, code: string, field: string): void => {
    it(title, () => {
      const message = { type: 'packet-out', actions: [action as Action] } as const;
      const refusal = expect(() => encodeToBytes(message)).to.throw(OpenflowError);
      refusal.with.property('code', code);
      refusal.with.property('field', `packet-out.actions[0].${field}`);
    });
  };
  const nat = (range: object) => ({ type: 'nx-nat', range });
  const learn = (...specs: object[]) => ({ type: 'nx-learn', specs });
  const match = { type: 'match-value', nBits: 16, value: '0800', dst: 'nxmEthType' };

  refuses('a zone of 17 bits', { type: 'nx-ct', zone: 0x10000 }, 'bad-value', 'zone');
  refuses('a zone that is text', { type: 'nx-ct', zone: 'reg0' }, 'bad-value', 'zone');
  refuses('a zone in nothing', { type: 'nx-ct', zone: { nBits: 16 } }, 'missing-field', 'zone.src');
  refuses('a zone of no bits', { type: 'nx-ct', zone: { src: 'reg0', nBits: 0 } }, 'bad-value', 'zone.nBits');
  refuses(
    'a zone in an unknown field',
    { type: 'nx-ct', zone: { src: 'r0', nBits: 1 } },
    'bad-value',
    'zone.src',
  );
  refuses('ports without an address', nat({ protoMin: 1 }), 'missing-field', 'range.ipv4Min');
  refuses('an end without a start', nat({ ipv4Max: '10.0.0.1' }), 'missing-field', 'range.ipv4Min');
  refuses('both families', nat({ ipv4Min: '10.0.0.1', ipv6Min: '::1' }), 'bad-value', 'range.ipv6Min');
  refuses('no address at all', nat({ ipv4Min: 'ten' }), 'bad-value', 'range.ipv4Min');
  refuses('a range key with another name', nat({ min: 1 }), 'unknown-field', 'range.min');
  refuses('a value too short for its bits', learn({ ...match, value: '08' }), 'bad-length', 'specs[0].value');
  refuses('an unknown kind of learning', learn(match, { ...match, type: 'x' }), 'bad-type', 'specs[1].type');
  refuses('learning without bits', learn({ ...match, nBits: 0 }), 'bad-value', 'specs[0].nBits');
  refuses(
    'learning into a field of an experimenter',
    learn({ ...match, dst: 'tcpFlags' }),
    'bad-value',
    'specs[0].dst',
  );
  refuses(
    'a result without its flag',
    { type: 'nx-learn2', specs: [], result: { dst: 'reg0', ofs: 0 } },
    'bad-value',
    'result',
  );
  refuses(
    'a flag without its result',
    { type: 'nx-learn2', specs: [], flags: ['write-result'] },
    'bad-value',
    'result',
  );

  it('actions within actions, deeper than 16', () => {
    let action: Action = { type: 'nx-exit' };
    for (let depth = 0; depth < 16; depth++) action = { type: 'nx-clone', actions: [action] };
    expect(decode(encodeToBytes({ type: 'packet-out', actions: [action] })).type).to.equal('packet-out');
    expect(() => encodeToBytes({ type: 'packet-out', actions: [{ type: 'nx-clone', actions: [action] }] }))
      .to.throw(OpenflowError)
      .with.property('code', 'bad-value');
  });

  it('received actions within actions, as deep as a message can hold', () => {
    const depth = 4000;
    const bytes = new Uint8Array(24 + 16 * depth);
    const view = new DataView(bytes.buffer);
    view.setUint32(0, 0x040d0000 + bytes.length);
    view.setUint16(16, 16 * depth);
    for (let pos = 24; pos < bytes.length; pos += 16) {
      view.setUint32(pos, 0xffff0000 + bytes.length - pos);
      view.setUint32(pos + 4, 0x2320);
      view.setUint16(pos + 8, 42); // CLONE
    }
    expect(() => decode(bytes))
      .to.throw(OpenflowError)
      .with.property('code', 'bad-value');
  });
});
