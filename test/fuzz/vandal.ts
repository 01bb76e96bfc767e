import type { Random } from './random.js';

const ODD: readonly unknown[] = [
  undefined,
  null,
  Number.NaN,
  -1,
  0.5,
  2 ** 32,
  2 ** 53,
  -1n,
  1n << 64n,
  '',
  'x',
  '0x1ffffffffffffffff',
  '::',
  '1.2.3',
  [],
  {},
  true,
  new Uint8Array(3),
  new Uint8Array(70_000),
  0,
  1,
  0xffff,
  0xffff_ffff,
];

/** A copy of a plain value in which one place holds something else: an odd value, or one from another place. */
export function vandalise(value: object, random: Random): object {
  const copy = structuredClone(value);
  const places: [Record<string, unknown>, string][] = [];
  collect(copy, places);
  const [owner, key] = random.pick(places);
  if (random.once(3)) {
    const [other, otherKey] = random.pick(places);
    owner[key] = structuredClone(other[otherKey]);
  } else if (Array.isArray(owner) && random.once(2)) {
    for (let times = random.below(200); times > 0; times--) owner.push(structuredClone(owner[Number(key)]));
  } else if (random.once(6)) {
    delete owner[key];
  } else {
    owner[key] = random.pick(ODD);
  }
  return copy;
}

/** Every place in a literal that holds a value. */
function collect(value: unknown, places: [Record<string, unknown>, string][]): void {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return;
  for (const [key, member] of Object.entries(value)) {
    places.push([value as Record<string, unknown>, key]);
    collect(member, places);
  }
}
