/** How fast a run goes: whether more fits into its time, and how long the rest takes. */
export class Pace {
  private readonly seconds: number;
  private readonly conditions: number;
  private readonly now: () => number;
  private readonly opened: number;
  private began: number | undefined;
  private turns = 0;

  /** From here on the run may take so many seconds. `now` counts milliseconds. */
  constructor(seconds: number, conditions: number, now = () => performance.now()) {
    this.seconds = seconds;
    this.conditions = conditions;
    this.now = now;
    this.opened = now();
  }

  /** One condition was measured once. */
  count(): void {
    this.turns++;
  }

  /** Whether so many conditions more can be measured: every one when absent. Before anything was, whether any time is left. */
  hasTime(turns = this.conditions): boolean {
    const used = (this.now() - this.opened) / 1000;
    return used + this.secondsFor(turns) <= this.seconds;
  }

  /** ` (5 min left)`: so many turns at the pace up to now; empty until every condition had one. */
  textOfLeft(turns: number): string {
    this.began ??= this.now();
    return this.turns < this.conditions ? '' : ` (${minutesText(this.secondsFor(turns) / 60)} left)`;
  }

  private secondsFor(turns: number): number {
    if (this.turns === 0) return 0;
    return ((this.now() - this.began!) / 1000 / this.turns) * turns;
  }
}

/** `5 min`, `3.5 h`. */
export function minutesText(minutes: number): string {
  return minutes < 90 ? `${Math.max(1, Math.round(minutes))} min` : `${(minutes / 60).toFixed(1)} h`;
}
