import { expect } from 'chai';
import fc from 'fast-check';
import { RuleNumbers } from '../../../apps/popsicl/handoff/rule-numbers.js';

/** Few numbers, so that they meet again; of one shard and of others. */
const number = fc.oneof(
  fc.integer({ min: 1, max: 40 }),
  fc.integer({ min: 1, max: 200 }).map(of => of * 64),
  fc.integer({ min: 0x7fff_ff00, max: 0x7fff_ffff }),
);
const step = fc.oneof(
  fc.record({ do: fc.constant('add' as const), number }),
  fc.record({ do: fc.constant('remove' as const), number }),
  fc.record({ do: fc.constant('observe' as const), number, packets: fc.integer({ min: 0, max: 2 }) }),
  fc.record({ do: fc.constant('next' as const) }),
);

describe('numbers of rules', () => {
  it('are what a Map would hold, and know since when their counters stand still', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 600 }), steps => {
        const numbers = new RuleNumbers();
        const model = new Map<number, { packets: number; since: number }>();
        for (const [now, each] of steps.entries()) {
          if (each.do === 'next') {
            const found = numbers.next();
            expect(model.size === 0 ? found === 0 : model.has(found)).to.equal(true);
          } else if (each.do === 'add') {
            numbers.add(each.number, 0, now);
            if (!model.has(each.number)) model.set(each.number, { packets: 0, since: now });
          } else if (each.do === 'remove') {
            numbers.remove(each.number);
            model.delete(each.number);
          } else {
            const known = model.get(each.number);
            if (known !== undefined && known.packets !== each.packets) {
              known.packets = each.packets;
              known.since = now;
            }
            const expected = known === undefined ? 0 : now - known.since;
            expect(numbers.observe(each.number, each.packets, now)).to.equal(expected);
          }
          expect(numbers.size).to.equal(model.size);
        }
        expect(new Set(wholeWalk(numbers))).to.deep.equal(new Set(model.keys()));
      }),
    );
  });

  const some = fc.uniqueArray(number, { minLength: 1, maxLength: 300 });
  const filled = (all: readonly number[]) => {
    const numbers = new RuleNumbers();
    for (const each of all) numbers.add(each, 0, 0);
    return numbers;
  };

  it('are met by a walk once each', () => {
    fc.assert(
      fc.property(some, all => {
        expect([...wholeWalk(filled(all))]).to.have.members(all);
      }),
    );
  });

  it('are all met, the latest some walks later, while those that were met are removed', () => {
    fc.assert(
      fc.property(some, fc.infiniteStream(fc.boolean()), (all, goes) => {
        const numbers = filled(all);
        const met = new Set<number>();
        // A removal that moves entries over the end of a table, or makes it smaller, hides them from the walk under way.
        for (let walk = 0; walk < 8; walk++) {
          for (const each of wholeWalk(numbers)) {
            met.add(each);
            if (goes.next().value) numbers.remove(each);
          }
        }
        expect(met).to.deep.equal(new Set(all));
      }),
    );
  });

  /** As many steps as there are numbers. */
  function* wholeWalk(numbers: RuleNumbers): Iterable<number> {
    for (let left = numbers.size; left > 0; left--) yield numbers.next();
  }
});
