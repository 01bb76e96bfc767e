import { mutant } from './mutate.js';
import { Random } from './random.js';
import type { FuzzTarget } from './target.js';

export interface FuzzLimits {
  /** Inputs to try at most. */
  count: number;
  /** Seconds to try at most. */
  seconds: number;
}

export interface FuzzResult {
  runs: number;
  seconds: number;
  /** Kinds of inputs seen. */
  kinds: number;
  findings: number;
}

export interface FuzzOptions extends FuzzLimits {
  seed: number;
  seeds: readonly Uint8Array[];
  /** Called once for each different way in which a promise was broken. */
  found(input: Uint8Array, error: Error): void;
  progress?(result: FuzzResult): void;
}

const MOST_SEEDS = 4000;
const LONGEST_SEED = 2048;
const MOST_KINDS = 200_000;
/** A single input that takes longer is a finding. */
const SLOW_MILLISECONDS = 1000;
/** So many times in a row, so that a machine that stands still is none. */
const SLOW_TIMES = 5;
const PROGRESS_MILLISECONDS = 5000;

/** Tries the seeds as they are, then mutants of them and of whatever was of a new kind. */
export async function fuzz(target: FuzzTarget, options: FuzzOptions): Promise<FuzzResult> {
  const random = new Random(options.seed);
  const corpus = [...options.seeds];
  const kinds = new Set<string>();
  const broken = new Set<string>();
  const begin = performance.now();
  let runs = 0;
  let reported = begin;
  const result = (): FuzzResult => ({
    runs,
    seconds: (performance.now() - begin) / 1000,
    kinds: kinds.size,
    findings: broken.size,
  });
  while (runs < options.count) {
    const now = performance.now();
    if (now - begin >= options.seconds * 1000) break;
    if (now - reported >= PROGRESS_MILLISECONDS) {
      reported = now;
      options.progress?.(result());
    }
    const input = runs < options.seeds.length ? options.seeds[runs]! : mutantOf(target, corpus, random);
    runs++;
    try {
      const kind = await tryOne(target, input);
      if (kinds.has(kind) || kinds.size >= MOST_KINDS) continue;
      kinds.add(kind);
      if (corpus.length < MOST_SEEDS && input.length <= LONGEST_SEED) corpus.push(input);
    } catch (error) {
      const why = wayOf(error as Error);
      if (broken.has(why)) continue;
      broken.add(why);
      options.found(input, error as Error);
    }
  }
  return result();
}

function mutantOf(target: FuzzTarget, corpus: readonly Uint8Array[], random: Random): Uint8Array {
  const input = mutant(random.pick(corpus), random, corpus);
  if (target.repair !== undefined && !random.once(3)) target.repair(input);
  return input;
}

/** Tries one input; throws when a promise is broken or it takes too long, however often it is tried. */
export async function tryOne(target: FuzzTarget, input: Uint8Array): Promise<string> {
  let fastest = Number.POSITIVE_INFINITY;
  // What is slow by itself is slow each time; what was slow because the machine was is not.
  for (let time = 0; time < SLOW_TIMES; time++) {
    // A target may be given a buffer that it must not change.
    const copy = input.slice();
    const begin = performance.now();
    const outcome = target.run(copy);
    const kind = typeof outcome === 'string' ? outcome : await outcome;
    fastest = Math.min(fastest, performance.now() - begin);
    if (fastest <= SLOW_MILLISECONDS) return kind;
  }
  throw new Error(`took ${Math.round(fastest)} ms`);
}

/** Errors of the same kind from the same place are one finding. */
function wayOf(error: Error): string {
  const place = error.stack?.split('\n').find(line => /^\s+at .*\/(controller|test)\//.test(line)) ?? '';
  return `${error.name} ${error.message.replace(/\d+/g, 'N').slice(0, 80)} ${place.trim()}`;
}
