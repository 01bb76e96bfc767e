import type { Clock, Timer } from '../../../../controller/host/clock.js';
import type { LocalSocket } from './local-socket.js';

/** Milliseconds after which a server should have validated an address; ngtcp2 gives up a second after it last asked. */
const PATIENCE = 500;
/** Moves made again for a server that was never seen to validate an old address: it is then taken for one that does not. */
const IN_VAIN = 2;

/**
 * Sees whether the server has validated the address that traffic moved to: it then also asks at the one that traffic came from
 * (RFC 9000 section 9.3.3). A server that gets no answers at the new address closes the connection, or sends to the old one,
 * where nobody is; another move in time begins its validation anew.
 */
export class Settling {
  private readonly clock: Clock;
  private readonly again: () => boolean;
  private left: LocalSocket | undefined;
  private timer: Timer | undefined;
  private inVain = 0;

  /** `again` moves once more, or returns false where that is not needed. */
  constructor(clock: Clock, again: () => boolean) {
    this.clock = clock;
    this.again = again;
  }

  /** Traffic has moved away from `left`. */
  moved(left: LocalSocket | undefined): void {
    this.timer?.cancel();
    this.timer = undefined;
    this.left = left;
  }

  /** A datagram came to `socket`; `here`: to the address in use. */
  heard(socket: LocalSocket | undefined, here: boolean): void {
    if (this.left === undefined) return;
    if (here) this.timer ??= this.clock.after(PATIENCE, () => this.unsettled());
    // The server speaks at the new address already: what still comes to the old one is its challenge.
    else if (this.timer !== undefined && socket === this.left) {
      this.moved(undefined);
      this.inVain = Number.NEGATIVE_INFINITY;
    }
  }

  stop(): void {
    this.moved(undefined);
  }

  private unsettled(): void {
    this.moved(undefined);
    if (this.inVain < IN_VAIN && this.again()) this.inVain++;
  }
}
