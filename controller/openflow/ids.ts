/**
 * Lists in table features that name actions, instructions or match fields by their headers alone
 * (OpenFlow 1.3.5 section 7.3.5.5.2), and single OXM headers.
 */
import { Refusal, refuseValue } from './errors.js';
import { OXM_FIELDS, type OxmFieldInfo } from './generated/oxm-table.js';
import { type Reader, refuseRead } from './reader.js';
import { type Bytes, toBytes } from './write-values.js';
import type { Writer } from './writer.js';

/** An experimenter's action or instruction; `data` is what follows the experimenter id. */
export interface ExperimenterId {
  type: 'experimenter';
  experimenter: number;
  data?: Bytes | undefined;
}

/** Bits without a name. */
export type HexText = `0x${string}`;

/** '0x' and 8 hexadecimal digits of an OXM header; 16 with the experimenter id of class 0xffff. */
export type RawOxmKey = `0x${string}`;

const EXPERIMENTER = 0xffff;

export function writeIds(w: Writer, ids: unknown, codeOf: (tag: string) => number, field: string): void {
  if (!Array.isArray(ids)) refuseValue(field, ids, 'a list');
  for (const [index, id] of ids.entries()) {
    const place = `${field}[${index}]`;
    if (typeof id === 'string') {
      const code = codeOf(id);
      if (code < 0 || code === EXPERIMENTER) throw new Refusal('bad-type', place, 'is not a type here');
      w.reserve(4);
      w.view.setUint16(w.pos, code);
      w.view.setUint16(w.pos + 2, 4);
      w.pos += 4;
    } else {
      writeExperimenterId(w, id, place);
    }
  }
}

function writeExperimenterId(w: Writer, id: unknown, field: string): void {
  if (typeof id !== 'object' || id === null || (id as ExperimenterId).type !== 'experimenter') {
    refuseValue(field, id, "a type, or an object of type 'experimenter'");
  }
  const { experimenter, data } = id as ExperimenterId;
  for (const key in id) {
    if (!['type', 'experimenter', 'data'].includes(key)) {
      throw new Refusal('unknown-field', `${field}.${key}`, 'is not a field here');
    }
  }
  if (experimenter >>> 0 !== experimenter)
    refuseValue(`${field}.experimenter`, experimenter, 'an integer of 32 bits');
  const bytes = toBytes(data ?? '', `${field}.data`);
  if (bytes.length > 0xffff - 8)
    throw new Refusal('too-long', `${field}.data`, 'must have at most 65527 bytes');
  w.reserve(8 + bytes.length);
  w.view.setUint16(w.pos, EXPERIMENTER);
  w.view.setUint16(w.pos + 2, 8 + bytes.length);
  w.view.setUint32(w.pos + 4, experimenter);
  w.buf.set(bytes, w.pos + 8);
  w.pos += 8 + bytes.length;
}

export function readIds<Tag extends string>(
  r: Reader,
  end: number,
  tagOf: (code: number) => Tag | undefined,
  field: string,
): (Tag | ExperimenterId)[] {
  const ids: (Tag | ExperimenterId)[] = [];
  while (r.pos < end) {
    r.need(end, 4, field);
    const start = r.pos;
    const code = r.view.getUint16(start);
    const length = r.view.getUint16(start + 2);
    const least = code === EXPERIMENTER ? 8 : 4;
    if (length < least || length > end - start)
      refuseRead('bad-length', field, 'has an element of a wrong length', start);
    if (code === EXPERIMENTER) {
      const experimenter = r.view.getUint32(start + 4);
      r.pos = start + 8;
      ids.push({ type: 'experimenter', experimenter, data: r.bytes(start + length) });
      continue;
    }
    const tag = tagOf(code);
    if (tag === undefined) refuseRead('bad-type', field, 'has a type without a meaning', start);
    if (length !== 4) refuseRead('bad-length', field, 'has an element of a wrong length', start);
    ids.push(tag);
    r.pos = start + 4;
  }
  return ids;
}

