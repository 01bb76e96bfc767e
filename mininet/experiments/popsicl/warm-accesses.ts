import type { RunContext } from '../experiment.js';
import { type AccessCloud, openAccesses } from './accesses.js';
import { access as fetch } from './curl.js';

export interface WarmAccesses extends Pick<AccessCloud, 'cloud' | 'targets'> {
  /** Paths of the objects by their sizes in bytes. */
  paths: ReadonlyMap<number, string>;
}

/**
 * A cloud with one client, a target for each access of the experiment's axis, and objects of these sizes. Each target has been
 * asked for the first one once, which finds neighbours and fills caches.
 */
export async function openWarmAccesses(
  context: RunContext,
  delay: string,
  sizes: readonly number[],
): Promise<WarmAccesses> {
  const accesses = context.parameters.axes.access!.map(String);
  const { cloud, targets, object } = await openAccesses(accesses, context, { clients: 1, delay });
  try {
    const paths = new Map<number, string>();
    for (const size of sizes) paths.set(size, await object(size));
    const first = paths.get(sizes[0]!)!;
    for (const target of targets.values()) await fetch(cloud.client(), target, first, context.signal);
    return { cloud, targets, paths };
  } catch (error) {
    await cloud.close();
    throw error;
  }
}
