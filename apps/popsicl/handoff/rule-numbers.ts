import { randomInt } from 'node:crypto';

const SHARDS = 64;
const SHARD_BITS = 6;
/** Words of an entry: number, packets, second at which they were first seen to be so many. */
const WORDS = 3;
const PACKETS = 1;
const SINCE = 2;
const FIRST_CAPACITY = 16;

/**
 * Numbers under which a switch has rules, and what was last seen of their counters. 12 bytes an entry, in tables with room for
 * up to four times as many as are in it. Many small hash tables, so that none takes long to grow; they are walked through from
 * the end, since an entry that is removed lets others move towards it from there.
 */
export class RuleNumbers {
  private readonly shards = Array.from({ length: SHARDS }, () => new Shard());
  private shard = 0;
  private place = 0;
  private entries = 0;

  get size(): number {
    return this.entries;
  }

  /** `number` is in 1..0x7fffffff. One that is there already stays as it is. */
  add(number: number, packets: number, now: number): void {
    if (this.shardOf(number).add(number, packets, now)) this.entries++;
  }

  /** The next number of the walk, which begins again after the last; 0 when there is none at all. */
  next(): number {
    for (let passed = 0; passed <= SHARDS; passed++) {
      const shard = this.shards[this.shard]!;
      this.place = Math.min(this.place, shard.capacity);
      while (this.place > 0) {
        const number = shard.at(--this.place);
        if (number !== 0) return number;
      }
      this.shard = (this.shard + 1) % SHARDS;
      this.place = this.shards[this.shard]!.capacity;
    }
    return 0;
  }

  /** Notes what the counters are at `now`, in seconds. Returns for how many seconds they have been so; 0 for an unknown number. */
  observe(number: number, packets: number, now: number): number {
    return this.shardOf(number).observe(number, packets, now);
  }

  remove(number: number): void {
    if (this.shardOf(number).remove(number)) this.entries--;
  }

  private shardOf(number: number): Shard {
    return this.shards[number & (SHARDS - 1)]!;
  }
}

/** Open addressing with linear probing, at most half full. */
class Shard {
  capacity = FIRST_CAPACITY;
  private readonly factor = randomInt(0x8000_0000) * 2 + 1;
  private words = new Uint32Array(FIRST_CAPACITY * WORDS);
  private used = 0;

  at(place: number): number {
    return this.words[place * WORDS]!;
  }

  add(number: number, packets: number, now: number): boolean {
    const place = this.find(number);
    if (this.at(place) === number) return false;
    this.words.set([number, packets, Math.ceil(now)], place * WORDS);
    if (++this.used * 2 > this.capacity) this.resize(this.capacity * 2);
    return true;
  }

  observe(number: number, packets: number, now: number): number {
    const { words } = this;
    const at = this.find(number) * WORDS;
    if (words[at] !== number) return 0;
    if (words[at + PACKETS] !== packets) {
      words[at + PACKETS] = packets;
      words[at + SINCE] = Math.ceil(now);
    }
    return now - words[at + SINCE]!;
  }

  /** Without tombstones: what stood behind moves up. */
  remove(number: number): boolean {
    const { words } = this;
    let hole = this.find(number);
    if (this.at(hole) !== number) return false;
    const mask = this.capacity - 1;
    for (let next = (hole + 1) & mask; this.at(next) !== 0; next = (next + 1) & mask) {
      if (((next - this.home(this.at(next))) & mask) < ((next - hole) & mask)) continue;
      words.copyWithin(hole * WORDS, next * WORDS, (next + 1) * WORDS);
      hole = next;
    }
    words.fill(0, hole * WORDS, (hole + 1) * WORDS);
    this.used--;
    if (this.capacity > FIRST_CAPACITY && this.used * 8 < this.capacity) this.resize(this.capacity / 2);
    return true;
  }

  /** Where the number is, or would be. */
  private find(number: number): number {
    let place = this.home(number);
    while (this.at(place) !== 0 && this.at(place) !== number) place = (place + 1) & (this.capacity - 1);
    return place;
  }

  /** Nobody can tell which numbers collide. */
  private home(number: number): number {
    return (Math.imul(number >>> SHARD_BITS, this.factor) >>> 8) & (this.capacity - 1);
  }

  private resize(capacity: number): void {
    const old = this.words;
    this.capacity = capacity;
    this.words = new Uint32Array(capacity * WORDS);
    for (let at = 0; at < old.length; at += WORDS) {
      if (old[at] !== 0) this.words.set(old.subarray(at, at + WORDS), this.find(old[at]!) * WORDS);
    }
  }
}
