import type { Clock, Timer } from '../../../../controller/host/clock.js';

const LONG_HEADER = 0x80;
/** Milliseconds until a flight is sent again; each time it takes twice as long. */
const FIRST = 250;
const TIMES = 4;
/** Datagrams that a flight has at most. */
const KEPT = 4;

/**
 * Sends a handshake's datagrams again, as they are, sooner than QUIC, which waits a second while it knows no round-trip time
 * (RFC 9002 section 6.2.2), and longer each time. A peer that has them drops copies, which networks make too.
 */
export class HandshakeCopies {
  private readonly clock: Clock;
  private readonly send: (datagram: Uint8Array) => void;
  private readonly flight: Uint8Array[] = [];
  private timer: Timer | undefined;
  private sent = 0;
  private over = false;

  constructor(clock: Clock, send: (datagram: Uint8Array) => void) {
    this.clock = clock;
    this.send = send;
  }

  /** A datagram was sent. */
  keep(datagram: Uint8Array): void {
    if (this.over || (datagram[0]! & LONG_HEADER) === 0) return;
    this.flight.push(datagram.slice());
    if (this.flight.length > KEPT) this.flight.shift();
    this.timer ??= this.clock.after(FIRST, () => this.repeat());
  }

  /** The peer has answered: what is sent from now on is another flight. */
  answered(): void {
    this.flight.length = 0;
    this.timer?.cancel();
    this.timer = undefined;
    this.sent = 0;
  }

  /** The peer has all of the handshake. */
  stop(): void {
    this.answered();
    this.over = true;
  }

  private repeat(): void {
    for (const datagram of this.flight) this.send(datagram);
    this.sent++;
    this.timer =
      this.sent < TIMES ? this.clock.after(FIRST * 2 ** this.sent, () => this.repeat()) : undefined;
  }
}
