/** A pending call; `cancel` is harmless when it has already run. */
export interface Timer {
  cancel(): void;
}

/** Where time comes from: the platform's clock in a running controller, a hand-driven one in tests. */
export interface Clock {
  /** Milliseconds of a clock that never goes back. */
  now(): number;
  after(milliseconds: number, run: () => void): Timer;
  every(milliseconds: number, run: () => void): Timer;
}

/** The platform's monotonic clock. Its timers keep the process alive until they are cancelled. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(milliseconds, run) {
    const timer = setTimeout(run, milliseconds);
    return { cancel: () => clearTimeout(timer) };
  },
  every(milliseconds, run) {
    const timer = setInterval(run, milliseconds);
    return { cancel: () => clearInterval(timer) };
  },
};
