import { expect } from 'chai';
import fc from 'fast-check';
import { decodeFieldSection, encodeFieldSection } from '../../../apps/mimiq/client/http3/field-section.js';
import { FrameReader, FrameType, frame } from '../../../apps/mimiq/client/http3/frame-reader.js';
import { Http3Error } from '../../../apps/mimiq/client/http3/http3-error.js';
import { decodeHuffman } from '../../../apps/mimiq/client/http3/huffman.js';
import { PeerStreams } from '../../../apps/mimiq/client/http3/peer-streams.js';
import { concat } from '../../../apps/mimiq/client/http3/varint.js';

const latin1 = fc.uint8Array({ maxLength: 40 }).map(bytes => Buffer.from(bytes).toString('latin1'));

/** Anything but Http3Error is a defect. */
function onlyHttp3Error(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    expect(error).to.be.instanceOf(Http3Error);
  }
}

describe('HTTP/3 of the MIMIQ client, for any input', () => {
  it('reads back every field section that it writes', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(latin1, latin1), { maxLength: 20 }), fields => {
        expect(decodeFieldSection(encodeFieldSection(fields))).to.deep.equal(fields);
      }),
    );
  });

  it('refuses what is malformed with a typed error and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes => {
        onlyHttp3Error(() => decodeFieldSection(bytes));
        onlyHttp3Error(() => decodeHuffman(bytes));
        onlyHttp3Error(() => new FrameReader({ frame: () => undefined, data: () => undefined }).push(bytes));
        const peer = new PeerStreams(() => undefined);
        onlyHttp3Error(() => {
          for (const byte of bytes) peer.push(3, Uint8Array.of(byte));
        });
      }),
    );
  });

  it('cuts a stream into the same frames, in whatever pieces it comes', () => {
    const frames = fc.array(
      fc.tuple(
        fc.constantFrom<number>(FrameType.DATA, FrameType.HEADERS, 0x21),
        fc.uint8Array({ maxLength: 100 }),
      ),
    );
    fc.assert(
      fc.property(frames, fc.array(fc.integer({ min: 1, max: 50 })), (list, sizes) => {
        const whole = concat(...list.map(([type, payload]) => frame(type, payload)));
        const read = (pieces: Uint8Array[]) => {
          const seen: string[] = [];
          let body = '';
          const reader = new FrameReader({
            frame: (type, payload) => seen.push(`${type} ${Buffer.from(payload).toString('hex')}`),
            data: bytes => {
              body += Buffer.from(bytes).toString('hex');
            },
          });
          for (const piece of pieces) reader.push(piece);
          return { seen, body };
        };
        const pieces: Uint8Array[] = [];
        let offset = 0;
        for (const size of sizes) {
          pieces.push(whole.subarray(offset, offset + size));
          offset += size;
        }
        pieces.push(whole.subarray(Math.min(offset, whole.length)));
        expect(read(pieces)).to.deep.equal(read([whole]));
      }),
    );
  });
});
