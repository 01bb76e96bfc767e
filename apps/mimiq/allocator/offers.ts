import type { Attachment } from '../model.js';
import type { TakenAddress } from './address-space.js';
import { clientKey, portKey } from './lease-table.js';

/** An address held for a client that has not accepted it: in memory only, and no switch knows of it. */
export interface Offer extends TakenAddress {
  readonly attachment: Attachment;
  readonly until: number;
}

/** Offers, each for the same time, so that the oldest always ends first. */
export class Offers {
  private readonly byKey = new Map<string, Offer>();
  private readonly perPort = new Map<string, number>();

  countOfPort(attachment: Attachment): number {
    return this.perPort.get(portKey(attachment)) ?? 0;
  }

  find(attachment: Attachment, request: string): Offer | undefined {
    return this.byKey.get(keyOf(attachment, request));
  }

  add(request: string, offer: Offer): void {
    this.byKey.set(keyOf(offer.attachment, request), offer);
    const port = portKey(offer.attachment);
    this.perPort.set(port, (this.perPort.get(port) ?? 0) + 1);
  }

  take(attachment: Attachment, request: string): Offer | undefined {
    return this.remove(keyOf(attachment, request));
  }

  /** One offer that ended; undefined when there is none. */
  takeEnded(now: number): Offer | undefined {
    for (const [key, offer] of this.byKey) return offer.until <= now ? this.remove(key) : undefined;
    return undefined;
  }

  private remove(key: string): Offer | undefined {
    const offer = this.byKey.get(key);
    if (offer === undefined) return undefined;
    this.byKey.delete(key);
    const port = portKey(offer.attachment);
    const left = this.perPort.get(port)! - 1;
    if (left === 0) this.perPort.delete(port);
    else this.perPort.set(port, left);
    return offer;
  }
}

function keyOf(attachment: Attachment, request: string): string {
  return `${clientKey(attachment)}/${request}`;
}
