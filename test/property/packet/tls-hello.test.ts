import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { type TlsClientHello, TlsError, TlsHelloReader } from '../../../controller/packet/index.js';

const FOLDER = new URL('../../../../test/property/packet/clienthello/', import.meta.url);
const SAMPLES = readdirSync(FOLDER).map(name => ({ name, bytes: readFileSync(new URL(name, FOLDER)) }));
const NAME = 'abc123.popsicls.test';

/** Reads chunks one after the other to the end of the stream. */
function readAll(chunks: readonly Uint8Array[]): TlsClientHello {
  const reader = new TlsHelloReader();
  for (const chunk of chunks) reader.push(chunk);
  return reader.end();
}

/** The same handshake message over records of these lengths; the last takes the rest. */
function fragmented(bytes: Uint8Array, lengths: readonly number[]): Uint8Array {
  const message = bytes.subarray(5);
  const parts: number[] = [];
  let at = 0;
  for (const length of [...lengths, 0x4000]) {
    if (at >= message.length) break;
    const part = message.subarray(at, at + length);
    parts.push(22, 3, 1, part.length >>> 8, part.length & 0xff, ...part);
    at += length;
  }
  return Uint8Array.from(parts);
}

/** A ClientHello with these extensions, as one record. */
function hello(extensions: readonly (readonly [type: number, body: readonly number[]])[]): Uint8Array {
  const u16 = (value: number) => [value >>> 8, value & 0xff];
  const list = extensions.flatMap(([type, body]) => [...u16(type), ...u16(body.length), ...body]);
  const body = [3, 3, ...new Array(32).fill(7), 0, ...u16(2), 0x13, 0x01, 1, 0, ...u16(list.length), ...list];
  return Uint8Array.from([22, 3, 1, ...u16(body.length + 4), 1, 0, ...u16(body.length), ...body]);
}

const nameExtension = (name: string): [number, number[]] => {
  const bytes = [...Buffer.from(name)];
  return [
    0,
    [0, bytes.length + 3, 0, 0, bytes.length, ...bytes].map((byte, index) =>
      index === 1 ? byte & 0xff : byte,
    ),
  ];
};

const codeOf = (run: () => unknown): string | undefined => {
  try {
    run();
  } catch (error) {
    if (error instanceof TlsError) return error.code;
    throw error;
  }
  return undefined;
};

const seenIn = ({ read, hello }: TlsHelloReader) => {
  const { serverName, serverNameOffset, hasEncryptedClientHello, hasPreSharedKey } = hello;
  const { offersTls13, extensionCount, length, isComplete } = hello;
  return {
    ...{ read, serverName, serverNameOffset, hasEncryptedClientHello, hasPreSharedKey },
    ...{ offersTls13, extensionCount, length, isComplete },
  };
};

