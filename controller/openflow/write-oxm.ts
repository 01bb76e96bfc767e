/**
 * Writes one OXM field (OpenFlow 1.3.5 section 7.2.3.2): header, value and, for {value, mask}, the mask.
 * `header` is the one without a mask; `max` has a one for every bit that the field has.
 */
import { ipv4ToNumber } from '../address/index.js';
import { Refusal, refuseUint, refuseValue } from './errors.js';
import { toBytes, writeIpv6, writeMac, writeU64, writeU128 } from './write-values.js';
import type { Writer } from './writer.js';

/** A value of which only the bits of `mask` count; bits outside the mask are zero. */
export interface Masked<Value> {
  readonly value: Value;
  readonly mask: Value;
}

/** Splits {value, mask}; refuses what is no such object, and masks on fields without. */
function masked(value: unknown, maskable: boolean, field: string): Masked<unknown> {
  if (typeof value !== 'object' || value === null || !('mask' in value) || !('value' in value)) {
    refuseValue(field, value, 'a value, or an object of value and mask');
  }
  for (const key in value) {
    if (key !== 'value' && key !== 'mask')
      throw new Refusal('unknown-field', `${field}.${key}`, 'is not a field here');
  }
  if (!maskable) throw new Refusal('bad-mask', field, 'cannot have a mask');
  return value as Masked<unknown>;
}

/** The header with the mask bit, its length doubled. */
const maskedHeader = (header: number): number => header + 0x100 + (header & 0xff);

function refuseOutside(field: string): never {
  throw new Refusal('bad-mask', field, 'has value bits outside the mask');
}

/** Refuses masks wider than the field and values wider than the mask; `max` is a 32-bit integer. */
function checkMask(value: unknown, mask: unknown, max: number, field: string, bits: number): void {
  if (typeof value !== 'number' || (value & max) >>> 0 !== value) refuseUint(`${field}.value`, value, bits);
  if (typeof mask !== 'number' || (mask & max) >>> 0 !== mask) refuseUint(`${field}.mask`, mask, bits);
  if ((value & ~mask) !== 0) refuseOutside(field);
}

const bitsOf = (max: number): number => 32 - Math.clz32(max);

export function writeOxmU8(
  w: Writer,
  header: number,
  value: unknown,
  max: number,
  maskable: boolean,
  field: string,
) {
  w.reserve(6);
  const { view, pos } = w;
  if (typeof value === 'number') {
    if ((value & max) !== value) refuseUint(field, value, bitsOf(max));
    view.setUint32(pos, header);
    view.setUint8(pos + 4, value);
    w.pos = pos + 5;
    return;
  }
  const split = masked(value, maskable, field);
  checkMask(split.value, split.mask, max, field, bitsOf(max));
  view.setUint32(pos, maskedHeader(header));
  view.setUint8(pos + 4, split.value as number);
  view.setUint8(pos + 5, split.mask as number);
  w.pos = pos + 6;
}

export function writeOxmU16(
  w: Writer,
  header: number,
  value: unknown,
  max: number,
  maskable: boolean,
  field: string,
) {
  w.reserve(8);
  const { view, pos } = w;
  if (typeof value === 'number') {
    if ((value & max) !== value) refuseUint(field, value, bitsOf(max));
    view.setUint32(pos, header);
    view.setUint16(pos + 4, value);
    w.pos = pos + 6;
    return;
  }
  const split = masked(value, maskable, field);
  checkMask(split.value, split.mask, max, field, bitsOf(max));
  view.setUint32(pos, maskedHeader(header));
  view.setUint16(pos + 4, split.value as number);
  view.setUint16(pos + 6, split.mask as number);
  w.pos = pos + 8;
}

export function writeOxmU24(
  w: Writer,
  header: number,
  value: unknown,
  max: number,
  maskable: boolean,
  field: string,
) {
  w.reserve(10);
  const { view, pos } = w;
  if (typeof value === 'number') {
    if ((value & max) !== value) refuseUint(field, value, bitsOf(max));
    view.setUint32(pos, header);
    view.setUint8(pos + 4, value >>> 16);
    view.setUint16(pos + 5, value & 0xffff);
    w.pos = pos + 7;
    return;
  }
  const split = masked(value, maskable, field);
  checkMask(split.value, split.mask, max, field, bitsOf(max));
  const [plain, mask] = [split.value as number, split.mask as number];
  view.setUint32(pos, maskedHeader(header));
  view.setUint8(pos + 4, plain >>> 16);
  view.setUint16(pos + 5, plain & 0xffff);
  view.setUint8(pos + 7, mask >>> 16);
  view.setUint16(pos + 8, mask & 0xffff);
  w.pos = pos + 10;
}

