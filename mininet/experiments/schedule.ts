import type { Condition } from './experiment.js';
import { conditionKey } from './parameters.js';

export interface Turn {
  condition: Condition;
  repetition: number;
}

export const turnKey = ({ condition, repetition }: Turn) => `${conditionKey(condition)} #${repetition}`;

/**
 * The order of a run: one repetition of every condition, then the next of every condition, each time in another order,
 * so that what disturbs the machine for a while disturbs no single condition. The same at every call.
 */
export function* schedule(conditions: readonly Condition[], repetitions: number): Iterable<Turn> {
  const random = seededRandom(0x10c4);
  for (let repetition = 0; repetition < repetitions; repetition++) {
    for (const condition of shuffled(conditions, random)) yield { condition, repetition };
  }
}

/** Numbers from 0 up to 1 that follow from the seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

export function shuffled<T>(values: readonly T[], random: () => number): T[] {
  const all = [...values];
  for (let last = all.length - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [all[last], all[other]] = [all[other]!, all[last]!];
  }
  return all;
}