describe('the reader of ClientHellos', () => {
  it('has samples of every client', () => {
    expect(SAMPLES.length).to.be.at.least(9);
  });

  for (const { name, bytes } of SAMPLES) {
    it(`finds the server name in ${name}, whole and split at every byte`, () => {
      expect(readAll([bytes]).serverName).to.equal(NAME);
      for (let cut = 0; cut <= bytes.length; cut++) {
        expect(readAll([bytes.subarray(0, cut), bytes.subarray(cut)]).serverName).to.equal(NAME);
      }
      expect(readAll([...bytes].map(byte => Uint8Array.of(byte))).serverName).to.equal(NAME);
    });

    it(`knows ${name} as cut short at every byte, and names nothing but the name before that`, () => {
      for (let cut = 0; cut < bytes.length; cut++) {
        const reader = new TlsHelloReader();
        reader.push(bytes, 0, cut);
        expect(reader.hello.serverName).to.be.oneOf([undefined, NAME]);
        expect(codeOf(() => reader.end())).to.equal('truncated');
      }
    });
  }

  it('finds it over records of any lengths, in pieces of any lengths, and with anything behind it', () => {
    const sample = fc.constantFrom(...SAMPLES.map(({ bytes }) => bytes));
    const lengths = fc.array(fc.integer({ min: 1, max: 600 }), { maxLength: 40 });
    fc.assert(
      fc.property(
        sample,
        lengths,
        lengths,
        fc.uint8Array({ maxLength: 40 }),
        (bytes, records, cuts, rest) => {
          const stream = Buffer.concat([fragmented(bytes, records), rest]);
          const chunks: Uint8Array[] = [];
          let at = 0;
          for (const cut of cuts) {
            chunks.push(stream.subarray(at, at + cut));
            at += cut;
          }
          chunks.push(stream.subarray(at));
          expect(readAll(chunks).serverName).to.equal(NAME);
        },
      ),
    );
  });

  it('reads another stream as if it were its first, wherever the one before was left or failed', () => {
    const reader = new TlsHelloReader();
    for (const { bytes } of SAMPLES) {
      for (const left of [bytes.subarray(0, 3), bytes.subarray(0, 60), bytes.subarray(5), bytes]) {
        reader.reset();
        try {
          reader.push(left);
        } catch (error) {
          if (!(error instanceof TlsError)) throw error;
        }
        for (const sample of SAMPLES) {
          reader.reset();
          reader.push(sample.bytes);
          const anew = new TlsHelloReader();
          anew.push(sample.bytes);
          expect(seenIn(reader)).to.deep.equal(seenIn(anew));
        }
      }
    }
  });

  it('throws nothing but its typed error, whatever it reads, and the same however it is cut', () => {
    const damaged = fc
      .tuple(
        fc.constantFrom(...SAMPLES.map(({ bytes }) => bytes)),
        fc.array(fc.tuple(fc.nat({ max: 2800 }), fc.nat({ max: 255 })), { minLength: 1, maxLength: 6 }),
      )
      .map(([bytes, changes]) => {
        const copy = Uint8Array.from(bytes);
        for (const [at, value] of changes) if (at < copy.length) copy[at] = value;
        return copy;
      });
    const any = fc.oneof(damaged, fc.uint8Array({ maxLength: 600 }));
    fc.assert(
      fc.property(any, fc.nat({ max: 2800 }), (bytes, cut) => {
        const outcome = (chunks: Uint8Array[]) => {
          let name: string | undefined;
          const code = codeOf(() => {
            name = readAll(chunks).serverName;
          });
          return `${code} ${name}`;
        };
        expect(outcome([bytes.subarray(0, cut), bytes.subarray(cut)])).to.equal(outcome([bytes]));
      }),
      { numRuns: 2000 },
    );
  });

  it('takes names in any case, and gives them in lower case', () => {
    expect(readAll([hello([nameExtension('ABC.Popsicls.TEST')])]).serverName).to.equal('abc.popsicls.test');
  });

  it('knows a hello without a name, and without extensions', () => {
    expect(readAll([hello([[0x0a0a, []]])]).serverName).to.equal(undefined);
    expect(readAll([hello([])]).serverName).to.equal(undefined);
  });

  it('recognises an encrypted ClientHello by its outer form, and refuses the inner one', () => {
    const outer = hello([[0xfe0d, [0, 0, 1, 0, 1, 5, 0, 0, 0, 0]], nameExtension('public.example')]);
    expect(readAll([outer])).to.include({ hasEncryptedClientHello: true, serverName: 'public.example' });
    expect(codeOf(() => readAll([hello([[0xfe0d, [1]]])]))).to.equal('bad-value');
  });

  it('refuses what no client may send, each with its code', () => {
    const name = nameExtension('a.example');
    const cases: [string, Uint8Array][] = [
      ['duplicate-extension', hello([name, name])],
      ['bad-server-name', hello([nameExtension('')])],
      ['bad-server-name', hello([nameExtension('a..b')])],
      ['bad-server-name', hello([nameExtension('a.example.')])],
      ['bad-server-name', hello([nameExtension('10.0.0.1')])],
      ['bad-server-name', hello([nameExtension('a b')])],
      ['bad-length', hello([[0, [0, 9, 0, 0, 1, 65]]])],
      ['bad-value', hello([[41, []], name])],
      ['not-tls', Uint8Array.from(Buffer.from('GET / HTTP/1.1\r\n\r\n'))],
      ['not-tls', Uint8Array.of(0x80, 0x2e, 1, 3, 1)],
      ['not-tls', Uint8Array.of(22, 2, 0)],
      ['bad-record-length', Uint8Array.of(22, 3, 1, 0, 0)],
      ['bad-record-length', Uint8Array.of(22, 3, 1, 0x40, 1)],
      ['not-client-hello', Uint8Array.of(22, 3, 1, 0, 4, 2, 0, 0, 0)],
      ['too-long', Uint8Array.of(22, 3, 1, 0, 4, 1, 0xff, 0, 0)],
      ['unexpected-record', Uint8Array.of(22, 3, 1, 0, 1, 1, 21, 3, 1, 0, 2, 2, 40)],
      ['truncated', new Uint8Array(0)],
    ];
    for (const [code, bytes] of cases)
      expect(
        codeOf(() => readAll([bytes])),
        code,
      ).to.equal(code);
  });
});
