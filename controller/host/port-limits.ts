import { TokenBucket } from '../session/index.js';
import type { RateLimit } from './config/connection-schema.js';

/** Ports with a limit of their own; a switch that invents more of them has one limit for the rest. */
const MAX_PORTS = 4096;
const REST = -1;

/** Bounds how many packet-ins of each port of one switch are looked at. */
export class PortLimits {
  private readonly rate: number;
  private readonly burst: number;
  private readonly buckets = new Map<number, TokenBucket>();

  constructor(limit: RateLimit) {
    this.rate = limit.packetsPerSecond;
    this.burst = limit.burst ?? limit.packetsPerSecond;
  }

  /** Whether one more packet-in of `port` is within its limit at `now` (milliseconds). */
  admits(port: number, now: number): boolean {
    const key = this.buckets.has(port) || this.buckets.size < MAX_PORTS ? port : REST;
    let bucket = this.buckets.get(key);
    if (bucket === undefined) {
      bucket = new TokenBucket(this.rate, now, this.burst);
      this.buckets.set(key, bucket);
    }
    return bucket.take(now);
  }
}
