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

  /** When the first one ends; Infinity when there is none. */
  get next(): number {
    for (const { madeAt } of this.byRequest.values()) return madeAt + OFFER_TIME;
    return Number.POSITIVE_INFINITY;
  }

  add(request: string, offer: Offer): void {
    // A new entry is the last one, also where the request had one before.
    this.byRequest.delete(request);
    this.byRequest.set(request, offer);
  }

  take(request: string): Offer | undefined {
    const offer = this.byRequest.get(request);
    this.byRequest.delete(request);
    return offer;
  }

  /** Those that nobody accepted in time. */
  takeEnded(now: number): Offer[] {
    const ended: Offer[] = [];
    for (const [request, offer] of this.byRequest) {
      if (offer.madeAt + OFFER_TIME > now) break;
      this.byRequest.delete(request);
      ended.push(offer);
    }
    return ended;
  }
}
