import { randomBytes } from 'node:crypto';
import { SipHash } from '../siphash.js';
import type { ConnectionEnds } from './connection-ends.js';

const PLACES = 65_536;

/**
 * What one source may have at a time and do a second, in memory that does not grow: sources (an IPv4 address, an IPv6 /64)
 * share places by a keyed hash, so that nobody can choose whose place is taken.
 */
export class SourceLimits {
  private readonly pending = new Uint32Array(PLACES);
  private readonly tokens: Float32Array;
  private readonly filled = new Float64Array(PLACES);
  private readonly hash = new SipHash(randomBytes(16));
  private readonly key = new Uint8Array(8);
  private readonly mostPending: number;
  private readonly rate: number;

  constructor(limits: { mostPending: number; handoffsPerSecond: number }) {
    this.mostPending = limits.mostPending;
    this.rate = limits.handoffsPerSecond;
    this.tokens = new Float32Array(PLACES).fill(this.rate);
  }

  /** The place of a segment's source. */
  placeOf(segment: ConnectionEnds): number {
    const { key } = this;
    const high = segment.family === 4 ? 0 : segment.source0;
    const low = segment.family === 4 ? segment.source3 : segment.source1;
    for (let index = 0; index < 4; index++) {
      key[index] = high >>> (8 * index);
      key[index + 4] = low >>> (8 * index);
    }
    return this.hash.hash(key) & (PLACES - 1);
  }

  /** Takes room for one unfinished ClientHello. False when the source has as many as it may. */
  hold(place: number): boolean {
    if (this.pending[place]! >= this.mostPending) return false;
    this.pending[place]!++;
    return true;
  }

  release(place: number): void {
    this.pending[place]!--;
  }

  /** Takes one handoff. False when the source has had as many as it may; `seconds` is any clock that never goes back. */
  handOff(place: number, seconds: number): boolean {
    const earned = (seconds - this.filled[place]!) * this.rate;
    const tokens = Math.min(this.rate, this.tokens[place]! + earned);
    this.filled[place] = seconds;
    this.tokens[place] = tokens < 1 ? tokens : tokens - 1;
    return tokens >= 1;
  }
}
