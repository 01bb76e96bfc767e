import type { RunContext, World } from '../experiment.js';
import { access as fetch } from './curl.js';
import { openWarmAccesses } from './warm-accesses.js';

export async function openDownloads(context: RunContext): Promise<World> {
  const { parameters, signal } = context;
  const { cloud, targets, paths } = await openWarmAccesses(
    context,
    `${parameters.settings.rtt! / 2}ms`,
    parameters.axes.size!.map(Number),
  );
  return {
    async measure({ access, size }) {
      const target = targets.get(String(access))!;
      const { milliseconds } = await fetch(cloud.client(), target, paths.get(Number(size))!, signal);
      return { latency: milliseconds };
    },
    close: () => cloud.close(),
  };
}
