/**
 * Checks of what builders are given. `field` is the dotted path that the error names; its first part is the
 * layer. Every function throws PacketError `bad-value` or `missing-field`, and never repeats the value.
 */
import {
  type Ipv4Address,
  type Ipv6Address,
  ipv4ToNumber,
  type MacAddress,
  macToNumber,
  parseIpv6,
} from '../address/index.js';
import { PacketError, type PacketErrorCode } from './packet-error.js';

export function fieldError(
  code: PacketErrorCode,
  field: string,
  message: string,
  mend?: string,
): PacketError {
  const context = mend === undefined ? { field } : { field, mend };
  return new PacketError(code, field.split('.', 1)[0]!, `${field} ${message}`, context);
}

/** One more than the largest number of so many bits. */
const LIMITS = Array.from({ length: 49 }, (_, bits) => 2 ** bits);

/** `value` when it is an integer of `bits` bits (at most 48), else `bad-value`. */
export function unsigned(value: number, bits: number, field: string): number {
  if (!Number.isInteger(value) || value < 0 || value >= LIMITS[bits]!) {
    throw fieldError('bad-value', field, `must be an integer from 0 to ${LIMITS[bits]! - 1}`);
  }
  return value;
}

export function macNumber(value: MacAddress, field: string): number {
  const number = macToNumber(value);
  if (Number.isNaN(number)) throw fieldError('bad-value', field, 'is not a MAC address');
  return number;
}

export function ipv4Number(value: Ipv4Address, field: string): number {
  const number = ipv4ToNumber(value);
  if (Number.isNaN(number)) throw fieldError('bad-value', field, 'is not an IPv4 address');
  return number;
}

/** The 16 bytes of an address in either form. */
export function ipv6Bytes(value: Ipv6Address, field: string): Uint8Array {
  const bytes = typeof value === 'string' ? parseIpv6(value) : value;
  if (!(bytes instanceof Uint8Array) || bytes.length !== 16) {
    throw fieldError('bad-value', field, 'is not an IPv6 address');
  }
  return bytes;
}

/** `value` when it is a Uint8Array of at most `most` bytes. */
export function byteString(value: Uint8Array, most: number, field: string): Uint8Array {
  if (!(value instanceof Uint8Array)) throw fieldError('bad-value', field, 'must be a Uint8Array');
  if (value.length > most) throw fieldError('bad-value', field, `is longer than ${most} bytes`);
  return value;
}
