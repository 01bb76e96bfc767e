import type { RunContext, World } from '../experiment.js';
import { concurrent } from './curl.js';
import { openWarmAccesses } from './warm-accesses.js';

const OBJECT_BYTES = 10 * 1024;

export async function openConcurrent(context: RunContext): Promise<World> {
  const { parameters, signal } = context;
  const delay = `${parameters.settings.rtt! / 2}ms`;
  const { cloud, targets, paths } = await openWarmAccesses(context, delay, [OBJECT_BYTES]);
  const path = paths.get(OBJECT_BYTES)!;
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
