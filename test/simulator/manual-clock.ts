import type { Clock, Timer } from '../../controller/host/index.js';

interface Due {
  at: number;
  run: () => void;
  every: number | undefined;
}

/** A clock that stands still until it is advanced. */
export class ManualClock implements Clock {
  private time = 0;
  private readonly due = new Set<Due>();

  /** Timers that have not run. */
  get pending(): number {
    return this.due.size;
  }

  now(): number {
    return this.time;
  }

  after(milliseconds: number, run: () => void): Timer {
    return this.add(milliseconds, run, undefined);
  }

  every(milliseconds: number, run: () => void): Timer {
    return this.add(milliseconds, run, milliseconds);
  }

  /** Moves to the next timer, but not past `limit`, and runs it. Returns false when there was none. */
  step(limit: number): boolean {
    let next: Due | undefined;
    for (const due of this.due) {
      if (due.at <= limit && (next === undefined || due.at < next.at)) next = due;
    }
    if (next === undefined) {
      this.time = Math.max(this.time, limit);
      return false;
    }
    this.time = Math.max(this.time, next.at);
    if (next.every === undefined) this.due.delete(next);
    else next.at += next.every;
    next.run();
    return true;
  }

  /** Runs all timers of the next `milliseconds`, with nothing in between. */
  advance(milliseconds: number): void {
    const limit = this.time + milliseconds;
    while (this.step(limit));
  }

  private add(milliseconds: number, run: () => void, every: number | undefined): Timer {
    const due: Due = { at: this.time + milliseconds, run, every };
    this.due.add(due);
    return { cancel: () => this.due.delete(due) };
  }
}
