import { setTimeout as sleep } from 'node:timers/promises';
import { EmulationError } from './errors.js';

export interface UntilOptions {
  /** Milliseconds before giving up with `timed-out`; 30 000 when absent. */
  timeout?: number;
  /** Milliseconds between two looks; 10 when absent. */
  interval?: number;
  signal?: AbortSignal | undefined;
}

/** Looks again and again until `condition` gives something truthy, and returns that; an error of `condition` ends it. */
export async function until<T>(
  what: string,
  condition: () => T | Promise<T>,
  options: UntilOptions = {},
): Promise<NonNullable<T>> {
  const { timeout = 30_000, interval = 10, signal } = options;
  const end = performance.now() + timeout;
  for (;;) {
    signal?.throwIfAborted();
    const value = await condition();
    if (value) return value;
    if (performance.now() > end) throw new EmulationError('timed-out', `${what}: not within ${timeout} ms`);
    await sleep(interval, undefined, signal === undefined ? {} : { signal });
  }
}
