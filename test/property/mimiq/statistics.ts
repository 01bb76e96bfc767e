import { createCipheriv, createHash } from 'node:crypto';
import { CryptoRandom } from '../../../apps/mimiq/random.js';

/** The allocator's own generator over a stream that is the same for the same seed. */
export function seeded(seed: number): CryptoRandom {
  const key = createHash('sha256').update(`${seed}`).digest();
  const stream = createCipheriv('aes-256-ctr', key, Buffer.alloc(16));
  return new CryptoRandom(target => target.set(stream.update(Buffer.alloc(target.length))));
}

/** What is less likely than this by chance is no chance. Seeds are fixed, so a test that passes always does. */
export const UNLIKELY = 1e-4;

/**
 * Probability that counts which should all be alike differ at least this much (chi-square test; Wilson and Hilferty's
 * approximation, good from some ten degrees of freedom on).
 */
export function uniformity(counts: ArrayLike<number>): number {
  const all = Array.from(counts);
  const expected = all.reduce((sum, count) => sum + count, 0) / all.length;
  if (expected < 5) throw new RangeError('too few for a chi-square test');
  const square = all.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0);
  const freedom = all.length - 1;
  const spread = 2 / (9 * freedom);
  return upperTail(((square / freedom) ** (1 / 3) - (1 - spread)) / Math.sqrt(spread));
}

/** How many standard deviations `hits` of `trials` are above what a chance of `probability` each gives. */
export function excess(hits: number, trials: number, probability: number): number {
  return (hits - trials * probability) / Math.sqrt(trials * probability * (1 - probability));
}

/** Probability that a normal variable exceeds `z` (Abramowitz and Stegun 26.2.17). */
function upperTail(z: number): number {
  if (z < 0) return 1 - upperTail(-z);
  const t = 1 / (1 + 0.2316419 * z);
  const polynomial =
    t * (0.31938153 + t * (-0.356563782 + t * (1.781477937 + t * (-1.821255978 + t * 1.330274429))));
  return (Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI)) * polynomial;
}
