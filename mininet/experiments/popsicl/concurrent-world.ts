import type { RunContext, World } from '../experiment.js';
import { openAccesses } from './accesses.js';
import { concurrent, access as fetch } from './curl.js';

const OBJECT_BYTES = 10 * 1024;

export async function openConcurrent(context: RunContext): Promise<World> {
  const { parameters, signal } = context;
  const plan = { clients: 1, delay: `${parameters.settings.rtt! / 2}ms` };
  const { cloud, targets, object } = await openAccesses(parameters.axes.access!.map(String), context, plan);
  let path: string;
  try {
    path = await object(OBJECT_BYTES);
    for (const target of targets.values()) await fetch(cloud.client(), target, path, signal);
  } catch (error) {
    await cloud.close();
    throw error;
  }
  return {
    async measure({ access, connections }) {
      const target = targets.get(String(access))!;
      const { milliseconds, failed } = await concurrent(
        cloud.client(),
        [target],
        path,
        Number(connections),
        signal,
      );
      return { completion: milliseconds, failed };
    },
    close: () => cloud.close(),
  };
}
