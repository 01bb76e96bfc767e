import { expect } from 'chai';
import { findingsOf, seedsOf } from '../../fuzz/corpus.js';
import { type FuzzOptions, fuzz, tryOne } from '../../fuzz/engine.js';
import type { FuzzTarget } from '../../fuzz/target.js';
import { TARGETS } from '../../fuzz/targets/index.js';

describe('fuzzing', () => {
  for (const target of TARGETS) {
    it(`has seeds for ${target.name} that break no promise`, async () => {
      const seeds = seedsOf(target.name);
      expect(seeds).to.not.have.length(0);
      for (const seed of seeds) await tryOne(target, seed);
    });

    it(`finds nothing in ${target.name} again that it found before`, async () => {
      for (const { name, input } of findingsOf(target.name)) {
        try {
          await tryOne(target, input);
        } catch (cause) {
          throw new Error(`${name}: ${(cause as Error).message}`, { cause });
        }
      }
    });
  }
});

/** Breaks where the third byte is 0x42 and tells kinds apart by the first byte. */
class Planted implements FuzzTarget {
  readonly name = 'planted';
  readonly inputs: string[] = [];

  run(input: Uint8Array): string {
    this.inputs.push(Buffer.from(input).toString('hex'));
    if (input[2] === 0x42) throw new RangeError('planted');
    return String(input[0]);
  }
}

async function tried(options: Partial<FuzzOptions>) {
  const target = new Planted();
  const found: Uint8Array[] = [];
  const result = await fuzz(target, {
    count: 20_000,
    seconds: Number.POSITIVE_INFINITY,
    seed: 3,
    seeds: [Uint8Array.of(1, 2, 3, 4)],
    found: input => found.push(input),
    ...options,
  });
  return { result, found, inputs: target.inputs };
}

describe('fuzzing engine', () => {
  it('finds what is planted, and tells it once', async () => {
    const { result, found } = await tried({});
    expect(found).to.have.length(1);
    expect(found[0]![2]).to.equal(0x42);
    expect(result).to.include({ runs: 20_000, findings: 1 });
  });

  it('tries the same inputs for the same seed, and others for another', async () => {
    const [once, again, other] = [await tried({}), await tried({}), await tried({ seed: 4 })];
    expect(again.inputs).to.deep.equal(once.inputs);
    expect(other.inputs).to.not.deep.equal(once.inputs);
  });

  it('ends after the time that it was given', async () => {
    const { result } = await tried({ count: Number.POSITIVE_INFINITY, seconds: 0.05 });
    expect(result.runs).to.be.greaterThan(0);
  });
});