export function writeOxmU32(
  w: Writer,
  header: number,
  value: unknown,
  max: number,
  maskable: boolean,
  field: string,
) {
  w.reserve(12);
  const { view, pos } = w;
  if (typeof value === 'number') {
    if ((value & max) >>> 0 !== value) refuseUint(field, value, bitsOf(max));
    view.setUint32(pos, header);
    view.setUint32(pos + 4, value);
    w.pos = pos + 8;
    return;
  }
  const split = masked(value, maskable, field);
  checkMask(split.value, split.mask, max, field, bitsOf(max));
  view.setUint32(pos, maskedHeader(header));
  view.setUint32(pos + 4, split.value as number);
  view.setUint32(pos + 8, split.mask as number);
  w.pos = pos + 12;
}

export function writeOxmIpv4(w: Writer, header: number, value: unknown, maskable: boolean, field: string) {
  w.reserve(12);
  const { view, pos } = w;
  if (typeof value === 'number' || typeof value === 'string') {
    const number = ipv4ToNumber(value);
    if (number >>> 0 !== number) refuseIpv4(field, value);
    view.setUint32(pos, header);
    view.setUint32(pos + 4, number);
    w.pos = pos + 8;
    return;
  }
  const split = masked(value, maskable, field);
  const number = ipv4ToNumber(split.value as number);
  const mask = ipv4ToNumber(split.mask as number);
  if (number >>> 0 !== number) refuseIpv4(`${field}.value`, split.value);
  if (mask >>> 0 !== mask) refuseIpv4(`${field}.mask`, split.mask);
  if ((number & ~mask) !== 0) refuseOutside(field);
  view.setUint32(pos, maskedHeader(header));
  view.setUint32(pos + 4, number);
  view.setUint32(pos + 8, mask);
  w.pos = pos + 12;
}

function refuseIpv4(field: string, value: unknown): never {
  refuseValue(field, value, 'an IPv4 address: text or an integer of 32 bits');
}

export function writeOxmMac(w: Writer, header: number, value: unknown, maskable: boolean, field: string) {
  w.reserve(16);
  const { view, pos } = w;
  if (typeof value === 'number' || typeof value === 'string') {
    writeMac(view, pos + 4, value, field);
    view.setUint32(pos, header);
    w.pos = pos + 10;
    return;
  }
  const split = masked(value, maskable, field);
  writeMac(view, pos + 4, split.value, `${field}.value`);
  writeMac(view, pos + 10, split.mask, `${field}.mask`);
  view.setUint32(pos, maskedHeader(header));
  finishMasked(w, pos, 6, field);
}

/** Ends a masked field of `size` bytes at `pos`, both halves written; refuses value bits outside the mask. */
function finishMasked(w: Writer, pos: number, size: number, field: string): void {
  const { buf } = w;
  for (let index = pos + 4; index < pos + 4 + size; index++) {
    if ((buf[index]! & ~buf[index + size]!) !== 0) refuseOutside(field);
  }
  w.pos = pos + 4 + 2 * size;
}

export function writeOxmU64(w: Writer, header: number, value: unknown, maskable: boolean, field: string) {
  w.reserve(20);
  const { view, pos } = w;
  if (typeof value !== 'object' || value === null) {
    writeU64(view, pos + 4, value, field);
    view.setUint32(pos, header);
    w.pos = pos + 12;
    return;
  }
  const split = masked(value, maskable, field);
  writeU64(view, pos + 4, split.value, `${field}.value`);
  writeU64(view, pos + 12, split.mask, `${field}.mask`);
  view.setUint32(pos, maskedHeader(header));
  finishMasked(w, pos, 8, field);
}

export function writeOxmU128(w: Writer, header: number, value: unknown, maskable: boolean, field: string) {
  w.reserve(36);
  const { view, pos } = w;
  if (typeof value !== 'object' || value === null) {
    writeU128(view, pos + 4, value, field);
    view.setUint32(pos, header);
    w.pos = pos + 20;
    return;
  }
  const split = masked(value, maskable, field);
  writeU128(view, pos + 4, split.value, `${field}.value`);
  writeU128(view, pos + 20, split.mask, `${field}.mask`);
  view.setUint32(pos, maskedHeader(header));
  finishMasked(w, pos, 16, field);
}

