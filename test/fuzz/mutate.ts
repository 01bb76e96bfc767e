import type { Random } from './random.js';

const LONGEST = 70_000;
const BYTES = [0x00, 0x01, 0x04, 0x07, 0x08, 0x7f, 0x80, 0xfe, 0xff];
const WORDS = [0, 1, 7, 8, 9, 0x0f, 0x7fff, 0x8000, 0xfff8, 0xfffe, 0xffff];

type Mutation = (bytes: Uint8Array, random: Random, others: readonly Uint8Array[]) => Uint8Array;

/** Each gives new bytes or changes them in place; none is empty. */
const MUTATIONS: readonly Mutation[] = [
  flipBit,
  setByte,
  setWord,
  addToWord,
  remove,
  repeat,
  splice,
  cut,
  swap,
];

/** A mutant of `seed`; `others` lend parts of themselves. The seed is left as it is. */
export function mutant(seed: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  let bytes: Uint8Array = seed.slice();
  for (let left = 1 + random.below(4); left > 0; left--) {
    if (bytes.length === 0) return bytes;
    bytes = random.pick(MUTATIONS)(bytes, random, others);
  }
  return bytes.length > LONGEST ? bytes.slice(0, LONGEST) : bytes;
}

function flipBit(bytes: Uint8Array, random: Random): Uint8Array {
  bytes[random.below(bytes.length)]! ^= 1 << random.below(8);
  return bytes;
}

function setByte(bytes: Uint8Array, random: Random): Uint8Array {
  bytes[random.below(bytes.length)] = random.once(2) ? random.pick(BYTES) : random.below(256);
  return bytes;
}

/** Lengths, types and offsets are words at even places, mostly. */
function setWord(bytes: Uint8Array, random: Random): Uint8Array {
  return writeWord(bytes, wordPlace(bytes, random), random.pick(WORDS));
}

function addToWord(bytes: Uint8Array, random: Random): Uint8Array {
  const at = wordPlace(bytes, random);
  const value = ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  return writeWord(bytes, at, value + random.pick([-8, -4, -1, 1, 4, 8]));
}

function remove(bytes: Uint8Array, random: Random): Uint8Array {
  const start = random.below(bytes.length);
  const count = 1 + random.below(Math.min(16, bytes.length - start));
  return joined(bytes.subarray(0, start), bytes.subarray(start + count));
}

function repeat(bytes: Uint8Array, random: Random): Uint8Array {
  const start = random.below(bytes.length);
  const part = bytes.subarray(start, start + 1 + random.below(32));
  const times = 1 + random.below(random.once(16) ? 64 : 3);
  return joined(bytes.subarray(0, start), ...new Array<Uint8Array>(times).fill(part), bytes.subarray(start));
}

function splice(bytes: Uint8Array, random: Random, others: readonly Uint8Array[]): Uint8Array {
  const other = random.pick(others);
  const start = random.below(other.length);
  const part = other.subarray(start, start + 1 + random.below(64));
  const at = random.below(bytes.length);
  const skipped = random.once(2) ? part.length : 0;
  return joined(bytes.subarray(0, at), part, bytes.subarray(at + skipped));
}

function cut(bytes: Uint8Array, random: Random): Uint8Array {
  return bytes.slice(0, random.below(bytes.length) + 1);
}

function swap(bytes: Uint8Array, random: Random): Uint8Array {
  const size = random.pick([1, 2, 4, 8]);
  const a = random.below(bytes.length);
  const b = random.below(bytes.length);
  const first = bytes.slice(a, a + size);
  bytes.copyWithin(a, b, Math.min(b + size, bytes.length));
  bytes.set(first.subarray(0, bytes.length - b), b);
  return bytes;
}

function wordPlace(bytes: Uint8Array, random: Random): number {
  const at = random.below(bytes.length);
  return random.once(8) ? at : at & ~1;
}

function writeWord(bytes: Uint8Array, at: number, value: number): Uint8Array {
  bytes[at] = value >> 8;
  if (at + 1 < bytes.length) bytes[at + 1] = value;
  return bytes;
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(Buffer.concat(parts));
}
