import { spread } from '../../report/statistics.js';
import type { RunContext, World } from '../experiment.js';
import { ExperimentError } from '../experiment-error.js';
import { offered } from './curl.js';
import { openWarmAccesses } from './warm-accesses.js';

const OBJECT_BYTES = 1024;

export async function openRates(context: RunContext): Promise<World> {
  const { parameters, signal } = context;
  const { seconds } = parameters.settings;
  const { cloud, targets, paths } = await openWarmAccesses(context, '0ms', [OBJECT_BYTES]);
  const path = paths.get(OBJECT_BYTES)!;
  return {
    async measure({ access, rate }) {
      const load = { target: targets.get(String(access))!, path, rate: Number(rate), seconds: seconds! };
      const result = await offered(cloud.client(), [load], signal);
      const ok = result.accesses.filter(one => one.ok);
      if (ok.length === 0)
        throw new ExperimentError('measurement-failed', `no access by ${access} succeeded`);
      return {
        responses: ok.length / result.seconds,
        latency: spread(ok.map(one => one.milliseconds)).median,
        failed: 100 * (1 - ok.length / result.accesses.length),
      };
    },
    close: () => cloud.close(),
  };
}
