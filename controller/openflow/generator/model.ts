/** The specification with its names resolved: what every emitter asks. */
import type {
  Condition,
  Enumeration,
  Field,
  FlagSet,
  OxmField,
  Structure,
  Union,
  Variant,
} from '../spec/dsl.js';
import type { Specification } from '../spec/index.js';
import { pascal } from './names.js';

/** A structure, or a member of a union, as a sequence of fields behind a header of its union. */
export interface Shape {
  readonly typeName: string;
  readonly section: string;
  readonly doc: string | undefined;
  readonly fields: readonly Field[];
  readonly union: Union | undefined;
  readonly variant: Variant | undefined;
  /** Bytes of the frame, experimenter id and subtype before the fields. */
  readonly headerSize: number;
}

export class Model {
  readonly specification: Specification;
  readonly structures = new Map<string, Shape>();
  readonly unions = new Map<string, Union>();
  readonly enumerations = new Map<string, Enumeration>();
  readonly flagSets = new Map<string, FlagSet>();
  readonly conditions = new Map<string, Condition>();
  /** Structures and members of unions, in order. */
  readonly shapes: Shape[] = [];

  constructor(specification: Specification) {
    this.specification = specification;
    for (const structure of specification.structures) {
      unique(this.structures, structure.name, structureShape(structure));
      this.shapes.push(this.structures.get(structure.name)!);
    }
    for (const union of specification.unions) {
      unique(this.unions, union.name, union);
      for (const variant of union.variants) this.shapes.push(variantShape(union, variant));
    }
    for (const item of specification.enumerations) unique(this.enumerations, item.name, item);
    for (const item of specification.flagSets) unique(this.flagSets, item.name, item);
    for (const item of specification.conditions) unique(this.conditions, item.name, item);
    if (this.conditions.size > 31) throw new Error('more than 31 conditions do not fit one integer');
    const names = new Map<string, Shape>();
    for (const shape of this.shapes) unique(names, shape.typeName, shape);
    for (const union of specification.unions) checkCodes(union);
    checkOxmFields(this);
  }

  shapesOf(union: Union): Shape[] {
    return this.shapes.filter(shape => shape.union === union);
  }

  /** Bytes that `field` always takes; undefined when it varies. */
  fixedSize(field: Field): number | undefined {
    switch (field.kind) {
      case 'uint':
      case 'packed':
      case 'count-of':
        return field.bits / 8;
      case 'enum':
        return this.enumeration(field.of).bits / 8;
      case 'flags':
        return this.flagSet(field.of).bits / 8;
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
      case 'length':
      case 'length-of':
      case 'tag-of':
        return 2;
      default:
        return undefined;
    }
  }

  enumeration(name: string): Enumeration {
    return known(this.enumerations, name);
  }

  flagSet(name: string): FlagSet {
    return known(this.flagSets, name);
  }

  union(name: string): Union {
    return known(this.unions, name);
  }

  /** Bit of a condition in the masks of generated code. */
  conditionBit(name: string): number {
    known(this.conditions, name);
    return (1 << [...this.conditions.keys()].indexOf(name)) >>> 0;
  }
}

function structureShape(structure: Structure): Shape {
  return {
    typeName: structure.name,
    section: structure.section,
    doc: structure.doc,
    fields: structure.fields,
    union: undefined,
    variant: undefined,
    headerSize: 0,
  };
}

function variantShape(union: Union, variant: Variant): Shape {
  const frame = { message: 8, tlv: 4, body: 0 }[union.frame.kind];
  const subtype = variant.experimenter === undefined ? 0 : 4 + (union.experimenter?.subtypeBits ?? 0) / 8;
  return {
    typeName: variant.typeName ?? pascal(variant.tag) + union.suffix,
    section: variant.section,
    doc: variant.doc,
    fields: variant.fields,
    union,
    variant,
    headerSize: frame + subtype,
  };
}

/** Field names that a literal of this shape may have, without `type`. */
export function fieldNames(fields: readonly Field[]): string[] {
  return fields.flatMap(field => {
    if (field.kind === 'packed') return field.parts.map(part => part.name);
    if (field.kind === 'error-code') return [field.name, 'experimenter'];
    return 'name' in field ? [field.name] : [];
  });
}

/** Header of an OXM field without a mask (section 7.2.3.2); the length is 0 where it varies. */
export function oxmHeader(field: OxmField): number {
  const lead = field.experimenter === undefined ? 0 : 4;
  const length = field.kind === 'bytes' ? 0 : oxmSize(field) + lead;
  return ((field.oxmClass << 16) | (field.field << 9) | length) >>> 0;
}

/** Bytes of an OXM field's value; the most it can have where the length varies. */
export function oxmSize(field: OxmField): number {
  if (field.kind === 'bytes') return field.bits / 8;
  return { u8: 1, u16: 2, u24: 3, u32: 4, u64: 8, u128: 16, mac: 6, ipv4: 4, ipv6: 16 }[field.kind];
}

function known<Value>(map: ReadonlyMap<string, Value>, name: string): Value {
  const value = map.get(name);
  if (value === undefined) throw new Error(`the specification names '${name}', which it does not define`);
  return value;
}

function unique<Value>(map: Map<string, Value>, name: string, value: Value): void {
  if (map.has(name)) throw new Error(`the specification defines '${name}' twice`);
  map.set(name, value);
}

function checkCodes(union: Union): void {
  const seen = new Map<string, Variant>();
  const tags = new Map<string, Variant>();
  for (const variant of union.variants) {
    const { experimenter } = variant;
    if (experimenter !== undefined && union.experimenter === undefined) {
      throw new Error(`${union.name} has no experimenter members`);
    }
    unique(
      seen,
      experimenter === undefined ? `${variant.code}` : `${experimenter.id}/${experimenter.subtype}`,
      variant,
    );
    unique(tags, variant.tag, variant);
  }
}

function checkOxmFields(model: Model): void {
  const names = new Map<string, OxmField>();
  const places = new Map<string, OxmField>();
  for (const field of model.specification.oxmFields) {
    unique(names, field.name, field);
    unique(places, `${field.oxmClass}/${field.field}/${field.experimenter ?? ''}`, field);
    if (field.requires !== undefined) model.conditionBit(field.requires);
  }
}
