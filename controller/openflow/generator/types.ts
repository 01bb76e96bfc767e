/** Emits the TypeScript types: of literals that encode takes, and of the fuller objects that decode gives. */
import type { Field, OxmField, OxmKind, Union } from '../spec/dsl.js';
import { Code, GENERATED } from './code.js';
import { customCodecs, customTypeName } from './custom.js';
import type { Model, Shape } from './model.js';
import { key, quote } from './names.js';

export function emitTypes(model: Model): string {
  const code = new Code();
  code.line(GENERATED);
  code.line("import type { Ipv4Address, Ipv6Address, MacAddress } from '../../address/index.js';");
  code.line("import type { ExperimenterId, RawOxmKey } from '../ids.js';");
  code.line("import type { Masked } from '../write-oxm.js';");
  const kinds = new Set(model.specification.oxmFields.map(({ kind }) => kind));
  const wide =
    kinds.has('u128') || model.shapes.some(({ fields }) => fields.some(({ kind }) => kind === 'u128'));
  code.line(`import type { Bytes, U64${wide ? ', U128' : ''} } from '../write-values.js';`);
  const names = [...model.enumerations.keys(), ...model.flagSets.keys()];
  code.line(`import type { ${names.join(', ')} } from './enumerations.js';`);
  for (const { codec, type } of customCodecs(model)) {
    code.line(`import type { ${type}, Decoded${type} } from '../custom/${codec}.js';`);
  }
  code.line();
  code.line('export type RawKey = RawOxmKey;');
  emitMatch(code, model);
  emitTags(code, model);
  for (const shape of model.shapes) {
    emitShape(code, shape, '');
    emitShape(code, shape, 'Decoded');
  }
  for (const union of model.specification.unions) {
    emitUnion(code, model, union, '');
    emitUnion(code, model, union, 'Decoded');
  }
  return code.toString();
}

const INPUT_OXM: Record<OxmKind, string> = {
  u8: 'number',
  u16: 'number',
  u24: 'number',
  u32: 'number',
  u64: 'U64',
  u128: 'U128',
  mac: 'MacAddress',
  ipv4: 'Ipv4Address',
  ipv6: 'Ipv6Address',
  bytes: 'Bytes',
};
const DECODED_OXM: Record<OxmKind, string> = {
  ...INPUT_OXM,
  u64: 'bigint',
  u128: 'bigint',
  mac: 'string',
  ipv4: 'string',
  ipv6: 'string',
  bytes: 'Uint8Array',
};

function emitMatch(code: Code, model: Model): void {
  const fieldType = (field: OxmField, types: Record<OxmKind, string>): string => {
    const value = types[field.kind];
    return field.maskable === false ? value : `${value} | Masked<${value}>`;
  };
  for (const [name, types] of [
    ['Match', INPUT_OXM],
    ['DecodedMatch', DECODED_OXM],
  ] as const) {
    code.line();
    code.line(
      '/** Match fields, in wire order. A field that is absent matches everything. Section 7.2.3. */',
    );
    code.block(`export interface ${name}`, () => {
      for (const field of model.specification.oxmFields) {
        const { section, doc } = field;
        code.line(`/** ${doc === undefined ? '' : `${doc} `}${field.bits} bits. Section ${section}. */`);
        code.line(`${field.name}?: ${fieldType(field, types)} | undefined;`);
      }
      code.line(
        '/** Fields without a name: header (and experimenter id) in hexadecimal, and the payload. */',
      );
      code.line(`[raw: RawOxmKey]: ${types.bytes};`);
    });
  }
}

/** Unions of the tags, for lists of ids. */
function emitTags(code: Code, model: Model): void {
  for (const union of model.specification.unions) {
    if (union.frame.kind !== 'tlv') continue;
    const tags = union.variants.filter(({ experimenter }) => experimenter === undefined);
    code.line();
    code.line(`export type ${union.name}Tag = ${tags.map(({ tag }) => quote(tag)).join(' | ')};`);
  }
}

