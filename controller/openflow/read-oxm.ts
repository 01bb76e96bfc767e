/**
 * Reads one OXM field (OpenFlow 1.3.5 section 7.2.3.2): `header` as it stands on the wire, the payload at `pos`,
 * which the caller has found to lie within the message. Gives the value, or {value, mask}.
 */
import { formatIpv4, formatIpv6, formatMac } from '../address/index.js';
import { copyBytes, type Reader, refuseRead } from './reader.js';
import type { Masked } from './write-oxm.js';
import { readMac, readU128 } from './write-values.js';

/** Whether the field has a mask; refuses a length that is not `size`, or twice that with a mask. */
function hasMask(header: number, size: number, maskable: boolean, field: string, pos: number): boolean {
  const masked = (header & 0x100) !== 0;
  if (masked && !maskable) refuseRead('bad-mask', field, 'cannot have a mask', pos);
  if ((header & 0xff) !== (masked ? 2 * size : size))
    refuseRead('bad-length', field, 'has a wrong length', pos);
  return masked;
}

/** Refuses value bits outside the mask. */
function checkBytes(buf: Uint8Array, pos: number, size: number, field: string): void {
  for (let index = pos; index < pos + size; index++) {
    if ((buf[index]! & ~buf[index + size]!) !== 0)
      refuseRead('bad-mask', field, 'has value bits outside the mask', pos);
  }
}

function checkUint(value: number, mask: number, max: number, field: string, pos: number): void {
  if ((value & max) >>> 0 !== value) refuseRead('bad-value', field, 'has more bits than the field', pos);
  if ((mask & max) >>> 0 !== mask)
    refuseRead('bad-mask', field, 'has a mask of more bits than the field', pos);
  if ((value & ~mask) !== 0) refuseRead('bad-mask', field, 'has value bits outside the mask', pos);
}

export function readOxmU8(
  r: Reader,
  header: number,
  pos: number,
  max: number,
  maskable: boolean,
  field: string,
) {
  const { view } = r;
  const masked = hasMask(header, 1, maskable, field, pos);
  const value = view.getUint8(pos);
  const mask = masked ? view.getUint8(pos + 1) : max;
  checkUint(value, mask, max, field, pos);
  return masked ? { value, mask } : value;
}

export function readOxmU16(
  r: Reader,
  header: number,
  pos: number,
  max: number,
  maskable: boolean,
  field: string,
) {
  const { view } = r;
  const masked = hasMask(header, 2, maskable, field, pos);
  const value = view.getUint16(pos);
  const mask = masked ? view.getUint16(pos + 2) : max;
  checkUint(value, mask, max, field, pos);
  return masked ? { value, mask } : value;
}

export function readOxmU24(
  r: Reader,
  header: number,
  pos: number,
  max: number,
  maskable: boolean,
  field: string,
) {
  const { view } = r;
  const masked = hasMask(header, 3, maskable, field, pos);
  const value = view.getUint8(pos) * 0x10000 + view.getUint16(pos + 1);
  const mask = masked ? view.getUint8(pos + 3) * 0x10000 + view.getUint16(pos + 4) : max;
  checkUint(value, mask, max, field, pos);
  return masked ? { value, mask } : value;
}

export function readOxmU32(
  r: Reader,
  header: number,
  pos: number,
  max: number,
  maskable: boolean,
  field: string,
) {
  const { view } = r;
  const masked = hasMask(header, 4, maskable, field, pos);
  const value = view.getUint32(pos);
  const mask = masked ? view.getUint32(pos + 4) : max;
  checkUint(value, mask, max, field, pos);
  return masked ? { value, mask } : value;
}

/** A field of `size` bytes whose value `read` makes of the bytes at a position. */
function readWide<Value>(
  r: Reader,
  header: number,
  pos: number,
  size: number,
  maskable: boolean,
  field: string,
  read: (r: Reader, pos: number) => Value,
): Value | Masked<Value> {
  if (!hasMask(header, size, maskable, field, pos)) return read(r, pos);
  checkBytes(r.buf, pos, size, field);
  return { value: read(r, pos), mask: read(r, pos + size) };
}

const u64At = (r: Reader, pos: number): bigint => r.view.getBigUint64(pos);
const u128At = (r: Reader, pos: number): bigint => readU128(r.view, pos);
const macAt = (r: Reader, pos: number): string => formatMac(readMac(r.view, pos));
const ipv4At = (r: Reader, pos: number): string => formatIpv4(r.view.getUint32(pos));
const ipv6At = (r: Reader, pos: number): string => formatIpv6(r.buf, pos);

export const readOxmU64 = (r: Reader, header: number, pos: number, maskable: boolean, field: string) =>
  readWide(r, header, pos, 8, maskable, field, u64At);
export const readOxmU128 = (r: Reader, header: number, pos: number, maskable: boolean, field: string) =>
  readWide(r, header, pos, 16, maskable, field, u128At);
export const readOxmMac = (r: Reader, header: number, pos: number, maskable: boolean, field: string) =>
  readWide(r, header, pos, 6, maskable, field, macAt);
export const readOxmIpv4 = (r: Reader, header: number, pos: number, maskable: boolean, field: string) =>
  readWide(r, header, pos, 4, maskable, field, ipv4At);
export const readOxmIpv6 = (r: Reader, header: number, pos: number, maskable: boolean, field: string) =>
  readWide(r, header, pos, 16, maskable, field, ipv6At);

/** A field of 1 to `max` bytes. */
export function readOxmBytes(
  r: Reader,
  header: number,
  pos: number,
  max: number,
  maskable: boolean,
  field: string,
) {
  const masked = (header & 0x100) !== 0;
  const size = (header & 0xff) / (masked ? 2 : 1);
  if (size > max || !Number.isInteger(size)) refuseRead('bad-length', field, 'has a wrong length', pos);
  return readWide(r, header, pos, size, maskable, field, (reader, at) =>
    copyBytes(reader.buf, at, at + size),
  );
}

export { plainValue } from './write-oxm.js';
