import type { Config } from './config/load.js';
import { Pins } from './pins.js';

/** What the configuration says about every connection; replaced as a whole by a reload. */
export interface ConnectionPolicy extends Pick<Config, 'role' | 'asynchronous' | 'limits'> {
  readonly pins: Pins;
}

export function connectionPolicy({ role, asynchronous, limits, pins }: Config): ConnectionPolicy {
  return { role, asynchronous, limits, pins: new Pins(pins) };
}
