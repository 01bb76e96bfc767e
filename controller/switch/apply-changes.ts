import { type Failures, sendBundle } from './bundle.js';
import type { Change } from './change.js';
import type { FlowMod, GroupMod, RequestChannel } from './types.js';
import type { Refusal } from './wanted-flow.js';

/** How many changes were sent, by what they did. */
export interface ChangeCounts {
  added: number;
  changed: number;
  removed: number;
  refused: number;
}

/** What is known of a connection's bundles. */
export interface BundleState {
  /** Until the switch refuses one. */
  areSupported: boolean;
  /** The switch has opened one. */
  areKnown: boolean;
  lastId: number;
}

/** Of a connection that has just begun. */
export function newBundles(): BundleState {
  return { areSupported: true, areKnown: false, lastId: 0 };
}

/** After so many bundles of which each was refused for one message, messages go one by one. */
const MAX_ATTEMPTS = 3;

/**
 * Sends changes in their order and waits until the switch has carried them out: flows and groups in one bundle,
 * so that no packet meets half of it, and one by one where the switch knows no bundles. What it refuses is told
 * to its owner; the rest is done. Rejects when the connection ends or the switch does not answer in time.
 */
export async function applyChanges(
  channel: RequestChannel,
  switchId: string,
  changes: readonly Change[],
  bundles: BundleState,
): Promise<ChangeCounts> {
  const counts: ChangeCounts = { added: 0, changed: 0, removed: 0, refused: 0 };
  for (const run of runsOf(changes)) {
    const isBundle = bundles.areSupported && run.length > 1 && run[0]!.kind !== 'meter';
    const failures = isBundle ? await applyBundled(channel, run, bundles) : await applyPlain(channel, run);
    for (const [index, change] of run.entries()) {
      const error = failures.get(index);
      if (error === undefined) {
        counts[change.effect]++;
        change.entry?.state.refusals.delete(`${change.kind} ${change.entry.key}`);
      } else {
        counts.refused++;
        reportRefusal(switchId, change, error);
      }
    }
  }
  return counts;
}

/** Open vSwitch takes no meter-mods in bundles, so they stand apart. */
function runsOf(changes: readonly Change[]): Change[][] {
  const runs: Change[][] = [];
  for (const change of changes) {
    const last = runs.at(-1);
    if (last !== undefined && (last[0]!.kind === 'meter') === (change.kind === 'meter')) last.push(change);
    else runs.push([change]);
  }
  return runs;
}

async function applyPlain(channel: RequestChannel, changes: readonly Change[]): Promise<Failures> {
  const failures = await channel.sendAll(changes.map(change => change.message));
  return new Map(failures.map(({ index, error }) => [index, error]));
}

/** A refused message undoes its whole bundle, so it is left out of the next. */
async function applyBundled(
  channel: RequestChannel,
  changes: readonly Change[],
  bundles: BundleState,
): Promise<Failures> {
  const failed: Failures = new Map();
  let open = [...changes.keys()];
  const messageAt = (index: number) => changes[index]!.message as FlowMod | GroupMod;
  for (let attempt = 0; attempt < MAX_ATTEMPTS && open.length > 0; attempt++) {
    bundles.lastId = (bundles.lastId % 0xffff) + 1;
    const tried = open;
    const outcome = await sendBundle(channel, bundles.lastId, tried.map(messageAt), bundles.areKnown);
    if (outcome === undefined) {
      bundles.areSupported = false;
      break;
    }
    bundles.areKnown = true;
    for (const [position, error] of outcome.failures) failed.set(tried[position]!, error);
    if (outcome.isCommitted) return failed;
    open = tried.filter(index => !failed.has(index));
    if (outcome.failures.size === 0) break;
  }
  const rest = await applyPlain(
    channel,
    open.map(index => changes[index]!),
  );
  for (const [position, error] of rest) failed.set(open[position]!, error);
  return failed;
}

function reportRefusal(switchId: string, change: Change, error: Error): void {
  const { entry, kind } = change;
  if (entry === undefined) return;
  const refusal: Refusal = { switchId, kind, key: entry.key, error };
  entry.state.refusals.set(`${kind} ${entry.key}`, refusal);
  entry.state.owner.refused?.(refusal);
}
