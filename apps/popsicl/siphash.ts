/**
 * SipHash-2-4 (Aumasson, Bernstein 2012) on 32-bit halves: JavaScript has no fast 64-bit integers. One instance holds
 * one key; the state lives in locals, so that hashing allocates nothing.
 */
export class SipHash {
  private readonly k0l: number;
  private readonly k0h: number;
  private readonly k1l: number;
  private readonly k1h: number;
  /** The upper half of the last hash. */
  high = 0;

  /** `key`: 16 bytes, k0 and k1 little-endian as in the paper. */
  constructor(key: Uint8Array) {
    if (key.length !== 16) throw new RangeError('a SipHash key has 16 bytes');
    const view = new DataView(key.buffer, key.byteOffset, 16);
    this.k0l = view.getInt32(0, true);
    this.k0h = view.getInt32(4, true);
    this.k1l = view.getInt32(8, true);
    this.k1h = view.getInt32(12, true);
  }

  /** Lower 32 bits of the hash of the first `length` bytes, unsigned; the upper ones are in `high`. */
  hash(bytes: Uint8Array, length = bytes.length): number {
    const { k0l, k0h, k1l, k1h } = this;
    let v0l = k0l ^ 0x70736575;
    let v0h = k0h ^ 0x736f6d65;
    let v1l = k1l ^ 0x6e646f6d;
    let v1h = k1h ^ 0x646f7261;
    let v2l = k0l ^ 0x6e657261;
    let v2h = k0h ^ 0x6c796765;
    let v3l = k1l ^ 0x79746573;
    let v3h = k1h ^ 0x74656462;
    const blocks = length >>> 3;
    for (let block = 0; block <= blocks + 2; block++) {
      let ml = 0;
      let mh = 0;
      let rounds = 2;
      if (block < blocks) {
        ml = littleEndian(bytes, block * 8, 4);
        mh = littleEndian(bytes, block * 8 + 4, 4);
      } else if (block === blocks) {
        const rest = length & 7;
        ml = littleEndian(bytes, block * 8, Math.min(rest, 4));
        mh = littleEndian(bytes, block * 8 + 4, Math.max(rest - 4, 0)) | (length << 24);
      } else {
        // Finalization: four rounds, in two turns of this loop.
        if (block === blocks + 1) v2l ^= 0xff;
        rounds = 2;
      }
      v3l ^= ml;
      v3h ^= mh;
      for (let round = 0; round < rounds; round++) {
        let sum = (v0l >>> 0) + (v1l >>> 0);
        v0h = (v0h + v1h + (sum > 0xffff_ffff ? 1 : 0)) | 0;
        v0l = sum | 0;
        sum = (v2l >>> 0) + (v3l >>> 0);
        v2h = (v2h + v3h + (sum > 0xffff_ffff ? 1 : 0)) | 0;
        v2l = sum | 0;
        let low = v1l;
        v1l = ((low << 13) | (v1h >>> 19)) ^ v0l;
        v1h = ((v1h << 13) | (low >>> 19)) ^ v0h;
        low = v3l;
        v3l = ((low << 16) | (v3h >>> 16)) ^ v2l;
        v3h = ((v3h << 16) | (low >>> 16)) ^ v2h;
        low = v0l;
        v0l = v0h;
        v0h = low;
        sum = (v2l >>> 0) + (v1l >>> 0);
        v2h = (v2h + v1h + (sum > 0xffff_ffff ? 1 : 0)) | 0;
        v2l = sum | 0;
        sum = (v0l >>> 0) + (v3l >>> 0);
        v0h = (v0h + v3h + (sum > 0xffff_ffff ? 1 : 0)) | 0;
        v0l = sum | 0;
        low = v1l;
        v1l = ((low << 17) | (v1h >>> 15)) ^ v2l;
        v1h = ((v1h << 17) | (low >>> 15)) ^ v2h;
        low = v3l;
        v3l = ((low << 21) | (v3h >>> 11)) ^ v0l;
        v3h = ((v3h << 21) | (low >>> 11)) ^ v0h;
        low = v2l;
        v2l = v2h;
        v2h = low;
      }
      v0l ^= ml;
      v0h ^= mh;
    }
    this.high = (v0h ^ v1h ^ v2h ^ v3h) >>> 0;
    return (v0l ^ v1l ^ v2l ^ v3l) >>> 0;
  }
}

/** Up to four bytes, the first the lowest. */
function littleEndian(bytes: Uint8Array, offset: number, count: number): number {
  let value = 0;
  for (let index = 0; index < count; index++) value |= bytes[offset + index]! << (8 * index);
  return value;
}
