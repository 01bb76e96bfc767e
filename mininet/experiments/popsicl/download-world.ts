import type { RunContext, World } from '../experiment.js';
import { openAccesses } from './accesses.js';
import { access as fetch } from './curl.js';

export async function openDownloads(context: RunContext): Promise<World> {
  const { parameters, signal } = context;
  const { access: accesses, size: sizes } = parameters.axes;
  const delay = `${parameters.settings.rtt! / 2}ms`;
  const { cloud, targets, object } = await openAccesses(accesses!.map(String), context, {
    clients: 1,
    delay,
  });
  const paths = new Map<number, string>();
  try {
    for (const size of sizes!) paths.set(Number(size), await object(Number(size)));
    // The first access of each finds neighbours and fills caches.
    for (const target of targets.values())
      await fetch(cloud.client(), target, [...paths.values()][0]!, signal);
  } catch (error) {
    await cloud.close();
    throw error;
  }
  return {
    async measure({ access, size }) {
      const target = targets.get(String(access))!;
      const { milliseconds } = await fetch(cloud.client(), target, paths.get(Number(size))!, signal);
      return { latency: milliseconds };
    },
    close: () => cloud.close(),
  };
}
