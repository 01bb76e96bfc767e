import { randomInt } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../../controller/host/index.js';

/** Of so many decoys, all but the slowest of this share have to be covered. */
const RECENT = 64;
const SLOWEST = 1 / 20;
/** What the next one may take longer than that. */
const MARGIN = 1.25;
/** Milliseconds. */
const MOST = 250;
/** Parts of a millisecond in which times are drawn. */
const PARTS = 1000;

/**
 * How long the first answer to a source about a name takes, whosever the name is: as long as a decoy takes to be made, so that
 * names which need that are not the late ones; and up to half as long again, at random. That covers what a web server takes to look at
 * a name that it has not served lately: it does so once, and one visit cannot be averaged.
 */
export class FirstAnswer {
  /** Decoys that took longer all the same. */
  late = 0;
  private readonly least: number;
  private readonly clock: Clock;
  private readonly durations: number[] = [];
  private next = 0;

  /** `least`: milliseconds. */
  constructor(least: number, clock: Clock) {
    this.least = least;
    this.clock = clock;
  }

  /** Without what is random. */
  get milliseconds(): number {
    const slowest = this.durations.toSorted((a, b) => b - a);
    const duration = slowest[Math.floor(slowest.length * SLOWEST)] ?? 0;
    return Math.max(this.least, Math.min(MOST, MARGIN * duration));
  }

  /** A decoy was made in so many milliseconds. */
  took(milliseconds: number): void {
    if (milliseconds > this.milliseconds) this.late++;
    this.durations[this.next] = milliseconds;
    this.next = (this.next + 1) % RECENT;
  }

  /** Resolves when it is time and `made` has resolved as well; rejects as soon as that does. */
  async after(made: Promise<void> | undefined): Promise<void> {
    await Promise.all([made, this.wait()]);
  }

  private async wait(): Promise<void> {
    const { clock, milliseconds } = this;
    const until = clock.now() + milliseconds + randomInt(Math.floor((milliseconds * PARTS) / 2) + 1) / PARTS;
    // Timers know whole milliseconds, and by the rest of one a prober would see what is to be covered.
    const whole = Math.floor(until - clock.now()) - 1;
    if (whole > 0) await new Promise<void>(resolve => clock.after(whole, resolve));
    while (clock.now() < until) await setImmediate();
  }
}
