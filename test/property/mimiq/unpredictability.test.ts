import { expect } from 'chai';
import { Aliases } from '../../../apps/mimiq/aliases/aliases.js';
import { Ipv4Pool } from '../../../apps/mimiq/allocator/ipv4-pool.js';
import { Ipv6Pool } from '../../../apps/mimiq/allocator/ipv6-pool.js';
import type { Random } from '../../../apps/mimiq/random.js';
import { excess, seeded, UNLIKELY, uniformity } from './statistics.js';

const SIZE = 4096;
const LAYOUT = {
  prefix: Uint8Array.from([0x20, 1, 0xd, 0xb8, 0, 0x64, ...new Array(10).fill(0)]),
  prefixLength: 64,
  aliasOffset: 72,
  aliasBits: 16,
};
/** Bytes of an address that are neither prefix nor alias. */
const HOST_BYTES = [8, 11, 12, 13, 14, 15];

const pool4 = (random: Random) =>
  new Ipv4Pool(
    0,
    SIZE,
    random,
    () => false,
    () => false,
  );

/** Addresses in the order in which a pool gave them out, while clients come and go. */
function drawn4(random: Random, count: number): number[] {
  const pool = pool4(random);
  const held: number[] = [];
  return Array.from({ length: count }, (_, index) => {
    const address = pool.take()!;
    held.push(address);
    // Half of the pool stays in use; who leaves is not who came first.
    if (held.length > SIZE / 2) pool.giveBack(held.splice((index * 7919) % held.length, 1)[0]!);
    return address;
  });
}

function drawn6(random: Random, count: number): Uint8Array[] {
  const pool = new Ipv6Pool(LAYOUT, random);
  return Array.from({ length: count }, (_, index) => pool.take(index % 3)!);
}

/** Numbers below `range` in `bins` bins, and pairs of neighbours in bins of their own. */
function binned(
  values: readonly number[],
  range: number,
  bins: number,
): { single: number[]; pairs: number[] } {
  const single = new Array<number>(bins).fill(0);
  const pairs = new Array<number>(bins * bins).fill(0);
  const binOf = (value: number) => Math.floor((value / range) * bins);
  for (const [index, value] of values.entries()) {
    single[binOf(value)]!++;
    if (index > 0) pairs[binOf(values[index - 1]!) * bins + binOf(value)]!++;
  }
  return { single, pairs };
}

/** A pool that is unique and looks mixed, and yet can be foreseen: it goes round by a constant step. */
function stepped(count: number): number[] {
  return Array.from({ length: count }, (_, index) => (index * 1597) % SIZE);
}

