import { expect } from 'chai';
import {
  decode,
  encode,
  encodeToBytes,
  formatHex,
  type Match,
  type Message,
  messageLength,
  OpenflowError,
  parseHex,
  toJson,
  Writer,
} from '../../../controller/openflow/index.js';

function refusal(run: () => unknown): OpenflowError {
  try {
    run();
  } catch (error) {
    expect(error).to.be.instanceOf(OpenflowError);
    return error as OpenflowError;
  }
  throw new Error('was accepted');
}

const refuse = (message: unknown) => refusal(() => encodeToBytes(message as Message));

describe('openflow codec', () => {
  it('appends messages to one writer and overrides the xid', () => {
    const writer = new Writer(4);
    encode(writer, { type: 'barrier-request', xid: 1 });
    encode(writer, { type: 'barrier-request', xid: 1 }, 2);
    expect(formatHex(writer.bytes())).to.equal('04140008000000010414000800000002');
  });

  it('leaves the writer as it was when it refuses a message', () => {
    const writer = new Writer();
    encode(writer, { type: 'barrier-request' });
    const wrong: Message = {
      type: 'flow-mod',
      instructions: [{ type: 'apply-actions', actions: [{ type: 'output', port: -1 }] }],
    };
    expect(() => encode(writer, wrong)).to.throw(OpenflowError);
    expect(writer.pos).to.equal(8);
  });

  it('names the field in its path', () => {
    const { code, field } = refuse({
      type: 'flow-mod',
      match: { ethType: 0x0800, ipProto: 17 },
      instructions: [
        {
          type: 'apply-actions',
          actions: [
            { type: 'output', port: 1 },
            { type: 'set-field', field: { tcpDst: 80 } },
          ],
        },
      ],
    });
    expect(code).to.equal('bad-prerequisite');
    expect(field).to.equal('flow-mod.instructions[0].actions[1].field.tcpDst');
  });

  it('refuses what is misspelt, missing, of a wrong type or out of range', () => {
    const path = (message: unknown) => {
      const { code, field } = refuse(message);
      return `${code} ${field}`;
    };
    expect(path({ type: 'flow-mod', macth: {} })).to.equal('unknown-field flow-mod.macth');
    expect(path({ type: 'flow-mod', match: { inPorts: 1 } })).to.equal(
      'unknown-field flow-mod.match.inPorts',
    );
    expect(path({ type: 'flow-mod', priority: 65536 })).to.equal('bad-value flow-mod.priority');
    expect(path({ type: 'flow-mod', priority: '5' })).to.equal('bad-value flow-mod.priority');
    expect(path({ type: 'flow-mod', cookie: -1n })).to.equal('bad-value flow-mod.cookie');
    expect(path({ type: 'flow-mod', command: 'ad' })).to.equal('bad-value flow-mod.command');
    expect(path({ type: 'flow-mod', flags: ['more'] })).to.equal('bad-value flow-mod.flags');
    expect(path({ type: 'group-mod' })).to.equal('missing-field group-mod.groupId');
    expect(path({ type: 'flow-mod', match: { ethType: { value: 1, mask: 1 } } })).to.equal(
      'bad-mask flow-mod.match.ethType',
    );
    expect(path({ type: 'flow-mod', match: { metadata: { value: 3, mask: 1 } } })).to.equal(
      'bad-mask flow-mod.match.metadata',
    );
    expect(path({ type: 'no-such' })).to.equal('bad-type no-such.type');
    expect(path(null)).to.equal('bad-value message');
    expect(path({ type: 'flow-mod', instructions: [{ type: 'meter', meterId: 5n }] })).to.equal(
      'bad-value flow-mod.instructions[0].meterId',
    );
    expect(path({ type: 'echo-request', data: new Uint8Array(65528) })).to.equal('too-long echo-request');
  });

  it('keeps the order of match keys where prerequisites allow it, else takes the canonical one', () => {
    const order = (match: Match) => {
      const decoded = decode(encodeToBytes({ type: 'flow-mod', match }));
      return Object.keys(decoded.type === 'flow-mod' ? decoded.match : {});
    };
    expect(order({ ethType: 0x0800, inPort: 1 })).to.deep.equal(['ethType', 'inPort']);
    expect(order({ tcpDst: 80, ipProto: 6, ethType: 0x0800 })).to.deep.equal([
      'ethType',
      'ipProto',
      'tcpDst',
    ]);
  });

  it('takes its own JSON form as it stands', () => {
    const message: Message = {
      type: 'packet-in',
      totalLen: 3,
      reason: 'action',
      cookie: 0xc10a_0001_0000_0002n,
      match: { inPort: 3, tunnelId: 7n, '0x80015a02': new Uint8Array([1, 2]) },
      data: new Uint8Array([1, 2, 3]),
    };
    const bytes = encodeToBytes(message);
    const json = JSON.parse(JSON.stringify(toJson(decode(bytes))));
    expect(json.cookie).to.equal('0xc10a000100000002');
    expect(encodeToBytes(json)).to.deep.equal(bytes);
  });

  it('tells truncated input, a wrong version and a wrong length apart', () => {
    const code = (hex: string) => refusal(() => decode(parseHex(hex)!)).code;
    expect(code('04140008000000')).to.equal('truncated');
    expect(code('0414000900000001')).to.equal('truncated');
    expect(code('0514000800000001')).to.equal('bad-version');
    expect(code('0414000900000001ff')).to.equal('bad-length');
    expect(code('04ff000800000001')).to.equal('bad-type');
    expect(refusal(() => messageLength(parseHex('0414000700000001')!)).code).to.equal('bad-length');
  });

  it('keeps the header version of hello and error', () => {
    for (const hex of ['0100000800000001', '0601000c0000000100000000']) {
      expect(formatHex(encodeToBytes(decode(parseHex(hex)!)))).to.equal(hex);
    }
  });
});
