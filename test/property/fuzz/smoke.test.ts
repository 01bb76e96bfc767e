import { expect } from 'chai';
import { seedsOf } from '../../fuzz/corpus.js';
import { fuzz } from '../../fuzz/engine.js';
import { TARGETS } from '../../fuzz/targets/index.js';

const COUNTS: Record<string, number> = { openflow: 30_000, session: 10_000 };
const OTHERS = 2_000;

describe('mutants of the fuzzing seeds', () => {
  for (const target of TARGETS) {
    it(`break no promise of ${target.name}`, async () => {
      const count = COUNTS[target.name] ?? OTHERS;
      const result = await fuzz(target, {
        count,
        seconds: Number.POSITIVE_INFINITY,
        seed: 1,
        seeds: seedsOf(target.name),
        found: (input, error) => {
          throw new Error(`${Buffer.from(input).toString('hex')}: ${error.message}`, { cause: error });
        },
      });
      expect(result).to.include({ runs: count, findings: 0 });
    });
  }
});
