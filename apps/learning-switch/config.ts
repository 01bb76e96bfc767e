import { z } from 'zod';

const MAX_TIMEOUT = 0xffff;

export const configSchema = z.strictObject({
  /** Seconds after which a flow that no packet used goes. */
  idleTimeout: z.int().min(1).max(MAX_TIMEOUT).default(60),
  /** Seconds after which a station that was not heard of is forgotten. Flows live half as long at most. */
  stationAge: z.int().min(2).max(MAX_TIMEOUT).default(300),
  /** Stations learnt a switch; packets of further ones are flooded. */
  maxStations: z.int().min(1).max(1_000_000).default(16_384),
});

export type LearningSwitchConfig = z.output<typeof configSchema>;
