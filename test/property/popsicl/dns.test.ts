import { expect } from 'chai';
import dnsPacket from 'dns-packet';
import fc from 'fast-check';
import { readQuery } from '../../../apps/popsicl/dns/query.js';
import { writeAnswer, writeRefusal } from '../../../apps/popsicl/dns/response.js';
import { verify } from '../../../apps/popsicl/dns/tsig.js';
import { DOMAIN, exampleZone, KNOWN } from '../../unit/popsicl/example-zone.js';

const zone = exampleZone('alike');

/** What the server would send over UDP. */
function answered(bytes: Buffer): Buffer | undefined {
  const query = readQuery(bytes);
  return 'reason' in query
    ? writeRefusal(query)
    : writeAnswer(query, zone.answer(query), zone.labelCount, bytes.length);
}

const name = fc.oneof(
  fc.constantFrom(DOMAIN, `${KNOWN}.${DOMAIN}`, `portal.${DOMAIN}`, 'example.org', '.'),
  fc.stringMatching(/^[a-zA-Z0-9-]{1,63}$/).map(label => `${label}.${DOMAIN}`),
);
const question = fc
  .tuple(name, fc.constantFrom('A', 'AAAA', 'NS', 'SOA', 'ANY', 'MX', 'TXT'), fc.nat(0xffff))
  .map(([asked, type, id]) =>
    dnsPacket.encode({ type: 'query', id, questions: [{ type: type as 'A', name: asked }] }),
  );

describe('DNS messages of every kind', () => {
  it('never break the server, and draw at most three times their bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        const answer = answered(Buffer.from(bytes));
        if (answer !== undefined) expect(answer.length).to.be.at.most(Math.max(12, 3 * bytes.length));
      }),
      { numRuns: 3000 },
    );
  });

  it('that are questions with some bytes changed draw an answer that another codec reads, with their id and question', () => {
    const change = fc.array(fc.tuple(fc.nat(100), fc.nat(255)), { maxLength: 3 });
    fc.assert(
      fc.property(question, change, (asked, changes) => {
        const bytes = Buffer.from(asked);
        for (const [at, value] of changes) if (at < bytes.length) bytes[at] = value;
        const answer = answered(bytes);
        if (answer === undefined) return;
        expect(answer.length).to.be.at.most(3 * bytes.length);
        expect(answer.readUInt16BE(0)).to.equal(bytes.readUInt16BE(0));
        expect(answer.readUInt16BE(2) & 0x8000).to.equal(0x8000);
        if (answer.readUInt16BE(4) === 1) {
          const length = Math.min(answer.length, bytes.length);
          const query = readQuery(bytes);
          if (!('reason' in query)) {
            expect(answer.subarray(12, Math.min(length, 12 + query.question.length))).to.deep.equal(
              query.question,
            );
          }
        }
        if (changes.length === 0) dnsPacket.decode(answer);
      }),
      { numRuns: 3000 },
    );
  });

  it('are never taken for signed ones', () => {
    const key = { name: 'key', algorithm: 'hmac-sha256', secret: new Uint8Array(32) } as const;
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), bytes => {
        expect(verify(Buffer.from(bytes), key, Buffer.alloc(32), 0).isAuthentic).to.equal(false);
      }),
      { numRuns: 2000 },
    );
  });
});
