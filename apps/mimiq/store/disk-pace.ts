/** A disk that needs more than this for a write is better waited for by a thread of its own; milliseconds, as all here. */
const QUICK = 0.3;
/** One write counts for no more: a thread that was interrupted says nothing of the disk. */
const LONGEST = 1;
const WEIGHT = 1 / 8;
/** A write that took longer held everybody up. */
const STALL = 10;
const FIRST_PAUSE = 250;
const LONGEST_PAUSE = 60_000;
/** Quick writes in a row after which what was before is forgotten. */
const RECOVERED = 256;

/** Judges by how long writes took whether the next one may be waited for. Pauses grow while the disk stays slow. */
export class DiskPace {
  private average = 0;
  private pause = FIRST_PAUSE;
  private pausedUntil = Number.NEGATIVE_INFINITY;
  private writes = 0;

  isQuick(now: number): boolean {
    return now >= this.pausedUntil;
  }

  /** A write from `start` to `end`. */
  add(start: number, end: number): void {
    const duration = end - start;
    this.average += WEIGHT * (Math.min(duration, LONGEST) - this.average);
    if (this.average <= QUICK && duration <= STALL) {
      if (++this.writes === RECOVERED) this.pause = FIRST_PAUSE;
      return;
    }
    this.pausedUntil = end + this.pause;
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
    // The first slow write after a pause suffices.
    this.average = QUICK;
    this.writes = 0;
  }
}
