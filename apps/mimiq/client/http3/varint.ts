/** Variable-length integers of QUIC (RFC 9000 section 16), as numbers up to 2^53 - 1. */

/** Length in bytes of the integer whose first byte is `first`: 1, 2, 4 or 8. */
export function varintLength(first: number): number {
  return 1 << (first >> 6);
}

/** Reads the integer at `offset`; the caller guarantees `varintLength` bytes. NaN above 2^53 - 1. */
export function readVarint(bytes: Uint8Array, offset: number): number {
  const length = varintLength(bytes[offset]!);
  let value = bytes[offset]! & 0x3f;
  for (let index = 1; index < length; index++) value = value * 256 + bytes[offset + index]!;
  return Number.isSafeInteger(value) ? value : Number.NaN;
}

/** Bytes of `value`, in the shortest form. */
export function varint(value: number): Uint8Array {
  const length = value < 0x40 ? 1 : value < 0x4000 ? 2 : value < 0x4000_0000 ? 4 : 8;
  const bytes = new Uint8Array(length);
  let rest = value;
  for (let index = length - 1; index >= 0; index--) {
    bytes[index] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes[0]! |= Math.log2(length) << 6;
  return bytes;
}

export function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
