/**
 * Mutation fuzzing; not part of the tests, which only replay what it has found.
 *
 *     node main.js TARGET [--count N] [--seconds S] [--seed K]
 *
 * Tries mutants of test/fuzz/seeds until one of the bounds is reached (60 seconds when none is given). An input that
 * breaks a promise is kept in test/fuzz/findings, where the unit tests try it again. The same seed and count try the
 * same inputs. The exit code is 1 when something was found.
 */
import { parseArgs } from 'node:util';
import { keepFinding, seedsOf } from './corpus.js';
import { type FuzzResult, fuzz } from './engine.js';
import { TARGETS } from './targets/index.js';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { count: { type: 'string' }, seconds: { type: 'string' }, seed: { type: 'string' } },
});
const target = TARGETS.find(each => each.name === positionals[0]);
const count = bound(values.count);
const seconds = bound(values.seconds) ?? (count === undefined ? 60 : Number.POSITIVE_INFINITY);
const seed = Number(values.seed ?? Date.now() % 0x1_0000_0000);
if (
  target === undefined ||
  positionals.length !== 1 ||
  Number.isNaN(count) ||
  Number.isNaN(seconds) ||
  Number.isNaN(seed)
) {
  const names = TARGETS.map(each => each.name).join('|');
  console.error(`usage: npm run fuzz -- ${names} [--count N] [--seconds S] [--seed K]`);
  process.exit(2);
}

console.log(`fuzz: ${target.name}, seed ${seed}`);
const result = await fuzz(target, {
  count: count ?? Number.POSITIVE_INFINITY,
  seconds,
  seed,
  seeds: seedsOf(target.name),
  found(input, error) {
    console.log(`fuzz: found ${keepFinding(target.name, input, `${error.name}: ${error.message}`)}`);
    console.log(error.stack);
  },
  progress: sofar => console.log(line(sofar)),
});
console.log(line(result));
process.exitCode = result.findings > 0 ? 1 : 0;

function bound(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  return value > 0 ? value : Number.NaN;
}

function line({ runs, seconds: took, kinds, findings }: FuzzResult): string {
  const rate = Math.round(runs / Math.max(took, 0.001));
  return `fuzz: ${runs} runs in ${took.toFixed(1)} s, ${rate} runs/s, ${kinds} kinds, ${findings} findings`;
}
