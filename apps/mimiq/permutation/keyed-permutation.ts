import { createHmac } from 'node:crypto';

/** Rounds of the Feistel network; 10 as in NIST SP 800-38G (FF1). */
const ROUNDS = 10;

/**
 * A keyed permutation of the numbers of `bits` bits (2 to 96): a Feistel network over two halves, which differ by one
 * bit when `bits` is odd, with HMAC-SHA-256 as its round function.
 */
export class KeyedPermutation {
  private readonly key: Uint8Array;
  private readonly bits: number;

  constructor(key: Uint8Array, bits: number) {
    if (!(bits >= 2 && bits <= 96)) throw new RangeError(`no permutation of ${bits} bits`);
    this.key = key;
    this.bits = bits;
  }

  encrypt(plain: bigint): bigint {
    let [leftBits, rightBits] = this.halves();
    let left = plain >> BigInt(rightBits);
    let right = plain & ones(rightBits);
    for (let round = 0; round < ROUNDS; round++) {
      const mixed = left ^ this.round(round, right, leftBits);
      [left, right] = [right, mixed];
      [leftBits, rightBits] = [rightBits, leftBits];
    }
    return (left << BigInt(rightBits)) | right;
  }

  decrypt(sealed: bigint): bigint {
    // An even number of rounds: the halves are as wide as before.
    let [leftBits, rightBits] = this.halves();
    let left = sealed >> BigInt(rightBits);
    let right = sealed & ones(rightBits);
    for (let round = ROUNDS - 1; round >= 0; round--) {
      [leftBits, rightBits] = [rightBits, leftBits];
      const mixed = right ^ this.round(round, left, leftBits);
      [left, right] = [mixed, left];
    }
    return (left << BigInt(rightBits)) | right;
  }

  private halves(): [number, number] {
    const right = this.bits >>> 1;
    return [this.bits - right, right];
  }

  private round(round: number, half: bigint, bits: number): bigint {
    const input = `${this.bits} ${round} ${half}`;
    const digest = createHmac('sha256', this.key).update(input).digest();
    return digest.readBigUInt64BE(0) & ones(bits);
  }
}

function ones(bits: number): bigint {
  return (1n << BigInt(bits)) - 1n;
}
