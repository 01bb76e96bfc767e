import { spread } from '../../report/statistics.js';
import type { RunContext, World } from '../experiment.js';
import { ExperimentError } from '../experiment-error.js';
import { openAccesses } from './accesses.js';
import { access as fetch, offered } from './curl.js';

const OBJECT_BYTES = 1024;

export async function openRates(context: RunContext): Promise<World> {
  const { parameters, signal } = context;
  const { seconds } = parameters.settings;
  const plan = { clients: 1, delay: '0ms' };
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
