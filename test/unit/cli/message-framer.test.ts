import { expect } from 'chai';
import fc from 'fast-check';
import { MessageFramer } from '../../../controller/cli/stream/message-framer.js';

/** A message of `length` bytes whose body repeats `fill`. */
function message(length: number, fill: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(fill);
  bytes.set([4, 0, length >> 8, length & 0xff], 0);
  return bytes;
}

function cut(chunks: readonly Uint8Array[]): { framer: MessageFramer; frames: [number, Uint8Array][] } {
  const framer = new MessageFramer();
  const frames: [number, Uint8Array][] = [];
  for (const chunk of chunks) {
    for (const { offset, bytes } of framer.push(chunk)) frames.push([offset, bytes.slice()]);
  }
  return { framer, frames };
}

describe('message framer', () => {
  it('finds the same messages at every division of the stream into chunks', () => {
    const lengths = fc.array(fc.oneof(fc.integer({ min: 8, max: 40 }), fc.integer({ min: 8, max: 0xffff })), {
      maxLength: 8,
    });
    fc.assert(
      fc.property(lengths, fc.array(fc.nat(), { maxLength: 12 }), (sizes, cuts) => {
        const messages = sizes.map((length, index) => message(length, index + 1));
        const stream = Buffer.concat(messages);
        const places = [
          0,
          ...cuts.map(place => place % (stream.length + 1)).sort((a, b) => a - b),
          stream.length,
        ];
        const chunks = places.slice(1).map((end, index) => stream.subarray(places[index]!, end));
        const { framer, frames } = cut(chunks);
        expect(Buffer.concat(frames.map(([, bytes]) => bytes)).equals(stream)).to.equal(true);
        let offset = 0;
        expect(frames.map(frame => frame[0])).to.deep.equal(
          messages.map(bytes => {
            offset += bytes.length;
            return offset - bytes.length;
          }),
        );
        expect(framer.end()).to.equal(undefined);
        expect(framer.position).to.equal(stream.length);
      }),
    );
  });

  it('tells what is left of a message that the end of the stream cuts off', () => {
    const stream = Buffer.concat([message(8, 0), message(20, 0)]);
    for (let missing = 1; missing < 20; missing++) {
      const { framer, frames } = cut([stream.subarray(0, stream.length - missing)]);
      expect(frames).to.have.length(1);
      expect(framer.end()).to.deep.include({ offset: 8 });
      expect(framer.end()!.bytes).to.have.length(20 - missing);
    }
  });

  it('gives up after a header whose length is below that of a header', () => {
    const bad = Uint8Array.of(4, 0, 0, 7, 0, 0, 0, 0);
    const { framer, frames } = cut([Buffer.concat([message(12, 1), bad, message(8, 0)])]);
    expect(frames.map(frame => frame[0])).to.deep.equal([0, 12]);
    expect(frames[1]![1]).to.deep.equal(bad);
    expect(framer.lost).to.equal(true);
    expect([...framer.push(message(8, 0))]).to.have.length(0);
  });
});
