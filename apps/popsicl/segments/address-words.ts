import { readU32, writeU32 } from '../../../controller/packet/byte-order.js';

/** An address as four words of 32 bits in network order; an IPv4 address is the last of them, and the others are 0. */
export type AddressWords = readonly [number, number, number, number];

/** Of 4 or 16 bytes. */
export function wordsOf(address: Uint8Array): AddressWords {
  if (address.length === 4) return [0, 0, 0, readU32(address, 0)];
  return [readU32(address, 0), readU32(address, 4), readU32(address, 8), readU32(address, 12)];
}

/** 4 or 16 bytes. */
export function bytesOf(family: 4 | 6, [word0, word1, word2, word3]: AddressWords): Uint8Array {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  if (family === 4) {
    writeU32(bytes, 0, word3);
    return bytes;
  }
  writeU32(bytes, 0, word0);
  writeU32(bytes, 4, word1);
  writeU32(bytes, 8, word2);
  writeU32(bytes, 12, word3);
  return bytes;
}
