/**
 * Arbitrary decoded messages, made from the specification itself: every structure, every member of every union,
 * every match field with its prerequisites, in the form in which decode gives them.
 */
import fc from 'fast-check';
import { formatIpv4, formatIpv6, formatMac } from '../../../controller/address/index.js';
import type { Field, FlagSet, Structure, Union, Variant } from '../../../controller/openflow/spec/dsl.js';
import { specification } from '../../../controller/openflow/spec/index.js';
import { coherent, customArbitraries } from './custom-arbitraries.js';
import { matchArbitrary, oxmName, setFieldArbitrary, shortOxmName } from './match-arbitraries.js';

type Value = Record<string, unknown>;

const unions = new Map(specification.unions.map(item => [item.name, item]));
const structures = new Map(specification.structures.map(item => [item.name, item]));
const enumerations = new Map(specification.enumerations.map(item => [item.name, item]));
const flagSets = new Map(specification.flagSets.map(item => [item.name, item]));

const uint = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 });
const wide = (bits: number): fc.Arbitrary<bigint> => fc.bigInt({ min: 0n, max: 2n ** BigInt(bits) - 1n });
const bytes = (length: number): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: length, maxLength: length });

/** Small lists: a message stays far below 65535 bytes. */
const few = <T>(element: fc.Arbitrary<T>): fc.Arbitrary<T[]> => fc.array(element, { maxLength: 3 });

/** Messages of one type, by its tag. */
export function messageOf(tag: string): fc.Arbitrary<Value> {
  const union = unions.get('Message')!;
  return variantArbitrary(union, union.variants.find(variant => variant.tag === tag)!);
}

/** Members of a union of bodies, each in the multipart message that carries it. */
export function multipartOf(message: string, body: Variant, union: Union): fc.Arbitrary<Value> {
  return fc.record({
    type: fc.constant(message),
    xid: uint(32),
    flags: flagsArbitrary(flagSets.get('MultipartFlags')!),
    body: variantArbitrary(union, body),
  });
}

/** Unions that are being described: a member that holds its own union again stops there. */
const described: string[] = [];

function unionArbitrary(name: string): fc.Arbitrary<Value> {
  const union = unions.get(name)!;
  const leaves = union.variants.filter(
    ({ fields }) => !fields.some(field => 'of' in field && described.includes(field.of)),
  );
  described.push(name);
  const members = (described.lastIndexOf(name) === described.indexOf(name) ? union.variants : leaves).map(
    variant => variantArbitrary(union, variant),
  );
  described.pop();
  if (union.open) {
    const taken = new Set(union.variants.map(({ code }) => code));
    members.push(
      fc.record({
        type: fc.constant('unknown'),
        code: uint(16).filter(code => !taken.has(code)),
        data: fc.uint8Array({ maxLength: 20 }),
      }),
    );
  }
  return fc.oneof(...members);
}

function variantArbitrary(union: Union, variant: Variant): fc.Arbitrary<Value> {
  const message = union.frame.kind === 'message';
  const counted = union.frame.kind === 'tlv' && union.frame.padding === 'counted';
  const record = recordOf(variant.fields, counted ? headerSize(union, variant) : undefined);
  const whole = coherent[variant.tag] ?? (value => value);
  return record.map(value => ({
    type: variant.tag,
    ...(message ? { xid: 7 } : {}),
    ...whole(value),
  }));
}

function headerSize(union: Union, variant: Variant): number {
  return 4 + (variant.experimenter === undefined ? 0 : 4 + union.experimenter!.subtypeBits / 8);
}

function structureArbitrary(structure: Structure): fc.Arbitrary<Value> {
  return recordOf(structure.fields, undefined);
}

/**
 * The fields together. With `before`, bytes of the header, the whole must fill a multiple of 8: a last field of
 * bytes is made as long as that takes.
 */
function recordOf(fields: readonly Field[], before: number | undefined): fc.Arbitrary<Value> {
  const model: Record<string, fc.Arbitrary<unknown>> = {};
  let size = before ?? 0;
  for (const field of fields) {
    size += fixedSize(field);
    if (field.kind === 'packed') {
      for (const part of field.parts) {
        model[part.name] = uint(part.bits).map(value => value + (part.bias ?? 0));
      }
    } else if ('name' in field) {
      const padding = before === undefined ? undefined : (8 - (size % 8)) % 8;
      model[field.name] = fieldArbitrary(field, padding);
      if (field.kind === 'error-code') model[field.name] = uint(16);
    }
  }
  const record = fc.record(model);
  if (!fields.some(({ kind }) => kind === 'error-code')) return record;
  return fc.oneof(
    record.map(value => ({ ...value, errorType: 0x1234 })),
    fc
      .tuple(record, fc.constantFrom(...specification.errorCodes))
      .chain(([value, { type, codes }]) =>
        fc.constantFrom(...Object.keys(codes)).map(errorCode => ({ ...value, errorType: type, errorCode })),
      ),
    record.map(value => ({ ...value, errorType: 'experimenter', experimenter: 0x00abcdef })),
  );
}

