/** A lease that was offered, and that its client has not accepted. */
export interface Offer {
  readonly lease: number;
  readonly madeAt: number;
}

/** How long an offer waits for its client, in milliseconds. */
const OFFER_TIME = 30_000;

/** Offers by the client's request, each for the same time, so that the oldest always ends first. */
export class Offers {
  private readonly byRequest = new Map<string, Offer>();

  /** When the oldest one was made, or earlier. */
  private oldest = Number.POSITIVE_INFINITY;

  /** When `takeEnded` may find one; Infinity when there is none. */
  get next(): number {
    return this.oldest + OFFER_TIME;
  }

  add(request: string, offer: Offer): void {
    // A new entry is the last one, also where the request had one before.
    this.byRequest.delete(request);
    this.byRequest.set(request, offer);
    this.oldest = Math.min(this.oldest, offer.madeAt);
  }

  take(request: string): Offer | undefined {
    const offer = this.byRequest.get(request);
    this.byRequest.delete(request);
    return offer;
  }

  /** Those that nobody accepted in time. */
  takeEnded(now: number): Offer[] {
    const ended: Offer[] = [];
    this.oldest = Number.POSITIVE_INFINITY;
    for (const [request, offer] of this.byRequest) {
      if (offer.madeAt + OFFER_TIME > now) {
        this.oldest = offer.madeAt;
        break;
      }
      this.byRequest.delete(request);
      ended.push(offer);
    }
    return ended;
  }
}
