/** Writes single values into a writer's buffer; every function checks before it writes. Big-endian. */
import { ipv4ToNumber, macToNumber, parseIpv6 } from '../address/index.js';
import { Refusal, refuseValue } from './errors.js';
import { parseHex } from './hex.js';
import type { Writer } from './writer.js';

const MAX_U64 = 0xffff_ffff_ffff_ffffn;
const MAX_U128 = (1n << 128n) - 1n;
/** Below this many bytes a loop is quicker than Uint8Array.set. */
const LOOP_LIMIT = 192;

/** A 64-bit unsigned integer: a bigint, a number up to 2^53 - 1, or decimal or 0x text. */
export type U64 = bigint | number | string;
/** A 128-bit unsigned integer in the same forms. */
export type U128 = bigint | number | string;
/** Marks classes whose instances are ranges that were checked when they were made. */
export const CHECKED_RANGE = Symbol('checked range');

/** Bytes that lie within a larger buffer. A PacketInView is one: its frame is sent on without a copy in between. */
export interface ByteRange {
  readonly [CHECKED_RANGE]?: true;
  readonly buf: Uint8Array;
  /** Over the same bytes as `buf`. */
  readonly view: DataView;
  readonly dataOffset: number;
  readonly dataLength: number;
}
/** Bytes, their hexadecimal text, or where they lie. */
export type Bytes = Uint8Array | string | ByteRange;

export function writeU64(view: DataView, pos: number, value: unknown, field: string): void {
  if (typeof value === 'number') {
    if (!Number.isSafeInteger(value) || value < 0) refuseU64(field, value);
    view.setUint32(pos, Math.floor(value / 0x1_0000_0000));
    view.setUint32(pos + 4, value >>> 0);
    return;
  }
  const number = typeof value === 'bigint' ? value : parseUnsigned(value);
  if (number === undefined || number < 0n || number > MAX_U64) refuseU64(field, value);
  view.setBigUint64(pos, number);
}

function refuseU64(field: string, value: unknown): never {
  refuseValue(
    field,
    value,
    'an integer of 64 bits without sign: a bigint, a safe number, or decimal or 0x text',
  );
}

export function writeU128(view: DataView, pos: number, value: unknown, field: string): void {
  const number = toUnsigned(value);
  if (number === undefined || number < 0n || number > MAX_U128) {
    refuseValue(
      field,
      value,
      'an integer of 128 bits without sign: a bigint, a safe number, or decimal or 0x text',
    );
  }
  view.setBigUint64(pos, number >> 64n);
  view.setBigUint64(pos + 8, number & MAX_U64);
}

export function readU128(view: DataView, pos: number): bigint {
  return (view.getBigUint64(pos) << 64n) | view.getBigUint64(pos + 8);
}

/** The bigint of an integer in any of its forms; undefined when it is none. */
function toUnsigned(value: unknown): bigint | undefined {
  if (typeof value === 'bigint') return value;
  if (typeof value === 'number') return Number.isSafeInteger(value) ? BigInt(value) : undefined;
  return parseUnsigned(value);
}

function parseUnsigned(value: unknown): bigint | undefined {
  return typeof value === 'string' && /^(0x[0-9a-f]{1,32}|[0-9]{1,39})$/i.test(value)
    ? BigInt(value)
    : undefined;
}

export function writeMac(view: DataView, pos: number, value: unknown, field: string): void {
  const number = typeof value === 'number' ? value : typeof value === 'string' ? textMac(value) : Number.NaN;
  const high = (number / 0x1_0000_0000) & 0xffff;
  const low = number >>> 0;
  if (high * 0x1_0000_0000 + low !== number)
    refuseValue(field, value, 'a MAC address: text or an integer of 48 bits');
  view.setUint16(pos, high);
  view.setUint32(pos + 2, low);
}

/** The 48-bit number of MAC text; NaN when it is not one. The usual form, xx:xx:xx:xx:xx:xx, is quick. */
function textMac(text: string): number {
  if (text.length !== 17) return macToNumber(text);
  let value = 0;
  for (let index = 0; index < 17; index += 3) {
    const high = digit(text.charCodeAt(index));
    const low = digit(text.charCodeAt(index + 1));
    if ((high | low) < 0 || (index < 15 && text.charCodeAt(index + 2) !== 58)) return macToNumber(text);
    value = value * 256 + high * 16 + low;
  }
  return value;
}

