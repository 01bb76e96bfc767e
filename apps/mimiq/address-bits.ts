/** Addresses as bit strings: bit 0 is the first bit on the wire. */

/** Sets `width` (at most 32) bits from `offset` on to the low bits of `value`. */
export function writeBits(bytes: Uint8Array, offset: number, width: number, value: number): void {
  for (let index = 0; index < width; index++) {
    const bit = Math.floor(value / 2 ** (width - 1 - index)) % 2;
    const at = (offset + index) >>> 3;
    const mask = 0x80 >>> ((offset + index) & 7);
    bytes[at] = bit === 1 ? bytes[at]! | mask : bytes[at]! & ~mask;
  }
}

/** Whether the first `length` bits agree. */
export function hasPrefix(bytes: Uint8Array, prefix: Uint8Array, length: number): boolean {
  if (bytes.length !== prefix.length) return false;
  const whole = length >>> 3;
  for (let index = 0; index < whole; index++) if (bytes[index] !== prefix[index]) return false;
  const rest = length & 7;
  return rest === 0 || (bytes[whole]! ^ prefix[whole]!) >>> (8 - rest) === 0;
}

/** A text for maps; equal exactly for equal bytes. */
export function addressKey(address: Uint8Array): string {
  return address.length === 4
    ? String.fromCharCode(address[0]!, address[1]!, address[2]!, address[3]!)
    : Buffer.from(address.buffer, address.byteOffset, address.length).toString('latin1');
}
