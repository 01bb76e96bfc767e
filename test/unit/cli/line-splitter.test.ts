import { expect } from 'chai';
import fc from 'fast-check';
import { LineSplitter } from '../../../controller/cli/stream/line-splitter.js';

function split(text: string, size: number, maxBytes = 1000): (string | undefined)[] {
  const splitter = new LineSplitter(maxBytes);
  const bytes = Buffer.from(text);
  const lines = [];
  for (let at = 0; at < bytes.length; at += size) lines.push(...splitter.push(bytes.subarray(at, at + size)));
  lines.push(...splitter.end());
  expect(lines.map(line => line.number)).to.deep.equal(lines.map((_, index) => index + 1));
  return lines.map(line => line.text);
}

describe('line splitter', () => {
  it('finds the same lines at every chunk size, also inside a character', () => {
    const line = fc.string({ unit: 'grapheme', maxLength: 12 }).filter(text => !text.includes('\n'));
    fc.assert(
      fc.property(fc.array(line), fc.integer({ min: 1, max: 9 }), (lines, size) => {
        expect(split(lines.map(text => `${text}\n`).join(''), size)).to.deep.equal(lines);
      }),
    );
  });

  it('takes a last line without its newline', () => {
    expect(split('a\nb', 2)).to.deep.equal(['a', 'b']);
  });

  it('passes over a line that is too long and reads the next one', () => {
    expect(split(`a\n${'x'.repeat(50)}\nb\n`, 7, 10)).to.deep.equal(['a', undefined, 'b']);
  });
});
