/**
 * The language in which the protocol is written down: plain data, made by the short functions below.
 * A list of fields is the wire order, first byte first; all integers are big-endian. `section` cites
 * OpenFlow 1.3.5 where it is a number ('7.3.4.1'), else it names the source of an extension.
 */
import type {
  Condition,
  ConditionSource,
  Constants,
  Enumeration,
  Field,
  FlagSet,
  PackedPart,
  Source,
  Structure,
  UintBits,
  Union,
  Variant,
  VariantSource,
} from './types.js';

export type * from './types.js';

interface Options<Default> {
  readonly default?: Default;
  readonly doc?: string;
}

export const u8 = (name: string, options: Options<number> = {}): Field => uint(8, name, options);
export const u16 = (name: string, options: Options<number> = {}): Field => uint(16, name, options);
export const u32 = (name: string, options: Options<number> = {}): Field => uint(32, name, options);
const uint = (bits: UintBits, name: string, options: Options<number>): Field => ({
  kind: 'uint',
  bits,
  name,
  ...options,
});
export const u64 = (name: string, options: Options<number | bigint> = {}): Field => ({
  kind: 'u64',
  name,
  ...options,
});
export const u128 = (name: string, options: Options<number | bigint> = {}): Field => ({
  kind: 'u128',
  name,
  ...options,
});

/** An integer with names, as wide as the enumeration `of` says. */
export const named = (name: string, of: string, options: Options<string | number> = {}): Field => ({
  kind: 'enum',
  name,
  of,
  ...options,
});
/** A bitmap as a list of names; absent means none. */
export const flags = (name: string, of: string, options: Options<never> = {}): Field => ({
  kind: 'flags',
  name,
  of,
  ...options,
});
/**
 * A u16 whose names depend on the error type in the field `typeField`. For the type 'experimenter' the id
 * follows as the field `experimenter`.
 */
export const errorCode = (name: string, typeField: string): Field => ({
  kind: 'error-code',
  name,
  typeField,
});

export const mac = (name: string, options: Options<number | string> = {}): Field => ({
  kind: 'mac',
  name,
  ...options,
});
export const ipv4 = (name: string, options: Options<number | string> = {}): Field => ({
  kind: 'ipv4',
  name,
  ...options,
});
export const ipv6 = (name: string, options: Options<string> = {}): Field => ({
  kind: 'ipv6',
  name,
  ...options,
});

/** Text in `size` bytes, filled with zeros. */
export const text = (name: string, size: number, options: Options<string> = {}): Field => ({
  kind: 'text',
  name,
  size,
  ...options,
});
/** `size` bytes; without a size, all up to the end of the structure or as `lengthOf` says. */
export const bytes = (name: string, options: Options<string> & { size?: number } = {}): Field => ({
  kind: 'bytes',
  name,
  ...options,
});

/** Elements of a structure, a union, or 'u8' | 'u16' | 'u32', up to the end or as lengthOf/countOf say. */
export const list = (name: string, of: string, options: Options<readonly []> = {}): Field => ({
  kind: 'list',
  name,
  of,
  ...options,
});
/** Headers of members of a tlv union, without bodies: tags, or {type: 'experimenter', experimenter, data}. */
export const ids = (name: string, of: string, options: Options<readonly []> = {}): Field => ({
  kind: 'ids',
  name,
  of,
  ...options,
});
/** OXM headers up to the end: 'ethDst', 'ethDst/mask', or hexadecimal when unknown. */
export const oxmIds = (name: string, options: Options<readonly []> = {}): Field => ({
  kind: 'oxm-ids',
  name,
  ...options,
});
/** One OXM header that names a field: 'reg0'. 4 bytes, so it cannot be of an experimenter. */
export const oxmHeader = (name: string, options: Options<string> = {}): Field => ({
  kind: 'oxm-header',
  name,
  wide: false,
  ...options,
});
/** The same with 4 or, for a field of an experimenter, 8 bytes. */
export const wideOxmHeader = (name: string, options: Options<string> = {}): Field => ({
  kind: 'oxm-header',
  name,
  wide: true,
  ...options,
});
/** ofp_match: type, length, OXM fields, padding to 8. Absent means everything. */
export const match = (name = 'match'): Field => ({ kind: 'match', name, default: {} });
/** OXM fields without a header, up to the end or as `lengthOf` says. */
export const oxms = (name: string, options: Options<Record<string, never>> = {}): Field => ({
  kind: 'oxms',
  name,
  default: {},
  ...options,
});
/** Exactly one OXM field; with a mask only where `masked` says so. */
export const oxm = (name: string, options: { masked?: boolean } = {}): Field => ({
  kind: 'oxm',
  name,
  masked: options.masked ?? false,
});

