import { uptime } from 'node:os';
import { type Clock, systemClock } from '../../../controller/host/clock.js';

/**
 * The time since the machine was started, also while it sleeps (CLOCK_BOOTTIME, to 10 ms), since leases end meanwhile. Timers
 * are the platform's, which sleep with the machine: what they wait for has to be looked at when it wakes.
 */
export const bootClock: Clock = {
  now: () => uptime() * 1000,
  after: (milliseconds, run) => systemClock.after(milliseconds, run),
  every: (milliseconds, run) => systemClock.every(milliseconds, run),
};
