import { expect } from 'chai';
import fc from 'fast-check';
import { HexReader } from '../../../controller/cli/stream/hex-reader.js';

function read(text: string, size = text.length): { bytes: Uint8Array; message: string | undefined } {
  const reader = new HexReader();
  const parts: Uint8Array[] = [];
  for (let at = 0; at < text.length; at += size) {
    const { bytes, error } = reader.push(Buffer.from(text.slice(at, at + size)));
    parts.push(bytes);
    if (error) return { bytes: Buffer.concat(parts), message: error.message };
  }
  return { bytes: Buffer.concat(parts), message: reader.end()?.message };
}

describe('hexadecimal input', () => {
  it('reads bytes through blanks, line ends, comments and chunk borders anywhere', () => {
    const filler = fc.constantFrom('', ' ', '\n', '\r\n', '\t', ' # comment 04 zz\n', '#\n');
    const piece = fc.tuple(fc.constantFrom(...'0123456789abcdefABCDEF'), filler);
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, piece)), fc.integer({ min: 1, max: 9 }), (pairs, size) => {
        const digits = pairs.map(([high, low]) => high[0] + low[0]).join('');
        const text = pairs.flat(2).join('');
        expect(read(text, size)).to.deep.equal({ bytes: Buffer.from(digits, 'hex'), message: undefined });
      }),
    );
  });

  it('says which line has a character that is no digit, and keeps the bytes before it', () => {
    const { bytes, message } = read('0400\n# zz\n08xx');
    expect([...bytes]).to.deep.equal([4, 0, 8]);
    expect(message).to.equal('line 3: `x` is no hexadecimal digit');
  });

  it('refuses text that ends in the middle of a byte', () => {
    expect(read('040').message).to.equal('line 1: the text ends in the middle of a byte');
  });
});