/** Value of a hexadecimal digit by its character code; -1 when it is none. */
function digit(code: number): number {
  if (code >= 48 && code <= 57) return code - 48;
  const lower = code | 32;
  return lower >= 97 && lower <= 102 ? lower - 87 : -1;
}

export function readMac(view: DataView, pos: number): number {
  return view.getUint16(pos) * 0x1_0000_0000 + view.getUint32(pos + 2);
}

export function writeIpv4(view: DataView, pos: number, value: unknown, field: string): void {
  const number = ipv4ToNumber(value as string | number);
  if (number >>> 0 !== number) refuseValue(field, value, 'an IPv4 address: text or an integer of 32 bits');
  view.setUint32(pos, number);
}

export function writeIpv6(buf: Uint8Array, pos: number, value: unknown, field: string): void {
  const bytes = typeof value === 'string' ? parseIpv6(value) : value;
  if (!(bytes instanceof Uint8Array) || bytes.length !== 16) {
    refuseValue(field, value, 'an IPv6 address: text or 16 bytes');
  }
  buf.set(bytes, pos);
}

/** The bytes of `value`; refuses what is neither bytes nor hexadecimal text nor a range. */
export function toBytes(value: unknown, field: string): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (isByteRange(value)) return value.buf.subarray(value.dataOffset, value.dataOffset + value.dataLength);
  const bytes = typeof value === 'string' ? parseHex(value) : undefined;
  if (bytes === undefined) refuseValue(field, value, 'bytes: a Uint8Array or hexadecimal text');
  return bytes;
}

/** Whether `value` is a range whose bytes are all there. */
function isByteRange(value: unknown): value is ByteRange {
  if (typeof value !== 'object' || value === null) return false;
  if ((value as Partial<ByteRange>)[CHECKED_RANGE] === true) return true;
  const { buf, view, dataOffset, dataLength } = value as Partial<ByteRange>;
  return (
    buf instanceof Uint8Array &&
    view instanceof DataView &&
    view.byteLength === buf.length &&
    typeof dataOffset === 'number' &&
    typeof dataLength === 'number' &&
    dataOffset >>> 0 === dataOffset &&
    dataLength >>> 0 === dataLength &&
    dataOffset + dataLength <= buf.length
  );
}

/** Appends the bytes of a short range, four at a time; their number is at most LOOP_LIMIT. */
function writeShortRange(w: Writer, range: ByteRange): void {
  const { view: from, dataOffset: start, dataLength: length } = range;
  w.reserve(length);
  const { view: to, pos } = w;
  const words = length & ~3;
  for (let at = 0; at < words; at += 4) to.setUint32(pos + at, from.getUint32(start + at));
  for (let at = words; at < length; at++) to.setUint8(pos + at, from.getUint8(start + at));
  w.pos = pos + length;
}

/** Appends `value`. */
export function writeBytes(w: Writer, value: unknown, field: string): void {
  if (!(value instanceof Uint8Array) && isByteRange(value) && value.dataLength <= LOOP_LIMIT) {
    writeShortRange(w, value);
    return;
  }
  const bytes = toBytes(value, field);
  const length = bytes.length;
  if (length > 0xffff) throw new Refusal('too-long', field, 'must have at most 65535 bytes');
  w.reserve(length);
  const { buf, pos } = w;
  if (length < LOOP_LIMIT) for (let index = 0; index < length; index++) buf[pos + index] = bytes[index]!;
  else buf.set(bytes, pos);
  w.pos = pos + length;
}

/** Appends `value`, which must have `size` bytes. */
export function writeSizedBytes(w: Writer, value: unknown, size: number, field: string): void {
  const bytes = toBytes(value, field);
  if (bytes.length !== size) throw new Refusal('bad-length', field, `must have ${size} bytes`);
  writeBytes(w, bytes, field);
}

/** Appends zeros up to a multiple of `to` bytes from `start`. */
export function writeAlignment(w: Writer, start: number, to: number): void {
  const rest = (w.pos - start) % to;
  if (rest === 0) return;
  const count = to - rest;
  w.reserve(count);
  const { buf, pos } = w;
  for (let index = 0; index < count; index++) buf[pos + index] = 0;
  w.pos = pos + count;
}
