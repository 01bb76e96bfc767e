import { expect } from 'chai';
import { decodeFieldSection, encodeFieldSection } from '../../../../apps/mimiq/client/http3/field-section.js';
import { FrameReader, FrameType, frame } from '../../../../apps/mimiq/client/http3/frame-reader.js';
import { Http3Code, Http3Error } from '../../../../apps/mimiq/client/http3/http3-error.js';
import { decodeHuffman } from '../../../../apps/mimiq/client/http3/huffman.js';
import { responseHead } from '../../../../apps/mimiq/client/http3/message.js';
import { Http3Session, type QuicStreams } from '../../../../apps/mimiq/client/http3/session.js';
import { STATIC_TABLE } from '../../../../apps/mimiq/client/http3/static-table.js';
import { concat, readVarint, varint } from '../../../../apps/mimiq/client/http3/varint.js';

const bytes = (hex: string) => new Uint8Array(Buffer.from(hex.replaceAll(' ', ''), 'hex'));
const text = (value: Uint8Array) => Buffer.from(value).toString('latin1');

function codeOf(run: () => unknown): number | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof Http3Error) return error.http3Code;
    throw error;
  }
  return undefined;
}

describe('HTTP/3 of the MIMIQ client', () => {
  it('writes and reads the variable-length integers of RFC 9000 appendix A.1', () => {
    for (const [hex, value] of [
      ['25', 37],
      ['7bbd', 15_293],
      ['9d7f3e7d', 494_878_333],
    ] as const) {
      expect(Buffer.from(varint(value)).toString('hex')).to.equal(hex);
      expect(readVarint(bytes(hex), 0)).to.equal(value);
    }
    expect(readVarint(bytes('c2197c5eff14e88c'), 0)).to.be.NaN; // 151288809941952652, beyond a number
  });

  it('decodes the Huffman-coded strings of RFC 7541 appendix C', () => {
    expect(text(decodeHuffman(bytes('f1e3 c2e5 f23a 6ba0 ab90 f4ff')))).to.equal('www.example.com');
    expect(text(decodeHuffman(bytes('d07a be94 1054 d444 a820 0595 040b 8166 e082 a62d 1bff')))).to.equal(
      'Mon, 21 Oct 2013 20:13:21 GMT',
    );
    expect(text(decodeHuffman(bytes('9d29 ad17 1863 c78f 0b97 c8e9 ae82 ae43 d3')))).to.equal(
      'https://www.example.com',
    );
  });

  it('refuses Huffman padding that is not the beginning of EOS', () => {
    const failed = Http3Code.QPACK_DECOMPRESSION_FAILED;
    expect(codeOf(() => decodeHuffman(bytes('f1e3c2e5f23a6ba0ab90f400')))).to.equal(failed);
    expect(codeOf(() => decodeHuffman(bytes('ffffffff')))).to.equal(failed);
  });

  it('has the 99 entries of the static table where RFC 9204 appendix A has them', () => {
    expect(STATIC_TABLE).to.have.length(99);
    expect(STATIC_TABLE[0]).to.deep.equal([':authority', '']);
    expect(STATIC_TABLE[25]).to.deep.equal([':status', '200']);
    expect(STATIC_TABLE[52]).to.deep.equal(['content-type', 'text/html; charset=utf-8']);
    expect(STATIC_TABLE[71]).to.deep.equal([':status', '500']);
    expect(STATIC_TABLE[98]).to.deep.equal(['x-frame-options', 'sameorigin']);
  });

  it('writes a field section as RFC 9204 appendix B.1 does', () => {
    const written = encodeFieldSection([[':path', '/index.html']]);
    expect(Buffer.from(written).toString('hex')).to.equal('0000510b2f696e6465782e68746d6c');
    expect(decodeFieldSection(written)).to.deep.equal([[':path', '/index.html']]);
  });

  it('refuses a reference to the dynamic table, and a section that ends too early', () => {
    const failed = Http3Code.QPACK_DECOMPRESSION_FAILED;
    for (const hex of ['0200', '000080', '000040', '000010', '0000510b2f', '00', '0000ff80808080808080']) {
      expect(
        codeOf(() => decodeFieldSection(bytes(hex))),
        hex,
      ).to.equal(failed);
    }
  });

  it('skips frames that it does not know and refuses those of HTTP/2 and pushes', () => {
    const seen: string[] = [];
    const reader = () =>
      new FrameReader({ frame: type => seen.push(`frame ${type}`), data: part => seen.push(text(part)) });
    const whole = concat(
      frame(0x21, bytes('aabb')),
      frame(FrameType.DATA, Buffer.from('body')),
      frame(0x40, bytes('')),
      frame(FrameType.HEADERS, bytes('0000')),
    );
    const inPieces = reader();
    for (const byte of whole) inPieces.push(Uint8Array.of(byte));
    expect(seen.join(' ')).to.equal('b o d y frame 1');
    expect(inPieces.atBoundary).to.equal(true);
    expect(codeOf(() => reader().push(frame(6, bytes(''))))).to.equal(Http3Code.FRAME_UNEXPECTED);
    expect(codeOf(() => reader().push(frame(FrameType.PUSH_PROMISE, bytes('00'))))).to.equal(
      Http3Code.ID_ERROR,
    );
    expect(codeOf(() => reader().push(concat(varint(1), varint(1 << 20))))).to.equal(
      Http3Code.EXCESSIVE_LOAD,
    );
  });

  it('refuses a response with a bad status, an upper-case name or a pseudo-header that is not first', () => {
    expect(responseHead([[':status', '200']])).to.deep.equal({ status: 200, headers: [] });
    for (const fields of [
      [],
      [[':status', '20']],
      [[':status', '101']],
      [
        [':status', '200'],
        [':status', '200'],
      ],
      [
        ['a', 'b'],
        [':status', '200'],
      ],
      [
        [':status', '200'],
        ['Server', 'x'],
      ],
      [
        [':status', '200'],
        ['a', 'b\r\nc'],
      ],
    ] as [string, string][][]) {
      expect(
        codeOf(() => responseHead(fields)),
        JSON.stringify(fields),
      ).to.equal(Http3Code.MESSAGE_ERROR);
    }
  });
});

