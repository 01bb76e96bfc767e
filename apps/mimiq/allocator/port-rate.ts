import type { Attachment } from '../model.js';
import { portKey } from './lease-table.js';

interface Bucket {
  tokens: number;
  at: number;
  /** When the last refusal was told. */
  toldAt: number;
}

const TELL_EVERY = 1000;
/** Ports remembered; full buckets of quiet ports are forgotten first. */
const MAX_BUCKETS = 65_536;

/** One token bucket a port, so that a flood from one costs the others nothing. */
export class PortRate {
  private readonly perSecond: number;
  private readonly burst: number;
  private readonly buckets = new Map<string, Bucket>();

  constructor(perSecond: number, burst: number) {
    this.perSecond = perSecond;
    this.burst = burst;
  }

  /** `tell`: refused, and a second passed since a refusal was told; `drop`: refused. */
  admit(from: Attachment, now: number): 'admit' | 'tell' | 'drop' {
    const key = portKey(from);
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      if (this.buckets.size >= MAX_BUCKETS) this.forgetQuiet(now);
      bucket = { tokens: this.burst, at: now, toldAt: Number.NEGATIVE_INFINITY };
      this.buckets.set(key, bucket);
    }
    bucket.tokens = Math.min(this.burst, bucket.tokens + ((now - bucket.at) / 1000) * this.perSecond);
    bucket.at = now;
    if (bucket.tokens >= 1) {
      bucket.tokens--;
      return 'admit';
    }
    if (now - bucket.toldAt < TELL_EVERY) return 'drop';
    bucket.toldAt = now;
    return 'tell';
  }

  private forgetQuiet(now: number): void {
    const refill = (this.burst / this.perSecond) * 1000;
    for (const [key, { at }] of this.buckets) if (now - at >= refill) this.buckets.delete(key);
    if (this.buckets.size < MAX_BUCKETS) return;
    const [oldest] = this.buckets.keys();
    this.buckets.delete(oldest!);
  }
}
