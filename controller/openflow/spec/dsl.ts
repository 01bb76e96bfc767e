/**
 * The language in which the protocol is written down: plain data, made by the short functions below.
 * A list of fields is the wire order, first byte first; all integers are big-endian. `section` cites
 * OpenFlow 1.3.5 where it is a number ('7.3.4.1'), else it names the source of an extension.
 */

interface Named {
  readonly name: string;
  readonly doc?: string;
}

export type UintBits = 8 | 16 | 32;

type Valued<Kind extends string, Default> = Named & { kind: Kind; default?: Default };

/** One field of a structure, in wire order. */
export type Field =
  | (Valued<'uint', number> & { bits: UintBits })
  | Valued<'u64', number | bigint>
  | Valued<'u128', number | bigint>
  | (Valued<'enum', string | number> & { of: string })
  | (Named & { kind: 'flags'; of: string })
  | (Named & { kind: 'error-code'; typeField: string })
  | Valued<'mac', number | string>
  | Valued<'ipv4', number | string>
  | Valued<'ipv6', string>
  | (Valued<'text', string> & { size: number })
  | (Valued<'bytes', string> & { size?: number })
  | (Valued<'list', readonly []> & { of: string })
  | (Valued<'ids', readonly []> & { of: string })
  | Valued<'oxm-ids', readonly []>
  | (Named & { kind: 'oxm-header'; wide: boolean; default?: string })
  | Valued<'match', Record<string, never>>
  | Valued<'oxms', Record<string, never>>
  | (Named & { kind: 'oxm'; masked: boolean })
  | (Named & { kind: 'nested'; of: string })
  | (Named & { kind: 'body'; of: string })
  | (Named & { kind: 'message' })
  | (Valued<'custom', unknown> & { codec: string })
  | { kind: 'packed'; bits: UintBits; parts: readonly PackedPart[] }
  | { kind: 'pad'; size: number }
  | { kind: 'align'; to: number }
  | { kind: 'length' }
  | { kind: 'length-of'; of: string }
  | { kind: 'count-of'; of: string; bits: 8 | 16 }
  | { kind: 'tag-of'; of: string; union: string };

/** A part of a packed integer, highest bits first. On the wire stands the value minus `bias`. */
export interface PackedPart extends Named {
  readonly bits: number;
  readonly bias?: number;
  readonly default?: number;
}

export interface Source {
  readonly section: string;
  readonly doc?: string;
}

/** A closed enumeration refuses numbers without a name; an open one passes them as numbers. */
export interface Enumeration extends Source {
  readonly name: string;
  readonly bits: UintBits;
  readonly open: boolean;
  readonly values: Readonly<Record<string, number>>;
}

/** A bitmap; bits without a name are refused when closed, and one '0x…' element when open. */
export interface FlagSet extends Source {
  readonly name: string;
  readonly bits: UintBits;
  readonly open: boolean;
  readonly values: Readonly<Record<string, number>>;
}

export interface Structure extends Source {
  readonly name: string;
  readonly fields: readonly Field[];
}

/** One member of a union: chosen by `code`, or, for an extension, by experimenter id and subtype. */
export interface Variant extends Source {
  readonly tag: string;
  readonly code: number;
  readonly fields: readonly Field[];
  /** Name of the TypeScript type; otherwise made of the tag and the union's suffix. */
  readonly typeName?: string;
  readonly experimenter?: { readonly id: number; readonly subtype: number };
  /** An action that may change which headers the packet has: later set-field prerequisites are unknown. */
  readonly changesHeaders?: boolean;
  /** A message that may carry another version in its header, which is then kept. */
  readonly anyVersion?: boolean;
}

type VariantSource = Source & Pick<Variant, 'typeName' | 'changesHeaders' | 'anyVersion'>;

/**
 * How a union's members are framed.
 * - message: ofp_header (version u8, type u8, length u16, xid u32);
 * - tlv: type u16, length u16 (with `lengthFirst` the other way round), body. Padding to 8 bytes is inside the
 *   length ('counted': the length is a multiple of 8), after it ('uncounted'), or absent ('none');
 * - body: type and length stand in the structure around it.
 */
export type Frame =
  | { kind: 'message' }
  | { kind: 'tlv'; padding: 'counted' | 'uncounted' | 'none'; lengthFirst?: boolean }
  | { kind: 'body' };

export interface Union extends Source {
  readonly name: string;
  readonly suffix: string;
  readonly frame: Frame;
  /** Type codes without a member become {type: 'unknown', code, data} instead of an error. */
  readonly open: boolean;
  /** Type code that announces an experimenter id, and the width of the subtype after the id. */
  readonly experimenter?: { readonly code: number; readonly subtypeBits: 16 | 32 };
  readonly variants: readonly Variant[];
}

/** A named fact about a packet that other fields require, e.g. "it is IPv4". Any one source suffices. */
export interface Condition {
  readonly name: string;
  readonly doc: string;
  readonly sources: readonly ConditionSource[];
}

/** The field is there, with one of `values`, or with all of `bits` set; with neither, any value does. */
export interface ConditionSource {
  readonly field: string;
  readonly values?: readonly number[];
  readonly bits?: number;
}

export type OxmKind =
  | 'u8'
  | 'u16'
  | 'u24'
  | 'u32'
  | 'u64'
  | 'u128'
  | 'mac'
  | 'ipv4'
  | 'ipv6'
  /** A length that the header tells; the value is bytes. */
  | 'bytes';

export interface OxmField extends Source {
  readonly name: string;
  readonly oxmClass: number;
  readonly field: number;
  /** Experimenter id behind the header, when the class is 0xffff. */
  readonly experimenter?: number;
  readonly kind: OxmKind;
  /** Significant bits; the rest of the value is zero. */
  readonly bits: number;
  /** 'open-vswitch': the specification says no, Open vSwitch takes any bitwise mask. */
  readonly maskable: boolean | 'open-vswitch';
  /** Name of a condition. */
  readonly requires?: string;
}

export interface ErrorCodes extends Source {
  /** Name of the error type; for an extension, of the experimenter. */
  readonly type: string;
  readonly code: number;
  readonly codes: Readonly<Record<string, number>>;
}

/** Numbers with a name that are not an enumeration, e.g. reserved ports. */
export interface Constants extends Source {
  readonly name: string;
  readonly values: Readonly<Record<string, number>>;
}

/** What one document defines: the core, or an extension. */
export interface Extension {
  readonly name: string;
  readonly constants?: readonly Constants[];
  readonly enumerations?: readonly Enumeration[];
  readonly flagSets?: readonly FlagSet[];
  readonly structures?: readonly Structure[];
  readonly unions?: readonly Union[];
  /** More members for unions defined elsewhere, by the union's name. */
  readonly variants?: Readonly<Record<string, readonly Variant[]>>;
  readonly conditions?: readonly Condition[];
  readonly oxmFields?: readonly OxmField[];
  /** Codes of experimenter errors: `code` is the experimenter id. */
  readonly errorCodes?: readonly ErrorCodes[];
}

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
