/**
 * The Internet checksum (RFC 1071): ones' complement sums of big-endian 16-bit words, computed whole or
 * updated in place (RFC 1624). The caller has checked the bounds. Nothing here throws.
 *
 * A sum is 16 bits wide with its carries folded in. It is 0 only where every word is 0.
 */
import { readU16 } from './byte-order.js';

/** Even number of bytes whose words and an initial sum add up below 2^31. */
const CHUNK = 0xfff0;
/** From this length on, reading through a DataView repays its making. */
const LONG = 192;

/** Sum of `bytes[start, end)` and of `initial`; an odd last byte is padded with zero. */
export function sumWords(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  let sum = initial;
  let offset = start;
  if (end - start >= LONG) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    while (end - offset >= 8) {
      const chunkEnd = Math.min(end, offset + CHUNK) - 7;
      for (; offset < chunkEnd; offset += 8) {
        const first = view.getInt32(offset);
        const second = view.getInt32(offset + 4);
        sum += (first >>> 16) + (first & 0xffff) + (second >>> 16) + (second & 0xffff);
      }
      sum = fold(sum);
    }
  }
  for (; offset + 1 < end; offset += 2) sum += (bytes[offset]! << 8) | bytes[offset + 1]!;
  if (offset < end) sum += bytes[offset]! << 8;
  return fold(sum);
}

function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/** Checksum of `bytes[start, end)`, which is 0 where they hold a right checksum. */
export function internetChecksum(bytes: Uint8Array, start: number, end: number, initial = 0): number {
  return ~sumWords(bytes, start, end, initial) & 0xffff;
}

/** Checksum that belongs at the even distance `field - start` in `bytes[start, end)`, whatever is there now. */
export function checksumFor(
  bytes: Uint8Array,
  start: number,
  end: number,
  field: number,
  initial = 0,
): number {
  return internetChecksum(bytes, field + 2, end, sumWords(bytes, start, field, initial));
}

/**
 * Checksum after words with the sum `before` were replaced by words with the sum `after` (RFC 1624 equation 3).
 * It is the one that whole computation gives, unless all that it covers has become zero: then it is 0x0000
 * instead of 0xffff, and verifies as well. A pseudo header or an IP header is never all zero.
 */
export function updateChecksum(checksum: number, before: number, after: number): number {
  return ~fold((~checksum & 0xffff) + (~before & 0xffff) + after) & 0xffff;
}

/** Sum of the two words of a 32-bit number. */
export function sumOf32(value: number): number {
  return fold((value >>> 16) + (value & 0xffff));
}

/**
 * Sum of a pseudo header (RFC 793 section 3.1, RFC 768, RFC 8200 section 8.1). `addressSum` is the sum of both
 * addresses; `length` counts the transport header and its payload.
 */
export function pseudoHeaderSum(addressSum: number, protocol: number, length: number): number {
  return fold(addressSum + protocol + (length >>> 16) + (length & 0xffff));
}

/** A transport header whose checksum covers the network addresses. */
export interface AddressedChecksum {
  /** Takes note that addresses with the sum `before` became addresses with the sum `after`. */
  adjustChecksum(before: number, after: number): void;
}

/** The sum that two bytes swapped have: words at odd offsets count so (RFC 1071 section 2 B). */
export function swapped(word: number): number {
  return ((word & 0xff) << 8) | (word >>> 8);
}

/** Sum of the 16 bytes of an IPv6 address. */
export function ipv6AddressSum(bytes: Uint8Array, offset: number): number {
  let sum = 0;
  for (let index = 0; index < 16; index += 2) sum += readU16(bytes, offset + index);
  return fold(sum);
}
