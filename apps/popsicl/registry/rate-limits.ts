import { TokenBucket } from '../../../controller/session/token-bucket.js';

export interface RateLimitOptions {
  /** Registrations a minute, and at once, of one source. */
  readonly perSource: number;
  /** Registrations a minute, and at once, of all sources together. */
  readonly global: number;
  /** Sources remembered at a time. */
  readonly sources: number;
}

const MINUTE_SECONDS = 60;

/**
 * Registrations of each source and of all. When more sources come than are remembered, the one that asked longest ago is
 * forgotten: it starts afresh, and the limit on all still holds.
 */
export class RateLimits {
  private readonly options: RateLimitOptions;
  private readonly all: TokenBucket;
  private readonly sources = new Map<string, TokenBucket>();

  /** `now` in milliseconds of a clock that never goes back, here and below. */
  constructor(options: RateLimitOptions, now: number) {
    this.options = options;
    this.all = new TokenBucket(options.global / MINUTE_SECONDS, now, options.global);
  }

  /** Whether one more may happen. `source` is compared, and never shown. */
  take(source: string, now: number): boolean {
    const { perSource, sources } = this.options;
    const bucket = this.sources.get(source) ?? new TokenBucket(perSource / MINUTE_SECONDS, now, perSource);
    // The map's order is that of the last request.
    this.sources.delete(source);
    this.sources.set(source, bucket);
    if (this.sources.size > sources) this.sources.delete(this.sources.keys().next().value!);
    return bucket.take(now) && this.all.take(now);
  }
}