function emitShape(code: Code, shape: Shape, prefix: '' | 'Decoded'): void {
  const { variant, union } = shape;
  code.line();
  const text = shape.doc === undefined ? '' : `${shape.doc} `;
  code.line(`/** ${text}Section ${shape.section}. */`);
  code.block(`export interface ${prefix}${shape.typeName}`, () => {
    const optional = prefix === '' ? '?' : '';
    if (variant !== undefined) code.line(`type: ${quote(variant.tag)};`);
    if (union?.frame.kind === 'message') {
      if (variant?.anyVersion === true) {
        code.line('/** Version in the header, where it is not 4. */').line('version?: number | undefined;');
      }
      code.line(`xid${optional}: number${prefix === '' ? ' | undefined' : ''};`);
    }
    for (const field of shape.fields) emitField(code, field, prefix);
  });
}

function emitField(code: Code, field: Field, prefix: '' | 'Decoded'): void {
  if (field.kind === 'packed') {
    for (const part of field.parts) {
      const optional = prefix === '' && part.default !== undefined;
      if (part.doc !== undefined) code.line(`/** ${part.doc} */`);
      code.line(`${key(part.name)}${optional ? '?' : ''}: number${optional ? ' | undefined' : ''};`);
    }
    return;
  }
  if (!('name' in field)) return;
  const optional =
    prefix === '' && (field.kind === 'flags' || ('default' in field && field.default !== undefined));
  if (field.doc !== undefined) code.line(`/** ${field.doc} */`);
  const type = fieldType(field, prefix);
  code.line(`${key(field.name)}${optional ? '?' : ''}: ${type}${optional ? ' | undefined' : ''};`);
  if (field.kind === 'error-code') {
    code.line("/** Only for the type 'experimenter'. */").line('experimenter?: number | undefined;');
  }
}

function fieldType(field: Extract<Field, { name: string }>, prefix: '' | 'Decoded'): string {
  const decoded = prefix !== '';
  switch (field.kind) {
    case 'uint':
      return 'number';
    case 'u64':
      return decoded ? 'bigint' : 'U64';
    case 'u128':
      return decoded ? 'bigint' : 'U128';
    case 'enum':
      return field.of;
    case 'error-code':
      return 'string | number';
    case 'mac':
      return decoded ? 'string' : 'MacAddress';
    case 'ipv4':
      return decoded ? 'string' : 'Ipv4Address';
    case 'ipv6':
      return decoded ? 'string' : 'Ipv6Address';
    case 'text':
    case 'oxm-header':
      return 'string';
    case 'bytes':
      return decoded ? 'Uint8Array' : 'Bytes';
    case 'flags':
      return decoded ? `${field.of}[]` : `readonly ${field.of}[]`;
    case 'list': {
      const element = /^u(8|16|32)$/.test(field.of) ? 'number' : prefix + field.of;
      return decoded ? `${element}[]` : `readonly ${element}[]`;
    }
    case 'ids': {
      const element = `(${field.of}Tag | ExperimenterId)`;
      return decoded ? `${element}[]` : `readonly ${element}[]`;
    }
    case 'oxm-ids':
      return decoded ? 'string[]' : 'readonly string[]';
    case 'match':
    case 'oxms':
    case 'oxm':
      return `${prefix}Match`;
    case 'nested':
    case 'body':
      return prefix + field.of;
    case 'message':
      return `${prefix}Message`;
    case 'custom':
      return `${prefix}${customTypeName(field.codec)}`;
  }
}

function emitUnion(code: Code, model: Model, union: Union, prefix: '' | 'Decoded'): void {
  const members = model.shapesOf(union).map(shape => prefix + shape.typeName);
  if (union.open) {
    const name = `${prefix}Unknown${union.suffix}`;
    members.push(name);
    code.line();
    code.line('/** A type code without a meaning here, kept as it is. */');
    code.line(
      `export interface ${name} { type: 'unknown'; code: number; data: ${prefix === '' ? 'Bytes' : 'Uint8Array'} }`,
    );
  }
  code.line();
  code.line(`/** Section ${union.section}. */`);
  code.line(`export type ${prefix}${union.name} =`);
  for (const member of members) code.line(`  | ${member}`);
  code.line(';');
}
