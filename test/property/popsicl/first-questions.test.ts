import { expect } from 'chai';
import fc from 'fast-check';
import { Decoys } from '../../../apps/popsicl/decoy/decoys.js';
import { CloudAuthority, createAuthority } from '../../../apps/popsicl/pki/cloud-authority.js';
import { drawLabel } from '../../../apps/popsicl/pseudonym/label.js';
import { until } from '../../../mininet/driver/until.js';
import { ManualClock } from '../../simulator/manual-clock.js';

const DOMAIN = 'popsicls.test';
const NAMES = 12;
const name = fc.nat(NAMES - 1);
const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({ source: fc.constantFrom('alice', 'bob'), name, isPseudonym: fc.boolean() }),
  },
  { weight: 1, arbitrary: fc.record({ foresee: name }) },
);

describe('decoys and questions', () => {
  it('are remembered so that no decoy has to be made when a source asks for its name again', async () => {
    const now = Date.now() - 1000;
    const authority = await CloudAuthority.load(await createAuthority(DOMAIN, 'ecdsa-p256', now), now);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 6 }),
        fc.array(step, { minLength: 20, maxLength: 60 }),
        async (capacity, steps) => {
          const decoys = new Decoys({
            domain: DOMAIN,
            authority,
            keyType: 'ecdsa-p256',
            lifetime: 1e9,
            capacity,
            perMinute: 1e6,
            perSource: 1e6,
            // Only first questions wait, and this clock stands still: they never end.
            firstAnswer: 10,
            server: { publish: async () => {}, withdraw: async () => {} },
            keeper: { keep: async () => {}, forget: async () => {} },
            known: [],
            clock: new ManualClock(),
            wallClock: Date.now,
            failed: error => {
              throw error;
            },
          });
          const names = Array.from({ length: NAMES }, () => `${drawLabel()}.${DOMAIN}`);
          const pseudonyms = Array.from({ length: NAMES }, () => `${drawLabel()}.${DOMAIN}`);
          for (const each of steps) {
            if ('foresee' in each) {
              decoys.foresee(names[each.foresee]!);
              continue;
            }
            const { source, isPseudonym } = each;
            const name = (isPseudonym ? pseudonyms : names)[each.name]!;
            const answer = decoys.answer(source, name, isPseudonym);
            if (answer.isRefused) throw new Error('refused');
            let isMadeForLater = false;
            void answer.ready?.then(() => {
              isMadeForLater = true;
            });
            if (!isPseudonym) await until('the decoy', () => !decoys.isBusy);
            for (let turn = 0; turn < 4; turn++) await new Promise(resolve => setImmediate(resolve));
            expect(isMadeForLater).to.equal(false);
          }
        },
      ),
      { numRuns: 10 },
    );
  });
});
