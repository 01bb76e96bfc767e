import { expect } from 'chai';
import fc from 'fast-check';
import { encodeToBytes, type Message, Port } from '../../../controller/openflow/index.js';
import { captured } from './captured.js';

const MESSAGES: readonly Message[] = [
  { type: 'hello', xid: 1, elements: [{ type: 'version-bitmap', bitmaps: [0x12] }] },
  { type: 'echo-request', xid: 2, data: '0102ff' },
  {
    type: 'features-reply',
    xid: 3,
    datapathId: 0xfedc_ba98_7654_3210n,
    nTables: 254,
    capabilities: ['flow-stats'],
  },
  {
    type: 'flow-mod',
    xid: 4,
    cookie: '0xffffffffffffffff',
    priority: 10,
    match: {
      inPort: 1,
      ethDst: { value: '01:00:00:00:00:00', mask: '01:00:00:00:00:00' },
      ethType: 0x86dd,
      ipv6Src: '2001:db8::1',
    },
    instructions: [
      { type: 'apply-actions', actions: [{ type: 'output', port: Port.CONTROLLER, maxLen: 0xffff }] },
      { type: 'goto-table', tableId: 3 },
    ],
  },
  {
    type: 'packet-out',
    xid: 5,
    actions: [{ type: 'output', port: Port.FLOOD }],
    data: new Uint8Array(1500).fill(7),
  },
  { type: 'error', xid: 6, errorType: 'bad-request', errorCode: 'bad-type', data: new Uint8Array(64) },
  { type: 'multipart-request', xid: 7, body: { type: 'flow', match: { ethType: 0x806 } } },
  { type: 'barrier-request', xid: 0xffff_ffff },
  { type: 'experimenter', xid: 9, experimenter: 0x1234_5678, expType: 3, data: '00ff' },
];
const STREAM = Buffer.concat(MESSAGES.map(message => encodeToBytes(message)));
const BAD_VERSION = Buffer.from('0902000800000001', 'hex');
const BAD_TYPE = Buffer.from('04c8000c00000001deadbeef', 'hex');

function pieces(bytes: Uint8Array, size: number): Uint8Array[] {
  const chunks = [];
  for (let at = 0; at < bytes.length; at += size) chunks.push(bytes.subarray(at, at + size));
  return chunks;
}

function lines(stdout: Buffer): Record<string, unknown>[] {
  const text = stdout.toString();
  expect(text === '' || text.endsWith('\n')).to.equal(true);
  return text
    .split('\n')
    .slice(0, -1)
    .map(line => JSON.parse(line) as Record<string, unknown>);
}

