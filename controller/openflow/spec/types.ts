/** What the specification is made of; `dsl.ts` has the short functions that make it. */

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

export type VariantSource = Source & Pick<Variant, 'typeName' | 'changesHeaders' | 'anyVersion'>;

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