const byName = new Map<string, OxmFieldInfo>(OXM_FIELDS.map(field => [field.name, field]));
const MASK_SUFFIX = '/mask';
const namesByHeader = new Map<string, string>(
  OXM_FIELDS.flatMap(field => [
    [rawOxmKey(plainHeader(field), field.experimenter), field.name],
    [rawOxmKey(withMask(field), field.experimenter), field.name + MASK_SUFFIX],
  ]),
);

/** Text of a header that has no name. */
export function rawOxmKey(header: number, experimenter: number): RawOxmKey {
  const digits = (value: number) => value.toString(16).padStart(8, '0');
  return `0x${digits(header)}${header >>> 16 === EXPERIMENTER ? digits(experimenter) : ''}`;
}

/** Everything about the match field `name`; undefined when there is none. */
export const oxmFieldByName = (name: string): OxmFieldInfo | undefined => byName.get(name);

/** Header without a mask; with the greatest length where that varies. */
function plainHeader({ header, size }: OxmFieldInfo): number {
  return (header & 0xff) === 0 ? header + size : header;
}

/** Header with the mask bit and the length of value and mask; the experimenter id is not doubled. */
function withMask(field: OxmFieldInfo): number {
  return plainHeader(field) + 0x100 + field.size;
}

/** Writes a header named 'ethDst', 'ethDst/mask' or '0x…'. */
export function writeOxmHeader(w: Writer, name: unknown, field: string): void {
  if (typeof name !== 'string') refuseValue(field, name, 'the name of a match field');
  const masked = name.endsWith(MASK_SUFFIX);
  const known = byName.get(masked ? name.slice(0, -MASK_SUFFIX.length) : name);
  const raw = known === undefined ? /^0x([0-9a-f]{8})([0-9a-f]{8})?$/.exec(name) : null;
  if (known === undefined && raw === null) refuseValue(field, name, 'the name of a match field, or 0x text');
  const header =
    known === undefined ? Number.parseInt(raw![1]!, 16) : masked ? withMask(known) : plainHeader(known);
  const experimenter = known === undefined ? Number.parseInt(raw![2] ?? '0', 16) : known.experimenter;
  const long = header >>> 16 === EXPERIMENTER;
  if (raw !== null && long !== (raw[2] !== undefined)) {
    refuseValue(field, name, 'a header with an experimenter id for class 0xffff, and only then');
  }
  w.reserve(8);
  w.view.setUint32(w.pos, header);
  if (long) w.view.setUint32(w.pos + 4, experimenter);
  w.pos += long ? 8 : 4;
}

export function readOxmHeader(r: Reader, end: number, field: string): string {
  r.need(end, 4, field);
  const header = r.view.getUint32(r.pos);
  let experimenter = 0;
  if (header >>> 16 === EXPERIMENTER) {
    r.need(end, 8, field);
    experimenter = r.view.getUint32(r.pos + 4);
    r.pos += 4;
  }
  r.pos += 4;
  const key = rawOxmKey(header, experimenter);
  return namesByHeader.get(key) ?? key;
}

/** The same where there is no room for an experimenter id. */
export function writeShortOxmHeader(w: Writer, name: unknown, field: string): void {
  const start = w.pos;
  writeOxmHeader(w, name, field);
  if (w.pos !== start + 4) throw new Refusal('bad-value', field, 'cannot be a field of an experimenter here');
}

export function readShortOxmHeader(r: Reader, end: number, field: string): string {
  const start = r.pos;
  const name = readOxmHeader(r, end, field);
  if (r.pos !== start + 4) refuseRead('bad-value', field, 'cannot be a field of an experimenter here', start);
  return name;
}

export function writeOxmHeaders(w: Writer, names: unknown, field: string): void {
  if (!Array.isArray(names)) refuseValue(field, names, 'a list');
  for (const [index, name] of names.entries()) writeOxmHeader(w, name, `${field}[${index}]`);
}

export function readOxmHeaders(r: Reader, end: number, field: string): string[] {
  const names: string[] = [];
  while (r.pos < end) names.push(readOxmHeader(r, end, field));
  return names;
}