/** A structure or a tlv union in line. */
export const nested = (name: string, of: string, options: Options<never> = {}): Field => ({
  kind: 'nested',
  name,
  of,
  ...options,
});
/** The member of a body union; its code stands where `tagOf` is. Ends the structure. */
export const body = (name: string, of: string): Field => ({ kind: 'body', name, of });
/** The type code (u16) of the body `of`. */
export const tagOf = (of: string, union: string): Field => ({ kind: 'tag-of', of, union });
/** A whole OpenFlow message with its header. */
export const message = (name: string): Field => ({ kind: 'message', name });
/** Written by hand in custom/<codec>.ts: see spec/README.md. */
export const custom = (name: string, codec: string, options: Options<unknown> = {}): Field => ({
  kind: 'custom',
  name,
  codec,
  ...options,
});

/** Several small integers in one, highest bits first. */
export const packed = (bits: UintBits, parts: readonly PackedPart[]): Field => ({
  kind: 'packed',
  bits,
  parts,
});

export const pad = (size: number): Field => ({ kind: 'pad', size });
/** Zeros up to a multiple of `to` bytes from the start of the structure. */
export const align = (to: number): Field => ({ kind: 'align', to });
/** u16: bytes of this structure. */
export const length = (): Field => ({ kind: 'length' });
/** u16: bytes of the later field `of`; of a match, those that its own header says. */
export const lengthOf = (of: string): Field => ({ kind: 'length-of', of });
/** Number of elements of the later list `of`. */
export const countOf = (of: string, bits: 8 | 16 = 16): Field => ({ kind: 'count-of', of, bits });

export const structure = (name: string, source: Source, fields: readonly Field[]): Structure => ({
  name,
  ...source,
  fields,
});

export const variant = (
  tag: string,
  code: number,
  source: VariantSource,
  fields: readonly Field[] = [],
): Variant => ({ tag, code, ...source, fields });

/** A member that follows an experimenter id and a subtype. */
export const experimenterVariant = (
  tag: string,
  experimenter: { id: number; subtype: number },
  source: VariantSource,
  fields: readonly Field[] = [],
): Variant => ({ tag, code: 0xffff, experimenter, ...source, fields });

export const union = (
  name: string,
  source: Source & Pick<Union, 'suffix' | 'frame' | 'experimenter'> & { open?: boolean },
  variants: readonly Variant[],
): Union => ({ name, open: false, ...source, variants });

export const enumeration = (
  name: string,
  bits: UintBits,
  source: Source & { open?: boolean },
  values: Record<string, number>,
): Enumeration => ({ name, bits, open: false, ...source, values });

export const flagSet = (
  name: string,
  bits: UintBits,
  source: Source & { open?: boolean },
  values: Record<string, number>,
): FlagSet => ({ name, bits, open: false, ...source, values });

export const constants = (name: string, source: Source, values: Record<string, number>): Constants => ({
  name,
  ...source,
  values,
});

export const condition = (name: string, doc: string, sources: readonly ConditionSource[]): Condition => ({
  name,
  doc,
  sources,
});
