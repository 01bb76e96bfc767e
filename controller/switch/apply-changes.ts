import type { Change } from './change.js';
import type { RequestChannel } from './types.js';
import type { Refusal } from './wanted-flow.js';

/** How many changes were sent, by what they did. */
export interface ChangeCounts {
  added: number;
  changed: number;
  removed: number;
  refused: number;
}

/**
 * Sends changes in their order and waits until the switch has carried them out. What it refuses is told to its
 * owner; the rest is done. Rejects when the connection ends or the switch does not answer in time.
 */
export async function applyChanges(
  channel: RequestChannel,
  switchId: string,
  changes: readonly Change[],
): Promise<ChangeCounts> {
  const counts: ChangeCounts = { added: 0, changed: 0, removed: 0, refused: 0 };
  if (changes.length === 0) return counts;
  const failures = await channel.sendAll(changes.map(change => change.message));
  const failed = new Map(failures.map(({ index, error }) => [index, error]));
  for (const [index, change] of changes.entries()) {
    const error = failed.get(index);
    if (error === undefined) {
      counts[change.effect]++;
      change.entry?.state.refusals.delete(`${change.kind} ${change.entry.key}`);
    } else {
      counts.refused++;
      reportRefusal(switchId, change, error);
    }
  }
  return counts;
}

function reportRefusal(switchId: string, change: Change, error: Error): void {
  const { entry, kind } = change;
  if (entry === undefined) return;
  const refusal: Refusal = { switchId, kind, key: entry.key, error };
  entry.state.refusals.set(`${kind} ${entry.key}`, refusal);
  entry.state.owner.refused?.(refusal);
}
