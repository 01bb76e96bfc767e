import type { Clock, Timer } from '../../../../controller/host/clock.js';

export interface Watched {
  /** True while an answer is waited for. */
  waiting(): boolean;
  /** Round-trip time of the path in use, in milliseconds. */
  rtt(): number;
  /** Packets that came and could be read, so far. */
  received(): number;
  /** Nothing came for a while; `attempt` counts from 1. */
  nudge(attempt: number): void;
  /** Nothing came for `LOST` milliseconds. */
  lost(): void;
}

const LEAST = 60;
const RTTS = 3;
/** A round trip that seems longer than this was measured while packets were lost. */
const MOST = 500;
const BACKOFF = 1.5;
/** Milliseconds that silence is borne at most between two nudges. */
const STEP = 1_000;
/** Milliseconds without a datagram after which a connection with a pending request is given up. */
const LOST = 10_000;

/**
 * Notices that a path went silent while a request is pending, long before QUIC's own timers do: a hop whose packets were
 * lost can leave the server waiting for the client and the client for the server.
 */
export class Watchdog {
  private readonly clock: Clock;
  private readonly watched: Watched;
  private timer: Timer | undefined;
  private heardAt: number;
  private cameAt: number;
  private received: number;
  private attempts = 0;
  /** Milliseconds of silence at the nudge before. */
  private nudgedAfter = 0;

  constructor(clock: Clock, watched: Watched) {
    this.clock = clock;
    this.watched = watched;
    this.heardAt = clock.now();
    this.cameAt = this.heardAt;
    this.received = 0;
  }

  /** A datagram came. Whether it could be read is seen when it matters. */
  heard(): void {
    this.cameAt = this.clock.now();
    if (this.attempts === 0 || !this.answered() || this.timer === undefined) return;
    this.timer.cancel();
    this.wait();
  }

  /** A request was made: silence counts from now at the earliest. */
  start(): void {
    if (this.timer !== undefined) return;
    this.heardAt = this.clock.now();
    this.attempts = 0;
    this.received = this.watched.received();
    this.wait();
  }

  stop(): void {
    this.timer?.cancel();
    this.timer = undefined;
  }

  private wait(): void {
    const first = Math.min(MOST, Math.max(LEAST, RTTS * this.watched.rtt()));
    const step = Math.min(STEP, this.nudgedAfter * (BACKOFF - 1));
    const patience = this.attempts === 0 ? first : this.nudgedAfter + step;
    const left = Math.max(1, this.heardAt + patience - this.clock.now());
    this.timer = this.clock.after(left, () => this.look(patience));
  }

  private look(patience: number): void {
    this.timer = undefined;
    if (!this.watched.waiting()) return;
    this.answered();
    const silence = this.clock.now() - this.heardAt;
    if (silence >= LOST) {
      this.watched.lost();
      return;
    }
    if (silence >= patience) {
      this.attempts++;
      this.nudgedAfter = patience;
      this.watched.nudge(this.attempts);
    }
    this.wait();
  }

  /** Takes note of packets that came; false when there were none. */
  private answered(): boolean {
    const received = this.watched.received();
    if (received === this.received) return false;
    this.received = received;
    this.heardAt = this.cameAt;
    this.attempts = 0;
    return true;
  }
}