describe('addresses of MIMIQ that nobody can foresee', () => {
  it('are uniform draws from the generator, without the bias of a remainder', () => {
    const random = seeded(1);
    // 3/4 of the range: a plain remainder would give the first third twice as often.
    const count = 3 * 2 ** 45;
    const thirds = new Array<number>(12).fill(0);
    for (let draw = 0; draw < 24_000; draw++) thirds[Math.floor((random.below(count) / count) * 12)]!++;
    expect(uniformity(thirds)).to.be.greaterThan(UNLIKELY);
    const biased = new Array<number>(12).fill(0);
    for (let draw = 0; draw < 24_000; draw++)
      biased[Math.floor(((random.below(2 ** 47) % count) / count) * 12)]!++;
    expect(uniformity(biased), 'the test would see it').to.be.lessThan(UNLIKELY);
  });

  for (const seed of [2, 3, 4]) {
    it(`are spread evenly over an IPv4 pool, whatever came before (seed ${seed})`, () => {
      const { single, pairs } = binned(drawn4(seeded(seed), 40_000), SIZE, 32);
      expect(uniformity(single), 'single').to.be.greaterThan(UNLIKELY);
      expect(uniformity(pairs), 'after each other').to.be.greaterThan(UNLIKELY);
    });

    it(`are uniform in every host bit of IPv6, whatever came before (seed ${seed})`, () => {
      const addresses = drawn6(seeded(seed), 20_000);
      for (const at of HOST_BYTES) {
        const values = addresses.map(address => address[at]!);
        const { single, pairs } = binned(values, 256, 16);
        expect(uniformity(single), `byte ${at}`).to.be.greaterThan(UNLIKELY);
        expect(uniformity(pairs), `byte ${at}, after each other`).to.be.greaterThan(UNLIKELY);
      }
      const together = new Array<number>(256).fill(0);
      for (const address of addresses) together[(address[8]! >> 4) * 16 + (address[15]! >> 4)]!++;
      expect(uniformity(together), 'first and last host bits together').to.be.greaterThan(UNLIKELY);
    });
  }

  it('would be told from ones that only look mixed', () => {
    const { single, pairs } = binned(stepped(40_000), SIZE, 32);
    expect(uniformity(single)).to.be.greaterThan(UNLIKELY);
    expect(uniformity(pairs)).to.be.lessThan(UNLIKELY);
  });

  describe('to somebody who sees every address of clients that collude', () => {
    /** Guesses from what was seen so far, newest last, and what was given back; an address each. */
    const GUESSES: Record<string, (seen: readonly number[], back: readonly number[]) => number> = {
      'the next number': seen => seen.at(-1)! + 1,
      'the same step again': seen => modulo(2 * seen.at(-1)! - seen.at(-2)!),
      // An honest client took the one between.
      'half the step again': seen => modulo(seen.at(-1)! + modulo(seen.at(-1)! - seen.at(-2)!) / 2),
      'the difference of bits again': seen => seen.at(-1)! ^ seen.at(-2)! ^ seen.at(-3)!,
      'what was given back last': (_seen, back) => back.at(-1) ?? 0,
      'what was given back first': (_seen, back) => back[0] ?? 0,
      'what came after this one before': seen => seen[seen.lastIndexOf(seen.at(-1)!, -2) + 1] ?? 0,
    };
    const modulo = (number: number) => ((number % SIZE) + SIZE) % SIZE;
    const TRIALS = 60_000;

    /**
     * Hits of each guess for the next address of an honest client. Every other client colludes, and so does who gave back.
     * `next` takes and gives back.
     */
    const hits = (take: () => number, giveBack: (address: number) => void): Map<string, number> => {
      const seen: number[] = [];
      const back: number[] = [];
      const honest: number[] = [];
      const found = new Map(Object.keys(GUESSES).map(name => [name, 0]));
      for (let trial = 0; trial < TRIALS; trial++) {
        seen.push(take());
        if (seen.length > 1024) {
          const gone = seen.shift()!;
          giveBack(gone);
          back.push(gone);
          if (back.length > 64) back.shift();
        }
        const guesses =
          seen.length < 4
            ? []
            : Object.entries(GUESSES).map(([name, guess]) => [name, guess(seen, back)] as const);
        const address = take();
        for (const [name, guess] of guesses) if (guess === address) found.set(name, found.get(name)! + 1);
        honest.push(address);
        if (honest.length > 1024) giveBack(honest.shift()!);
      }
      return found;
    };

    it('are no easier to guess than any free address', () => {
      const pool = pool4(seeded(5));
      const found = hits(
        () => pool.take()!,
        address => pool.giveBack(address),
      );
      // Who guesses best knows 1,024 addresses that it cannot be: one of 3,072 is as much as can be had.
      for (const [name, count] of found) {
        expect(excess(count, TRIALS, 1 / (SIZE - 1024)), name).to.be.lessThan(4);
      }
    });

    it('would be guessed if they came by a step, or were reused at once', () => {
      let last = 0;
      const bySteps = hits(
        () => {
          last = (last + 1597) % SIZE;
          return last;
        },
        () => undefined,
      );
      expect(bySteps.get('half the step again')! / TRIALS).to.be.greaterThan(0.9);
      const free = Array.from({ length: SIZE }, (_, index) => index);
      const stack = hits(
        () => free.pop()!,
        address => void free.push(address),
      );
      expect(stack.get('what was given back last')! / TRIALS).to.be.greaterThan(0.3);
    });
  });

  describe('and aliases that tell neither switch nor order', () => {
    const SWITCHES = Array.from({ length: 32 }, (_, index) => (index + 1).toString(16).padStart(16, '0'));
    const PERIOD = 1000;

    /** By period and switch, the four aliases in the order in which they were made. */
    const generations = (seed: number, periods: number): number[][][] => {
      const plan = { bits: 16, period: PERIOD, periods: 3, perSwitch: 4, maxSwitches: 64 };
      const aliases = new Aliases(plan, seeded(seed));
      for (const id of SWITCHES) aliases.addSwitch(id, 0, () => false);
      return Array.from({ length: periods }, (_, index) => {
        const now = index * PERIOD;
        if (index > 0) aliases.advance(now);
        return SWITCHES.map(id => aliases.usable(id, now).map(({ alias }) => alias));
      });
    };

    it('are uniform, and independent of the switch and of the last ones of the switch', () => {
      const all = generations(6, 200);
      const { single, pairs } = binned(all.flat(2), 2 ** 16, 16);
      expect(uniformity(single)).to.be.greaterThan(UNLIKELY);
      expect(uniformity(pairs), 'after each other').to.be.greaterThan(UNLIKELY);
      const bySwitch = new Array<number>(32 * 8).fill(0);
      const byLast = new Array<number>(256).fill(0);
      for (const [period, sets] of all.entries()) {
        for (const [index, set] of sets.entries()) {
          for (const [place, alias] of set.entries()) {
            bySwitch[index * 8 + (alias >> 13)]!++;
            const last = all[period - 1]?.[index]?.[place];
            if (last !== undefined) byLast[(last >> 12) * 16 + (alias >> 12)]!++;
          }
        }
      }
      expect(uniformity(bySwitch), 'switch and alias').to.be.greaterThan(UNLIKELY);
      expect(uniformity(byLast), 'an alias and the one before').to.be.greaterThan(UNLIKELY);
    });

    it('come in every order alike', () => {
      const orders = new Map<string, number>();
      for (const set of generations(7, 200).flat()) {
        const sorted = set.toSorted((one, other) => one - other);
        const order = set.map(alias => sorted.indexOf(alias)).join('');
        orders.set(order, (orders.get(order) ?? 0) + 1);
      }
      expect(orders.size).to.equal(24);
      expect(uniformity([...orders.values()])).to.be.greaterThan(UNLIKELY);
    });

    it('give who knows those of all other switches no better guess for the next', () => {
      let hits = 0;
      let trials = 0;
      for (const sets of generations(8, 100)) {
        for (const [index, set] of sets.entries()) {
          const others = sets.filter((_, other) => other !== index).flat();
          const taken = new Set(others);
          // Beside, between and by the difference of what is known, as far as it is free.
          const guesses = others
            .flatMap(alias => [alias + 1, alias - 1, alias ^ 1, alias ^ others[0]! ^ others[1]!])
            .filter(guess => guess >= 0 && guess < 2 ** 16 && !taken.has(guess));
          const tried = new Set(guesses);
          hits += set.filter(alias => tried.has(alias)).length;
          trials += (tried.size * set.length) / (2 ** 16 - taken.size);
        }
      }
      // `trials`: hits that as many blind guesses would have.
      expect((hits - trials) / Math.sqrt(trials)).to.be.lessThan(4);
      expect(trials).to.be.greaterThan(50);
    });
  });
});