function fixedSize(field: Field): number {
  switch (field.kind) {
    case 'uint':
    case 'packed':
    case 'count-of':
      return field.bits / 8;
    case 'enum':
      return enumerations.get(field.of)!.bits / 8;
    case 'flags':
      return flagSets.get(field.of)!.bits / 8;
    case 'u64':
      return 8;
    case 'u128':
    case 'ipv6':
      return 16;
    case 'mac':
      return 6;
    case 'ipv4':
      return 4;
    case 'text':
    case 'pad':
      return field.size;
    case 'bytes':
      return field.size ?? 0;
    case 'length':
    case 'length-of':
    case 'tag-of':
      return 2;
    default:
      return 0;
  }
}

function fieldArbitrary(
  field: Extract<Field, { name: string }>,
  padding: number | undefined,
): fc.Arbitrary<unknown> {
  switch (field.kind) {
    case 'uint':
      return uint(field.bits);
    case 'u64':
      return wide(64);
    case 'u128':
      return wide(128);
    case 'enum': {
      const { values, open, bits } = enumerations.get(field.of)!;
      const names = fc.constantFrom(...Object.keys(values));
      const numbers = new Set(Object.values(values));
      return open
        ? fc.oneof(
            names,
            uint(bits).filter(value => !numbers.has(value)),
          )
        : names;
    }
    case 'flags':
      return flagsArbitrary(flagSets.get(field.of)!);
    case 'mac':
      return fc.nat({ max: 0xffff_ffff_ffff }).map(formatMac);
    case 'ipv4':
      return uint(32).map(formatIpv4);
    case 'ipv6':
      return bytes(16).map(value => formatIpv6(value));
    case 'text':
      return fc.string({ maxLength: Math.floor(field.size / 4) }).map(value => value.replaceAll('\0', ''));
    case 'bytes':
      if (field.size !== undefined) return bytes(field.size);
      if (padding === undefined) return fc.uint8Array({ maxLength: 40 });
      return fc.nat({ max: 3 }).chain(words => bytes(8 * words + padding));
    case 'list':
      if (/^u\d+$/.test(field.of)) return few(uint(Number(field.of.slice(1))));
      return few(elementArbitrary(field.of));
    case 'ids': {
      const tags = unions.get(field.of)!.variants.filter(({ code }) => code !== 0xffff);
      const experimenter = fc.record({
        type: fc.constant('experimenter'),
        experimenter: uint(32),
        data: fc.uint8Array({ maxLength: 8 }),
      });
      return few(fc.oneof(fc.constantFrom(...tags.map(({ tag }) => tag)), experimenter));
    }
    case 'oxm-ids':
      return few(oxmName);
    case 'oxm-header':
      return field.wide ? oxmName : shortOxmName;
    case 'match':
    case 'oxms':
      return matchArbitrary;
    case 'oxm':
      return setFieldArbitrary;
    case 'nested':
    case 'body':
      return elementArbitrary(field.of);
    case 'message':
      return plainMessage;
    case 'custom': {
      const arbitrary = customArbitraries[field.codec];
      if (arbitrary === undefined) throw new Error(`custom-arbitraries.ts lacks '${field.codec}'`);
      return arbitrary;
    }
    case 'error-code':
      return uint(16);
  }
}

function elementArbitrary(name: string): fc.Arbitrary<Value> {
  const structure = structures.get(name);
  return structure === undefined ? unionArbitrary(name) : structureArbitrary(structure);
}

function flagsArbitrary({ values, open, bits }: FlagSet): fc.Arbitrary<string[]> {
  const all = Object.values(values).reduce((sum, bit) => (sum | bit) >>> 0, 0);
  const names = fc.subarray(Object.keys(values));
  if (!open) return names;
  return fc.tuple(names, fc.option(uint(bits))).map(([known, other]) => {
    const rest = other === null ? 0 : (other & ~all) >>> 0;
    return rest === 0 ? known : [...known, `0x${rest.toString(16)}`];
  });
}

/** Every message but those that hold whole messages. */
const plainMessage: fc.Arbitrary<Value> = fc.oneof(
  ...unions
    .get('Message')!
    .variants.filter(({ fields }) => !fields.some(({ kind }) => kind === 'message'))
    .map(variant => variantArbitrary(unions.get('Message')!, variant)),
);

/** Any message, as decode gives it. */
export const anyMessage: fc.Arbitrary<Value> = unionArbitrary('Message');
