/** Emits docs/reference/openflow.md. */
import type { Constants, Enumeration, FlagSet, OxmField, Union } from '../spec/dsl.js';
import { type Model, oxmHeader, oxmSize, type Shape } from './model.js';
import { hex } from './names.js';
import { fieldTable, table } from './reference-fields.js';

const INTRODUCTION = `# OpenFlow messages

Every message, field, action and error that \`cloakflow/openflow\` encodes and decodes. This page is generated from
\`controller/openflow/spec\`: after a change there, run
\`npm run generate && node dist/controller/openflow/generator/main.js --reference\`.

Numbers such as 7.3.4.1 are sections of the OpenFlow Switch Specification 1.3.5; other sources are named.
Bytes are in network order.

## How values look

| value | decoded | encode also takes | JSON |
| --- | --- | --- | --- |
| integer up to 32 bits | number | | number |
| u64, u128 | bigint | safe number, decimal or \`0x\` text | \`"0x…"\` |
| bytes | Uint8Array | hexadecimal text; a PacketInView for its frame | hexadecimal text |
| MAC address | \`"02:00:00:00:00:01"\` | integer of 48 bits | text |
| IPv4 address | \`"10.0.0.1"\` | integer of 32 bits | text |
| IPv6 address | \`"2001:db8::1"\` | 16 bytes | text |
| enumeration | name; a number without a name where it is open | | the same |
| flags | list of names; where open, the other bits as one \`"0x…"\` | nothing for none | the same |
| masked match field | \`{"value": …, "mask": …}\` | | the same |

A field with a default may be left out of a literal; decoded messages have every field. A key that is not listed is
refused. Every message may have \`xid\` (u32, 0); \`hello\` and \`error\` also \`version\`, where the header's is not 4.
The order of the keys of a match is the order on the wire; an order in which a field stands before what it requires
is replaced by the order of the table below. A match field without a name is a key of its own: its OXM header in
hexadecimal (\`"0x80015a02"\`, for class 0xffff followed by the experimenter id) with the payload as bytes.
What an unknown experimenter sends is kept byte for byte as \`experimenter\` and \`data\`.
`;

export function emitReference(model: Model): string {
  const lines: string[] = [INTRODUCTION];
  lines.push('## Match fields', '', ...matchFields(model));
  for (const union of model.specification.unions) lines.push(...unionChapter(model, union));
  lines.push('## Structures', '');
  for (const shape of model.structures.values()) lines.push(...shapeSection(model, shape, shape.typeName));
  lines.push('## Enumerations', '');
  for (const item of model.enumerations.values()) lines.push(...numbers(item, 'number'));
  lines.push('## Flags', '');
  for (const item of model.flagSets.values()) lines.push(...numbers(item, 'bit'));
  lines.push('## Constants', '');
  for (const item of model.specification.constants) lines.push(...numbers(item, 'number'));
  lines.push('## Errors', '', ...errorCodes(model));
  return `${lines.join('\n').trimEnd()}\n`;
}

function matchFields(model: Model): string[] {
  const lines = [
    'OXM fields (7.2.3). `bits` are significant; a value has none above. `mask`: whether `{value, mask}` is taken;',
    '`ovs` where OpenFlow says no and Open vSwitch yes. Value bits outside the mask must be zero.',
    '',
  ];
  const rows = model.specification.oxmFields.map(field => [
    `\`${field.name}\``,
    headerText(field),
    field.kind,
    `${field.bits}`,
    field.kind === 'bytes' ? `0 to ${oxmSize(field)}` : `${oxmSize(field)}`,
    { true: 'yes', false: '', 'open-vswitch': 'ovs' }[`${field.maskable}`],
    field.requires === undefined ? '' : model.conditions.get(field.requires)!.doc,
    field.section,
    field.doc ?? '',
  ]);
  lines.push(
    ...table(['field', 'header', 'kind', 'bits', 'bytes', 'mask', 'requires that', 'source', ''], rows),
  );
  return lines;
}

function headerText(field: OxmField): string {
  const header = `0x${oxmHeader(field).toString(16).padStart(8, '0')}`;
  return field.experimenter === undefined ? header : `${header} ${hex(field.experimenter)}`;
}

const FRAMES = {
  message: 'ofp_header: version u8, type u8, length u16, xid u32.',
  tlv: 'Type u16, length u16',
  body: 'The type stands in the header of the message.',
} as const;
const PADDINGS = {
  counted: 'filled to a multiple of 8 bytes within the length',
  uncounted: 'filled to a multiple of 8 bytes after the length',
  none: 'without padding',
} as const;

function unionChapter(model: Model, union: Union): string[] {
  const { frame } = union;
  const framing =
    frame.kind === 'tlv'
      ? `${frame.lengthFirst === true ? 'Length u16, type u16' : FRAMES.tlv}, ${PADDINGS[frame.padding]}.`
      : FRAMES[frame.kind];
  const lines = [`## ${union.name}`, '', `Section ${union.section}. ${framing}`];
  if (union.open) lines.push('Types without a name are `{"type": "unknown", "code", "data"}`.');
  lines.push('');
  for (const shape of model.shapesOf(union)) lines.push(...shapeSection(model, shape, shape.variant!.tag));
  return lines;
}

function shapeSection(model: Model, shape: Shape, title: string): string[] {
  const { variant } = shape;
  const experimenter = variant?.experimenter;
  const code =
    variant === undefined
      ? ''
      : experimenter === undefined
        ? `Type ${variant.code > 0xff ? hex(variant.code) : variant.code}. `
        : `Experimenter ${hex(experimenter.id)}, subtype ${experimenter.subtype}. `;
  const doc = shape.doc === undefined ? '' : ` ${shape.doc}`;
  return [
    `### ${title}`,
    '',
    `${code}Source: ${shape.section}. TypeScript: \`${shape.typeName}\`.${doc}`,
    '',
    ...fieldTable(model, shape),
  ];
}

function numbers(item: Enumeration | FlagSet | Constants, what: string): string[] {
  const facts = [`Source: ${item.section}.`];
  if ('bits' in item) facts.push(`${item.bits} bits, ${item.open ? 'open' : 'closed'}.`);
  if (item.doc !== undefined) facts.push(item.doc);
  const rows = Object.entries(item.values).map(([name, value]) => [
    `\`${name}\``,
    value > 0xff || what === 'bit' ? hex(value) : `${value}`,
  ]);
  return [`### ${item.name}`, '', facts.join(' '), '', ...table(['name', what], rows)];
}

function errorCodes(model: Model): string[] {
  const lines: string[] = [];
  const { errorCodes: standard, experimenterErrorCodes } = model.specification;
  for (const [rows, heading] of [
    [standard, 'type'],
    [experimenterErrorCodes, 'experimenter'],
  ] as const) {
    for (const item of rows) {
      lines.push(`### ${item.type}`, '', `Error ${heading} ${hex(item.code)}. Source: ${item.section}.`, '');
      const codes = Object.entries(item.codes).map(([name, code]) => [`\`${name}\``, `${code}`]);
      lines.push(...table(['code', 'number'], codes));
    }
  }
  return lines;
}