/** A QUIC connection in which the test says what arrives. */
class Scripted implements QuicStreams {
  arriving = new Map<number, { bytes: Uint8Array; end: boolean }[]>();
  aborted: Http3Error | undefined;
  streamsLeft = () => 10;
  write = (_id: number, part: Uint8Array) => part.length;
  read = (id: number) => this.arriving.get(id)?.shift();
  cancel = () => undefined;
  flush = () => undefined;
  abort(error: Http3Error): void {
    this.aborted = error;
  }
}

const GET = { method: 'GET', scheme: 'https', authority: 'a.example', path: '/', headers: [] };

async function answer(...frames: Uint8Array[]) {
  const quic = new Scripted();
  const session = new Http3Session(quic);
  const response = session.request(GET);
  quic.arriving.set(0, [{ bytes: concat(...frames), end: true }]);
  session.readable(0);
  return { quic, response };
}

async function bodyOf(response: Promise<{ body: AsyncIterable<Uint8Array> }>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const part of (await response).body) parts.push(part);
  return text(concat(...parts));
}

describe('a response of the MIMIQ client', () => {
  const head = (...fields: [string, string][]) =>
    frame(FrameType.HEADERS, encodeFieldSection([[':status', '200'], ...fields]));

  it('is handed over with its body, after informational ones', async () => {
    const early = frame(FrameType.HEADERS, encodeFieldSection([[':status', '103']]));
    const { response } = await answer(early, head(), frame(FrameType.DATA, Buffer.from('hello')));
    expect((await response).status).to.equal(200);
    expect(await bodyOf(response)).to.equal('hello');
  });

  it('that is shorter than announced fails, and is never taken for whole', async () => {
    const { response } = await answer(
      head(['content-length', '6']),
      frame(FrameType.DATA, Buffer.from('hello')),
    );
    const failure = await bodyOf(response).catch((error: Http3Error) => error);
    expect(failure).to.be.instanceOf(Http3Error).with.property('code', 'response-malformed');
  });

  it('whose stream ends within a frame closes the connection', async () => {
    const { quic } = await answer(head(), frame(FrameType.DATA, Buffer.from('hello')).subarray(0, 4));
    expect(quic.aborted?.http3Code).to.equal(Http3Code.FRAME_ERROR);
  });

  it('is lost with its connection, with the reason', async () => {
    const session = new Http3Session(new Scripted());
    const response = session.request(GET);
    session.close(new Error('gone'));
    expect(await response.catch((error: Error) => error.message)).to.equal('gone');
  });

  it('is not endangered by what means nothing: its frames are never cut off, however little QUIC takes at once', () => {
    const quic = new Scripted();
    const written: Uint8Array[] = [];
    let room = 5;
    quic.write = (id, part) => {
      const taken = id === 2 ? Math.min(room, part.length) : part.length;
      if (id === 2) written.push(part.slice(0, taken));
      room -= taken;
      return taken === 0 ? -1 : taken;
    };
    const session = new Http3Session(quic);
    for (const more of [0, 300, 0, 700, 1, 5000]) {
      room += more;
      session.pad();
      session.decoy();
    }
    room = 10_000;
    session.writable(2);
    const types: number[] = [];
    const reader = new FrameReader({ frame: type => types.push(type), data: () => types.push(0) });
    reader.push(concat(...written).subarray(1));
    expect(types).to.deep.equal([FrameType.SETTINGS]);
    expect(reader.atBoundary).to.equal(true);
    expect(concat(...written).length).to.be.above(2000);
  });

  it('closes the connection when the control stream does not begin with settings', () => {
    const quic = new Scripted();
    const session = new Http3Session(quic);
    quic.arriving.set(3, [{ bytes: concat(varint(0), frame(FrameType.GOAWAY, varint(0))), end: false }]);
    session.readable(3);
    expect(quic.aborted?.http3Code).to.equal(Http3Code.MISSING_SETTINGS);
  });
});
