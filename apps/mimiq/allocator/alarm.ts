import type { Clock, Timer } from '../../../controller/host/index.js';

/** Longest sleep: timers of the platform hold 31 bits of milliseconds. */
const LONGEST_SLEEP = 60_000;

/** Wakes somebody up at the earliest time that was asked for, or earlier. */
export class Alarm {
  private readonly clock: Clock;
  private readonly now: () => number;
  private readonly wake: () => void;
  private set: { at: number; timer: Timer } | undefined;
  private stopped = false;

  constructor(clock: Clock, now: () => number, wake: () => void) {
    this.clock = clock;
    this.now = now;
    this.wake = wake;
  }

  setFor(time: number): void {
    if (this.stopped) return;
    const now = this.now();
    const at = Math.min(time, now + LONGEST_SLEEP);
    if (this.set !== undefined && this.set.at <= at) return;
    this.set?.timer.cancel();
    const timer = this.clock.after(Math.max(0, Math.ceil(at - now)), () => {
      this.set = undefined;
      this.wake();
    });
    this.set = { at, timer };
  }

  stop(): void {
    this.stopped = true;
    this.set?.timer.cancel();
  }
}
