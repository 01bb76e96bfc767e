import { randomInt } from 'node:crypto';
import type { StrategyOptions } from './options.js';
import type { Progress } from './progress.js';

/** When one connection hops (sections 3.1 and 5). Strategies have no clock: they are asked. */
export interface Strategy {
  /** True when a hop is due. Asked whenever packets were counted, and at `deadline`. */
  due(progress: Progress): boolean;
  /** Milliseconds since the last hop at which to ask even if nothing happens. */
  deadline?(): number | undefined;
  /** The hop that was due was made, or refused: draws the next interval. */
  hopped(): void;
}

/** Uniform integer from `min` to `max`, both included; from the system's generator, since hops must not be predictable. */
export type Draw = (min: number, max: number) => number;

export const draw: Draw = (min, max) => randomInt(Math.floor(min), Math.floor(max) + 1);

/** A fresh strategy for one connection. */
export function createStrategy(options: StrategyOptions, random: Draw = draw): Strategy {
  switch (options.type) {
    case 'never':
      return { due: () => false, hopped: () => undefined };
    case 'every':
      return { due: progress => progress.packetsHere >= options.packets, hopped: () => undefined };
    case 'random':
      return randomPackets(options.min, options.max, random);
    case 'time':
      return timeIntervals(options.min, options.max, random);
    case 'once':
      return once(options.after);
    case 'custom':
      return { due: options.due, hopped: () => undefined };
  }
}

function randomPackets(min: number, max: number, random: Draw): Strategy {
  let packets = random(min, max);
  return {
    due: progress => progress.packetsHere >= packets,
    hopped: () => {
      packets = random(min, max);
    },
  };
}

function timeIntervals(min: number, max: number, random: Draw): Strategy {
  let interval = random(min, max);
  return {
    due: progress => progress.ageHere >= interval,
    deadline: () => interval,
    hopped: () => {
      interval = random(min, max);
    },
  };
}

/** Splits a connection once, behind the packets that a classifier looks at. */
function once(after: number): Strategy {
  let made = false;
  return {
    due: progress => !made && progress.packets >= after,
    hopped: () => {
      made = true;
    },
  };
}
