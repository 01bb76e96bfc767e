import type { Random } from '../random.js';

/**
 * The free addresses of one IPv4 prefix. Each draw is uniform over all free ones and independent of all draws before, so
 * what an observer learns from any number of addresses is that they are taken, and nothing about the next.
 */
export class Ipv4Pool {
  readonly size: number;
  private readonly first: number;
  private readonly length: number;
  private readonly random: Random;
  private readonly isReserved: (address: number) => boolean;
  /** The first `free` entries are the offsets of free addresses, in no order that matters. */
  private readonly offsets: Uint32Array;
  private freeCount = 0;

  /** Addresses from `first` on, `length` of them, without those for which `isTaken` holds; `size` leaves `isReserved` out. */
  constructor(
    first: number,
    length: number,
    random: Random,
    isReserved: (address: number) => boolean,
    isTaken: (address: number) => boolean,
  ) {
    this.first = first;
    this.length = length;
    this.random = random;
    this.isReserved = isReserved;
    this.offsets = new Uint32Array(length);
    let size = 0;
    for (let offset = 0; offset < length; offset++) {
      if (isReserved(first + offset)) continue;
      size++;
      if (!isTaken(first + offset)) this.offsets[this.freeCount++] = offset;
    }
    this.size = size;
  }

  get free(): number {
    return this.freeCount;
  }

  contains(address: number): boolean {
    return address >= this.first && address < this.first + this.length;
  }

  /** A free address, which is not free any more; undefined when there is none. */
  take(): number | undefined {
    if (this.freeCount === 0) return undefined;
    const index = this.random.below(this.freeCount);
    const offset = this.offsets[index]!;
    this.offsets[index] = this.offsets[--this.freeCount]!;
    return this.first + offset;
  }

  /** Makes an address that was taken free again, unless it is reserved since. */
  giveBack(address: number): void {
    if (this.isReserved(address)) return;
    this.offsets[this.freeCount++] = address - this.first;
  }
}
