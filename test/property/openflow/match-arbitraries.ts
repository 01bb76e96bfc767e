/** Arbitrary matches, as decode gives them: fields that hold their prerequisites, plain and masked. */
import fc from 'fast-check';
import { formatIpv4, formatIpv6, formatMac } from '../../../controller/address/index.js';
import type { Condition, OxmField } from '../../../controller/openflow/spec/dsl.js';
import { specification } from '../../../controller/openflow/spec/index.js';

type Match = Record<string, unknown>;

const fields = new Map(specification.oxmFields.map(field => [field.name, field]));
const conditions = new Map(specification.conditions.map(item => [item.name, item]));
const sourceFields = new Set(
  specification.conditions.flatMap(({ sources }) => sources.map(({ field }) => field)),
);

/** A value of `field` from its bits. */
function fieldValue(field: OxmField, bits: bigint): unknown {
  const wide = (size: number) =>
    Uint8Array.from({ length: size }, (_, index) => Number((bits >> BigInt(8 * (size - 1 - index))) & 0xffn));
  switch (field.kind) {
    case 'u64':
    case 'u128':
      return bits;
    case 'mac':
      return formatMac(Number(bits));
    case 'ipv4':
      return formatIpv4(Number(bits));
    case 'ipv6':
      return formatIpv6(wide(16));
    case 'bytes':
      return wide(field.bits / 8);
    default:
      return Number(bits);
  }
}

const bitsOf = (field: OxmField): fc.Arbitrary<bigint> =>
  fc.bigInt({ min: 0n, max: (1n << BigInt(field.bits)) - 1n });

/** A value of any field, and a masked one where the field takes masks. */
function anyValue(field: OxmField): fc.Arbitrary<unknown> {
  const plain = bitsOf(field).map(bits => fieldValue(field, bits));
  if (field.maskable === false) return plain;
  const masked = fc.tuple(bitsOf(field), bitsOf(field)).map(([bits, mask]) => ({
    value: fieldValue(field, bits & mask),
    mask: fieldValue(field, mask),
  }));
  return fc.oneof(plain, masked);
}

/** A field without a name: '0x…' key and payload. */
const rawField: fc.Arbitrary<[string, Uint8Array]> = fc
  .tuple(
    fc.constantFrom(0x7f00, 0x9000, 0xffff),
    fc.nat({ max: 255 }),
    fc.uint8Array({ minLength: 1, maxLength: 12 }),
  )
  .map(([oxmClass, field, payload]) => {
    const long = oxmClass === 0xffff;
    const header = oxmClass * 0x10000 + field * 0x100 + payload.length + (long ? 4 : 0);
    return [`0x${header.toString(16).padStart(8, '0')}${long ? '00abcdef' : ''}`, payload];
  });

const headerNames = (chosen: readonly OxmField[]): fc.Arbitrary<string> =>
  fc.constantFrom(...chosen.flatMap(({ name }) => [name, `${name}/mask`]));

/** The name of a header that has no experimenter id. */
export const shortOxmName: fc.Arbitrary<string> = headerNames(
  [...fields.values()].filter(({ experimenter }) => experimenter === undefined),
);

/** The name of any header. */
export const oxmName: fc.Arbitrary<string> = fc.oneof(
  headerNames([...fields.values()]),
  rawField.map(([key]) => key),
);

/** Puts a value for `name` into `match`, after what it requires; does nothing when that cannot be. */
function add(match: Match, name: string, value: unknown): void {
  const field = fields.get(name)!;
  if (name in match) return;
  if (field.requires !== undefined && !satisfy(match, conditions.get(field.requires)!)) return;
  match[name] = value;
}

function satisfy(match: Match, condition: Condition): boolean {
  if (holds(match, condition)) return true;
  for (const source of condition.sources) {
    if (source.field in match) continue;
    const field = fields.get(source.field)!;
    add(match, source.field, fieldValue(field, BigInt(source.values?.[0] ?? source.bits ?? 1)));
    if (holds(match, condition)) return true;
  }
  return false;
}

function holds(match: Match, { sources }: Condition): boolean {
  return sources.some(({ field, values, bits }) => {
    if (!(field in match)) return false;
    const raw = match[field];
    const value = typeof raw === 'object' && raw !== null && 'value' in raw ? raw.value : raw;
    if (values !== undefined) return values.includes(raw as number);
    return bits === undefined || ((value as number) & bits) === bits;
  });
}

export const matchArbitrary: fc.Arbitrary<Match> = fc
  .tuple(
    fc.subarray([...fields.values()], { maxLength: 6 }),
    fc.array(rawField, { maxLength: 1 }),
    fc.boolean(),
  )
  .chain(([chosen, raw, dependentsFirst]) => {
    const order = dependentsFirst ? chosen.filter(({ name }) => !sourceFields.has(name)) : chosen;
    return fc.tuple(...order.map(anyValue)).map(values => {
      const match: Match = {};
      order.forEach((field, index) => {
        add(match, field.name, values[index]);
      });
      for (const [key, payload] of raw) match[key] = payload;
      return match;
    });
  });

/** One field that no match needs to allow, without a mask. */
export const setFieldArbitrary: fc.Arbitrary<Match> = fc
  .constantFrom(...[...fields.values()].filter(({ requires }) => requires === undefined))
  .chain(field => bitsOf(field).map(bits => ({ [field.name]: fieldValue(field, bits) })));

/** Every field by itself, with all that it requires. */
export function matchWith(name: string): fc.Arbitrary<Match> {
  return anyValue(fields.get(name)!).map(value => {
    const match: Match = {};
    add(match, name, value);
    return match;
  });
}
