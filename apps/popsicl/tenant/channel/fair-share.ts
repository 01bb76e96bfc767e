import type { Socket } from 'node:net';

/** What a message costs for each of its bytes, besides one for itself: a pseudonym in an inventory is about one, too. */
const BYTE = 1 / 64;

export interface Share {
  /** Messages a second. */
  readonly rate: number;
  /** Messages that may come at once. */
  readonly burst: number;
}

export const DEFAULT_SHARE: Share = { rate: 100_000, burst: 100_000 };

/**
 * Bounds what is read from one peer: who has sent more than its part is not read from until it is even, and what it sends meanwhile
 * waits in its own kernel. The packets of the whole cloud are handled in the same thread.
 */
export class FairShare {
  private readonly socket: Socket;
  private readonly share: Share;
  /** Messages more than its rate, at `since`. */
  private debt = 0;
  private since = performance.now();
  private wait: NodeJS.Timeout | undefined;

  constructor(socket: Socket, share: Share) {
    this.socket = socket;
    this.share = share;
    socket.once('close', () => clearTimeout(this.wait));
  }

  /** Counts a message of so many bytes, and stops reading where that was too much. */
  spend(bytes: number): void {
    const { rate, burst } = this.share;
    const now = performance.now();
    this.debt = Math.max(0, this.debt - ((now - this.since) / 1000) * rate) + 1 + bytes * BYTE;
    this.since = now;
    if (this.debt <= burst || this.wait !== undefined || this.socket.destroyed) return;
    this.socket.pause();
    const resume = () => {
      this.wait = undefined;
      this.socket.resume();
    };
    this.wait = setTimeout(resume, ((this.debt - burst) / rate) * 1000);
  }
}