describe('openflow decode and encode', () => {
  it('give back the bytes of a stream, whatever the chunks are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 3000 }),
        fc.integer({ min: 1, max: 3000 }),
        async (first, second) => {
          const decoded = await captured(['openflow', 'decode'], pieces(STREAM, first));
          expect(decoded).to.deep.include({ code: 0, stderr: '' });
          expect(lines(decoded.stdout).map(line => line.type)).to.deep.equal(
            MESSAGES.map(message => message.type),
          );
          const encoded = await captured(['openflow', 'encode'], pieces(decoded.stdout, second));
          expect(encoded).to.deep.include({ code: 0, stderr: '' });
          expect(encoded.stdout.equals(STREAM)).to.equal(true);
        },
      ),
      { numRuns: 25 },
    );
  });

  it('read and write hexadecimal text alike', async () => {
    const text = `# a recorded channel\n${STREAM.toString('hex').replace(/(.{32})/g, '$1 # row\n')}\n`;
    const decoded = await captured(['openflow', 'decode', '--hex'], [text]);
    expect(decoded.code).to.equal(0);
    expect(decoded.stdout.equals((await captured(['openflow', 'decode'], [STREAM])).stdout)).to.equal(true);
    const encoded = await captured(['openflow', 'encode', '--hex'], [decoded.stdout]);
    expect(encoded.stdout.toString().replaceAll('\n', '')).to.equal(STREAM.toString('hex'));
    expect(encoded.stdout.toString().split('\n')).to.have.length(MESSAGES.length + 1);
  });

  it('put an error with its place where a message is malformed, and go on with the next one', async () => {
    const input = Buffer.concat([STREAM, BAD_VERSION, BAD_TYPE, STREAM]);
    const { code, stdout, stderr } = await captured(['openflow', 'decode'], pieces(input, 100));
    expect(code).to.equal(1);
    expect(stderr).to.equal('');
    const result = lines(stdout);
    expect(result).to.have.length(2 * MESSAGES.length + 2);
    const faults = result
      .slice(MESSAGES.length, MESSAGES.length + 2)
      .map(line => line.error as Record<string, unknown>);
    expect(faults.map(fault => fault.code)).to.deep.equal(['bad-version', 'bad-type']);
    expect(faults.map(fault => fault.offset)).to.deep.equal([
      STREAM.length,
      STREAM.length + BAD_VERSION.length,
    ]);
    for (const fault of faults) expect(Object.keys(fault)).to.deep.equal(['code', 'message', 'offset']);
    expect(result.at(-1)).to.deep.equal(result[MESSAGES.length - 1]);
  });

  it('stop where the length of a header cannot be one', async () => {
    const { code, stdout } = await captured(
      ['openflow', 'decode'],
      [STREAM, Buffer.from('0400000700000001', 'hex'), STREAM],
    );
    expect(code).to.equal(1);
    const result = lines(stdout);
    expect(result).to.have.length(MESSAGES.length + 1);
    expect(result.at(-1)!.error).to.include({ code: 'bad-length', offset: STREAM.length });
  });

  it('report a stream that ends in the middle of a message', async () => {
    const { code, stdout } = await captured(['openflow', 'decode'], [STREAM, STREAM.subarray(0, 5)]);
    expect(code).to.equal(1);
    expect(lines(stdout).at(-1)!.error).to.include({ code: 'truncated', offset: STREAM.length });
  });

  it('report what is no hexadecimal digit, after the messages before it', async () => {
    const { code, stdout } = await captured(['openflow', 'decode', '--hex'], ['0400000800000001\n0g']);
    expect(code).to.equal(1);
    expect(lines(stdout)).to.have.length(2);
    expect(lines(stdout)[1]!.error).to.deep.equal({
      code: 'bad-hex',
      message: 'line 2: `g` is no hexadecimal digit',
      offset: 8,
    });
  });

  it('never end by anything but lines, whatever the bytes are', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), fc.boolean(), async (bytes, hex) => {
        const { code, stdout, stderr } = await captured(
          ['openflow', 'decode', ...(hex ? ['--hex'] : [])],
          [bytes],
        );
        expect(code).to.be.oneOf([0, 1]);
        expect(stderr).to.equal('');
        lines(stdout);
      }),
      { numRuns: 200 },
    );
  });

  it('name line and field of what cannot be encoded, and encode the rest', async () => {
    const input = [
      '{"type":"echo-request","xid":1}',
      '',
      'not JSON',
      '[]',
      '{"type":"flow-mod","match":{"tcpDst":80}}',
      '{"error":{"code":"truncated","message":"…","offset":3}}',
      '{"type":"packet-out","inPort":-1}',
      '{"type":"barrier-request","xid":2}',
    ].join('\n');
    const { code, stdout, stderr } = await captured(['openflow', 'encode'], [input]);
    expect(code).to.equal(1);
    expect(stdout.toString('hex')).to.equal('04020008000000010414000800000002');
    const reports = stderr.split('\n').slice(0, -1);
    expect(reports.map(report => /^line (\d+): /.exec(report)?.[1])).to.deep.equal(['3', '4', '5', '6', '7']);
    expect(reports[2]).to.match(/^line 5: flow-mod\.match\.tcpDst: needs .*\[bad-prerequisite\]$/);
    expect(reports[4]).to.match(/^line 7: packet-out\.inPort: /);
  });

  it('report as JSON where asked', async () => {
    const { stderr } = await captured(
      ['openflow', 'encode', '--json'],
      ['{"type":"flow-mod","match":{"tcpDst":80}}'],
    );
    expect(JSON.parse(stderr).error).to.include({
      code: 'bad-prerequisite',
      line: 1,
      field: 'flow-mod.match.tcpDst',
    });
  });
});
