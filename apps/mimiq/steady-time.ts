import { readFileSync } from 'node:fs';

/** The machine's clocks. */
export interface TimeSource {
  /** Milliseconds since 1970 by the wall clock, which may be stepped either way. */
  wall(): number;
  /** Milliseconds by a clock that never steps and that all processes of one boot share (CLOCK_MONOTONIC). */
  monotonic(): number;
  /** Names the boot to which `monotonic` belongs. */
  readonly boot: string;
}

/** A point in time that outlives the process: what the clocks showed at `steady`. */
export interface TimeMark {
  readonly steady: number;
  readonly monotonic: number;
  readonly boot: string;
}

/** What a kept mark may lack to the newest time that somebody was told, in milliseconds. */
export const MARK_AGE = 1000;

export const systemTime: TimeSource = {
  wall: () => Date.now(),
  monotonic: () => {
    const [seconds, nanoseconds] = process.hrtime();
    return seconds * 1000 + Math.floor(nanoseconds / 1e6);
  },
  boot: bootId(),
};

/**
 * Milliseconds since 1970 that never go back and never jump: the wall clock is read once, at the very first start, and
 * again only after a reboot, where no clock says how long the machine was off. In between the monotonic clock counts, also
 * over restarts of the process, so that a stepped wall clock neither ends a lease early nor makes it last.
 */
export class SteadyTime {
  private readonly source: TimeSource;
  private readonly base: number;

  /** `last` is the mark that the last run left. After a reboot time is at least what it was then. */
  constructor(source: TimeSource, last: TimeMark | undefined) {
    this.source = source;
    const monotonic = source.monotonic();
    const sameBoot = last !== undefined && last.boot === source.boot && monotonic >= last.monotonic;
    const now = sameBoot
      ? last.steady + (monotonic - last.monotonic)
      : Math.max(source.wall(), (last?.steady ?? 0) + MARK_AGE);
    this.base = now - monotonic;
  }

  now(): number {
    return Math.floor(this.base + this.source.monotonic());
  }

  mark(): TimeMark {
    const monotonic = this.source.monotonic();
    return { steady: Math.floor(this.base + monotonic), monotonic, boot: this.source.boot };
  }
}

function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return `process-${process.pid}-${Date.now()}`;
  }
}
