import type { Instruction, Switch, WantedState } from '../switch/index.js';
import type { RateLimit } from './config/connection-schema.js';

/** Meters that the host states in the name of an app; the slash keeps the key apart from the app's own. */
const KEY = 'host/punt';

/**
 * Instructions that count what an app's flow sends to the controller against the app's limit on that switch:
 * a meter that drops what is above it (OpenFlow 1.3.5 section 5.7). None without a limit, or on a switch
 * without such meters.
 */
export function puntInstructions(
  sw: Switch,
  wanted: WantedState,
  limit: RateLimit | undefined,
): readonly Instruction[] {
  if (limit === undefined || !sw.canMeterPackets) return [];
  const rate = limit.packetsPerSecond;
  const meterId = wanted.setMeter(KEY, {
    flags: ['pktps', 'burst', 'stats'],
    bands: [{ type: 'drop', rate, burstSize: limit.burst ?? rate }],
  });
  return [{ type: 'meter', meterId }];
}
