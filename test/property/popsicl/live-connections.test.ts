import { expect } from 'chai';
import fc from 'fast-check';
import { LiveConnections } from '../../../apps/popsicl/handoff/live-connections.js';
import type { ConnectionEnds } from '../../../apps/popsicl/segments/connection-ends.js';

interface Known {
  readonly ends: ConnectionEnds;
  readonly tenant: number;
  readonly second: number;
  readonly port: number;
  readonly rules: number;
}

/** Few clients, ports and pseudo-addresses, so that ends come again; `port` is the one that the tenant sees. */
const connection = fc.record({
  client: fc.nat(40),
  clientPort: fc.integer({ min: 1, max: 60 }),
  pseudo: fc.nat(5),
  family: fc.constantFrom(4 as const, 6 as const),
  tenant: fc.integer({ min: 1, max: 0xffff }),
});
const step = fc.oneof(
  { weight: 20, arbitrary: connection.map(made => ({ type: 'add' as const, ...made })) },
  { weight: 4, arbitrary: connection.map(made => ({ type: 'forget' as const, ...made })) },
  { weight: 1, arbitrary: fc.nat(400).map(age => ({ type: 'expire' as const, age })) },
);

function endsOf(made: { client: number; clientPort: number; pseudo: number; family: 4 | 6 }): ConnectionEnds {
  return {
    family: made.family,
    source0: made.family === 6 ? 0x2001_0db8 : 0,
    source1: 0,
    source2: 0,
    source3: made.client,
    sourcePort: made.clientPort,
    destination0: 0,
    destination1: 0,
    destination2: 0,
    destination3: made.pseudo,
    destinationPort: 443,
  };
}

/** As a tenant answers it. */
function answerOf({ ends, port }: Known): ConnectionEnds {
  return {
    ...ends,
    destination0: ends.source0,
    destination1: ends.source1,
    destination2: ends.source2,
    destination3: ends.source3,
    destinationPort: port,
    source0: 0,
    source3: 99,
    sourcePort: 443,
  };
}

const keyOf = (ends: ConnectionEnds) =>
  `${ends.family} ${ends.source3} ${ends.sourcePort} ${ends.destination3}`;

describe('the table of connections that were handed over', () => {
  it('finds what a map would find, from both sides, while it grows, forgets and ages', () => {
    fc.assert(
      fc.property(fc.array(step, { size: 'max', maxLength: 3000 }), steps => {
        const table = new LiveConnections(1 << 14);
        const known = new Map<string, Known>();
        let second = 0;
        for (const next of steps) {
          second++;
          if (next.type === 'expire') {
            table.expire(second - next.age);
            for (const [key, { second: at }] of known) if (at < second - next.age) known.delete(key);
            continue;
          }
          const ends = endsOf(next);
          if (next.type === 'forget') {
            const found = table.ofClient(ends);
            expect(found !== undefined).to.equal(known.has(keyOf(ends)));
            if (found !== undefined) table.forget(found);
            known.delete(keyOf(ends));
            continue;
          }
          // The tenant sees no client's port twice.
          const port = 1000 + second;
          table.add(ends, next.tenant, second, 7, port, second * 3);
          table.setRules(table.ofClient(ends)!, second);
          known.delete(keyOf(ends));
          known.set(keyOf(ends), { ends, tenant: next.tenant, second, port, rules: second });
        }
        expect(table.size).to.equal(known.size);
        for (const each of known.values()) {
          const wanted = {
            tenant: each.tenant,
            second: each.second,
            rules: each.rules,
            start: each.second * 3,
          };
          expect(table.ofClient(each.ends)).to.include(wanted);
          expect(table.ofTenant(answerOf(each), each.tenant)).to.include(wanted);
          expect(table.ofPort(each.ends, each.tenant, each.port)).to.include(wanted);
          expect(table.ofTenant(answerOf(each), each.tenant ^ 1)).to.equal(undefined);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('forgets the oldest beyond its limit, and nothing else', () => {
    const table = new LiveConnections(1024);
    const ends = (index: number) =>
      endsOf({ client: index, clientPort: 1 + (index % 60_000), pseudo: 1, family: 4 });
    for (let index = 0; index < 5000; index++) table.add(ends(index), 3, index, 7);
    expect(table.size).to.equal(1024);
    expect(table.ofClient(ends(5000 - 1025))).to.equal(undefined);
    expect(table.ofClient(ends(5000 - 1024))).to.include({ second: 5000 - 1024 });
    expect(table.ofClient(ends(4999))).to.include({ second: 4999 });
  });
});
