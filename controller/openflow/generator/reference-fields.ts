/** The field tables of the reference page. */
import type { Field } from '../spec/dsl.js';
import type { Model, Shape } from './model.js';

/** A cell of a markdown table. */
export const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', ' ');

export const row = (...cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  return [row(...head), `|${' --- |'.repeat(head.length)}`, ...rows.map(cells => row(...cells)), ''];
}

/** Where GitHub puts the anchor of a heading. */
export const anchor = (heading: string): string =>
  heading
    .toLowerCase()
    .replace(/[^a-z0-9 _-]/g, '')
    .replaceAll(' ', '-');

const link = (name: string): string => `[${name}](#${anchor(name)})`;

/** Table of the fields of a shape that a literal has; nothing when it has none. */
export function fieldTable(model: Model, shape: Shape): string[] {
  const rows = shape.fields.flatMap(field => fieldRows(model, field));
  return rows.length === 0 ? [] : table(['field', 'type', 'bytes', 'default', ''], rows);
}

function fieldRows(model: Model, field: Field): string[][] {
  if (field.kind === 'packed') {
    return field.parts.map(part => [
      `\`${part.name}\``,
      `integer of ${part.bits} bits${part.bias === undefined ? '' : `, from ${part.bias}`}`,
      '',
      defaultText(part.default),
      part.doc ?? '',
    ]);
  }
  if (!('name' in field)) return [];
  const size = model.fixedSize(field) ?? (field.kind === 'bytes' ? field.size : undefined);
  const preset = 'default' in field ? field.default : undefined;
  return [
    [
      `\`${field.name}\``,
      typeText(field),
      size === undefined ? '…' : `${size}`,
      field.kind === 'flags' ? 'none' : defaultText(preset),
      field.doc ?? '',
    ],
  ];
}

function defaultText(value: unknown): string {
  if (value === undefined) return '';
  if (typeof value === 'number' || typeof value === 'bigint') {
    return `\`${value > 9 ? `0x${value.toString(16)}` : value}\``;
  }
  if (typeof value === 'string') return value === '' ? 'empty' : `\`${value}\``;
  if (Array.isArray(value)) return 'empty';
  return value === null ? '`null`' : '`{}`';
}

function typeText(field: Extract<Field, { name: string }>): string {
  switch (field.kind) {
    case 'uint':
      return `u${field.bits}`;
    case 'enum':
      return link(field.of);
    case 'flags':
      return `list of ${link(field.of)}`;
    case 'error-code':
      return 'name or number, by the error type; for an experimenter with its id in `experimenter`';
    case 'mac':
      return 'MAC address';
    case 'ipv4':
      return 'IPv4 address';
    case 'ipv6':
      return 'IPv6 address';
    case 'list':
      return /^u\d+$/.test(field.of) ? `list of ${field.of}` : `list of ${link(field.of)}`;
    case 'ids':
      return `list of types of ${link(field.of)}`;
    case 'oxm-ids':
      return 'list of names of match fields';
    case 'oxm-header':
      return 'name of a match field';
    case 'match':
    case 'oxms':
      return '[match](#match-fields)';
    case 'oxm':
      return `[match](#match-fields) of one field${field.masked ? '' : ' without a mask'}`;
    case 'nested':
    case 'body':
      return link(field.of);
    case 'message':
      return 'a whole message';
    case 'custom':
      return `see \`controller/openflow/custom/${field.codec}.ts\``;
    default:
      return field.kind;
  }
}
