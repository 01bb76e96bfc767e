import { expect } from 'chai';
import fc from 'fast-check';
import { OvsdbError } from '../../../controller/ovsdb/errors.js';
import { JsonSplitter } from '../../../controller/ovsdb/json-splitter.js';

const objects = fc.array(fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ maxDepth: 5 })), {
  maxLength: 6,
});
const space = fc.constantFrom('', ' ', '\n', '\r\n\t ');

/** `bytes` in pieces of the given lengths, again and again. */
function* pieces(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  let at = 0;
  for (let index = 0; at < bytes.length; index++) {
    const length = lengths[index % lengths.length]!;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

function codeOf(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    expect(error).to.be.instanceOf(OvsdbError);
    return (error as OvsdbError).code;
  }
  return 'none';
}

describe('the splitter of JSON messages', () => {
  it('finds the same objects however the bytes are cut, within strings, escapes and UTF-8 sequences too', () => {
    fc.assert(
      fc.property(
        objects,
        space,
        fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        (messages, gap, lengths, indent) => {
          const text = messages
            .map(message => JSON.stringify(message, undefined, indent ? 1 : undefined) + gap)
            .join('');
          const splitter = new JsonSplitter();
          const found: object[] = [];
          for (const piece of pieces(Buffer.from(text), lengths)) found.push(...splitter.push(piece));
          expect(found).to.deep.equal(messages.map(message => JSON.parse(JSON.stringify(message))));
          expect(splitter.pendingBytes).to.equal(0);
        },
      ),
    );
  });

  it('is not deceived by brackets, quotes and backslashes inside strings', () => {
    const message = { '}"\\': ['{[', '\\"}', '\\\\', '\u0000€😀'] };
    const bytes = Buffer.from(JSON.stringify(message));
    for (let cut = 0; cut <= bytes.length; cut++) {
      const splitter = new JsonSplitter();
      const found = [...splitter.push(bytes.subarray(0, cut)), ...splitter.push(bytes.subarray(cut))];
      expect(found).to.deep.equal([message]);
    }
  });

  it('keeps no part of the chunks that it was given', () => {
    const splitter = new JsonSplitter();
    const chunk = Buffer.from('{"a":');
    expect([...splitter.push(chunk)]).to.deep.equal([]);
    chunk.fill(0);
    expect([...splitter.push(Buffer.from('1}'))]).to.deep.equal([{ a: 1 }]);
  });

  it('refuses what is no object, does not pair, or is not JSON or UTF-8', () => {
    for (const text of [
      '[1]',
      'null',
      '1',
      '"a"',
      'HTTP/1.1 200 OK',
      '}',
      '{]',
      '{"a":[}',
      '{a:1}',
      '{"a" 1}',
    ]) {
      expect(
        codeOf(() => [...new JsonSplitter().push(Buffer.from(text))]),
        text,
      ).to.equal('malformed');
    }
    const notUtf8 = Buffer.concat([Buffer.from('{"a":"'), Buffer.from([0xc3, 0x28]), Buffer.from('"}')]);
    expect(codeOf(() => [...new JsonSplitter().push(notUtf8)])).to.equal('malformed');
  });

  it('holds no more than the longest message allowed, and refuses a longer one', () => {
    const limits = { maxBytes: 100, maxDepth: 8 };
    const splitter = new JsonSplitter(limits);
    expect([...splitter.push(Buffer.from(`{"a":"${'x'.repeat(92)}"}`))]).to.have.length(1);
    expect(codeOf(() => [...splitter.push(Buffer.from(`{"a":"${'x'.repeat(93)}"}`))])).to.equal('too-large');
    const drip = new JsonSplitter(limits);
    const code = codeOf(() => {
      for (;;) {
        for (const _ of drip.push(Buffer.from('{'.repeat(1)))) expect.fail('no message is whole');
        for (const _ of drip.push(Buffer.from('"aaa":'))) expect.fail('no message is whole');
      }
    });
    expect(code).to.equal('too-large');
    expect(drip.pendingBytes).to.be.at.most(100);
  });

  it('refuses nesting deeper than allowed', () => {
    const deep = (levels: number) => Buffer.from(`${'{"a":'.repeat(levels)}1${'}'.repeat(levels)}`);
    const limits = { maxBytes: 1e6, maxDepth: 10 };
    expect([...new JsonSplitter(limits).push(deep(10))]).to.have.length(1);
    expect(codeOf(() => [...new JsonSplitter(limits).push(deep(11))])).to.equal('too-large');
    expect(codeOf(() => [...new JsonSplitter().push(Buffer.from(`{"a":${'['.repeat(1e5)}`))])).to.equal(
      'too-large',
    );
  });

  it('answers any bytes with objects or its own error', () => {
    const soup = fc.array(
      fc.oneof(
        fc
          .constantFrom('{', '}', '[', ']', '"', '\\', ',', ':', ' ', '{"a":1}', 'null')
          .map(text => Buffer.from(text)),
        fc.uint8Array({ maxLength: 4 }).map(bytes => Buffer.from(bytes)),
      ),
      { maxLength: 40 },
    );
    fc.assert(
      fc.property(soup, chunks => {
        const splitter = new JsonSplitter({ maxBytes: 64, maxDepth: 4 });
        try {
          for (const chunk of chunks) {
            for (const value of splitter.push(chunk)) expect(value).to.be.an('object');
            expect(splitter.pendingBytes).to.be.at.most(64);
          }
        } catch (error) {
          if (!(error instanceof OvsdbError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
});