export function writeOxmIpv6(w: Writer, header: number, value: unknown, maskable: boolean, field: string) {
  w.reserve(36);
  const { view, pos } = w;
  if (typeof value === 'string' || value instanceof Uint8Array) {
    writeIpv6(w.buf, pos + 4, value, field);
    view.setUint32(pos, header);
    w.pos = pos + 20;
    return;
  }
  const split = masked(value, maskable, field);
  writeIpv6(w.buf, pos + 4, split.value, `${field}.value`);
  writeIpv6(w.buf, pos + 20, split.mask, `${field}.mask`);
  view.setUint32(pos, maskedHeader(header));
  finishMasked(w, pos, 16, field);
}

/** A field whose length is the value's own, at most `max` bytes; `header` has length 0. */
export function writeOxmBytes(
  w: Writer,
  header: number,
  value: unknown,
  max: number,
  maskable: boolean,
  field: string,
) {
  const plain = typeof value === 'string' || value instanceof Uint8Array;
  const split = plain ? undefined : masked(value, maskable, field);
  const bytes = toBytes(split === undefined ? value : split.value, field);
  const size = bytes.length;
  if (size > max) throw new Refusal('bad-length', field, `must have at most ${max} bytes`);
  w.reserve(4 + 2 * size);
  const { pos } = w;
  w.buf.set(bytes, pos + 4);
  if (split === undefined) {
    w.view.setUint32(pos, header + size);
    w.pos = pos + 4 + size;
    return;
  }
  const mask = toBytes(split.mask, `${field}.mask`);
  if (mask.length !== size) throw new Refusal('bad-length', `${field}.mask`, `must have ${size} bytes`);
  w.buf.set(mask, pos + 4 + size);
  w.view.setUint32(pos, header + 0x100 + 2 * size);
  finishMasked(w, pos, size, field);
}

/** Puts the experimenter id between the header at `pos`, just written, and its payload. */
export function insertExperimenter(w: Writer, pos: number, experimenter: number): void {
  w.reserve(4);
  w.buf.copyWithin(pos + 8, pos + 4, w.pos);
  w.view.setUint32(pos, w.view.getUint32(pos) + 4);
  w.view.setUint32(pos + 4, experimenter);
  w.pos += 4;
}

const RAW_KEY = /^0x(?<header>[0-9a-f]{8})(?<experimenter>[0-9a-f]{8})?$/;

/**
 * A field that the specification does not name: the key is the header in hexadecimal, for the experimenter class
 * (0xffff) followed by the experimenter id; the value is the rest. `known` tells headers that have a name.
 */
export function writeRawOxm(
  w: Writer,
  key: string,
  value: unknown,
  known: (header: number, experimenter: number) => boolean,
) {
  const parts = RAW_KEY.exec(key)?.groups;
  if (parts === undefined) throw new Refusal('unknown-field', key, 'is not a match field');
  const header = Number.parseInt(parts.header!, 16);
  const experimenter = parts.experimenter === undefined ? 0 : Number.parseInt(parts.experimenter, 16);
  if ((header >>> 16 === 0xffff) !== (parts.experimenter !== undefined)) {
    throw new Refusal('unknown-field', key, 'must name an experimenter with class 0xffff, and only then');
  }
  if (known(header, experimenter)) throw new Refusal('unknown-field', key, 'must be written by its name');
  const bytes = toBytes(value, key);
  const lead = parts.experimenter === undefined ? 0 : 4;
  if (bytes.length + lead !== (header & 0xff)) {
    throw new Refusal('bad-length', key, `must have ${(header & 0xff) - lead} bytes`);
  }
  w.reserve(8 + bytes.length);
  w.view.setUint32(w.pos, header);
  if (lead !== 0) w.view.setUint32(w.pos + 4, experimenter);
  w.buf.set(bytes, w.pos + 4 + lead);
  w.pos += 4 + lead + bytes.length;
}

/** The number of a value with or without a mask; 0 when it is no number. */
export function plainValue(value: unknown): number {
  if (typeof value === 'number') return value;
  const inner = typeof value === 'object' && value !== null && 'value' in value ? value.value : 0;
  return typeof inner === 'number' ? inner : 0;
}
