import { TokenBucket } from '../../../controller/session/token-bucket.js';
import { sourceOf } from '../source.js';

export interface ResponseRateOptions {
  /** Answers a second over UDP to one network (/24 of IPv4, /56 of IPv6), and twice as many at once. */
  readonly perNetwork: number;
  /** Networks remembered at a time. */
  readonly networks: number;
}

export type RateVerdict = 'answer' | 'truncate' | 'drop';

/** Of the answers above the limit, every second is sent, empty and truncated: a real client behind it asks over TCP then. */
const SLIP = 2;

/** Bounds what a forged source can be sent. */
export class ResponseRate {
  private readonly options: ResponseRateOptions;
  private readonly networks = new Map<string, { bucket: TokenBucket; exceeded: number }>();

  constructor(options: ResponseRateOptions) {
    this.options = options;
  }

  /** What to do with an answer to `address`; `now` in milliseconds. */
  judge(address: string, now: number): RateVerdict {
    const { perNetwork, networks } = this.options;
    const network = networkOf(address);
    let state = this.networks.get(network);
    if (state === undefined) {
      state = { bucket: new TokenBucket(perNetwork, now, 2 * perNetwork), exceeded: 0 };
    } else {
      // The map's order is that of the last query.
      this.networks.delete(network);
    }
    this.networks.set(network, state);
    if (this.networks.size > networks) this.networks.delete(this.networks.keys().next().value!);
    if (state.bucket.take(now)) return 'answer';
    return ++state.exceeded % SLIP === 0 ? 'truncate' : 'drop';
  }

  /** Networks remembered now. */
  get size(): number {
    return this.networks.size;
  }
}

function networkOf(address: string): string {
  const mapped = address.startsWith('::ffff:') ? address.slice('::ffff:'.length) : address;
  if (mapped.includes('.')) return mapped.slice(0, mapped.lastIndexOf('.'));
  return sourceOf(mapped);
}
