import { randomFillSync } from 'node:crypto';

/** Where every choice that an observer must not foresee comes from. */
export interface Random {
  /** Uniform integer from 0 to `count` - 1; `count` is 1 to 2^47. */
  below(count: number): number;
  /** Fills `target` with uniform bytes. */
  fill(target: Uint8Array): void;
}

const BUFFER_BYTES = 4096;
const DRAW_BYTES = 6;
const DRAW_RANGE = 2 ** 48;

/** The platform's cryptographic generator (Node's `crypto`), read in blocks. Used bytes are erased. */
export class CryptoRandom implements Random {
  private readonly buffer = Buffer.alloc(BUFFER_BYTES);
  private position = BUFFER_BYTES;
  private readonly source: (target: Uint8Array) => void;

  /** `source` fills what it gets with uniform bytes; only tests have one of their own. */
  constructor(source: (target: Uint8Array) => void = target => void randomFillSync(target)) {
    this.source = source;
  }

  below(count: number): number {
    // Values past the last whole multiple of `count` would make small results likelier.
    const limit = DRAW_RANGE - (DRAW_RANGE % count);
    for (;;) {
      const start = this.take(DRAW_BYTES);
      const value = this.buffer.readUIntBE(start, DRAW_BYTES);
      this.buffer.fill(0, start, this.position);
      if (value < limit) return value % count;
    }
  }

  fill(target: Uint8Array): void {
    if (target.length > BUFFER_BYTES / 4) {
      this.source(target);
      return;
    }
    const start = this.take(target.length);
    target.set(this.buffer.subarray(start, this.position));
    this.buffer.fill(0, start, this.position);
  }

  private take(length: number): number {
    if (this.position + length > BUFFER_BYTES) {
      this.source(this.buffer);
      this.position = 0;
    }
    const start = this.position;
    this.position += length;
    return start;
  }
}
