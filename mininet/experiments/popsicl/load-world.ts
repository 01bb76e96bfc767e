import { spread } from '../../report/statistics.js';
import type { RunContext, World } from '../experiment.js';
import { ExperimentError } from '../experiment-error.js';
import { openAccesses } from './accesses.js';
import { type Access, access as fetch, offered, type Target } from './curl.js';

const OBJECT_BYTES = 10 * 1024;
const HOSTS = 4;
/** Accesses of a client that is alone. */
const ALONE = 10;

export async function openLatencyUnderLoad(context: RunContext): Promise<World> {
  const { parameters, signal, progress } = context;
  const { clients, seconds, rtt } = parameters.settings;
  const accesses = parameters.axes.access!.map(String);
  const plan = { clients: HOSTS, delay: `${rtt! / 2}ms` };
  const { cloud, another, object } = await openAccesses(accesses, context, plan);
  const targets = new Map<string, Target[]>();
  let path: string;
  try {
    path = await object(OBJECT_BYTES);
    for (const access of accesses) {
      progress(`${access}: ${clients} clients register`);
      const own: Target[] = [];
      for (let index = 0; index < clients!; index++) own.push(await another(access));
      targets.set(access, own);
      await fetch(cloud.client(), own[0]!, path, signal);
    }
  } catch (error) {
    await cloud.close();
    throw error;
  }
  async function alone(target: Target): Promise<Access[]> {
    const found: Access[] = [];
    for (let turn = 0; turn < ALONE; turn++) found.push(await fetch(cloud.client(), target, path, signal));
    return found;
  }
  async function together(all: readonly Target[], rate: number): Promise<Access[]> {
    const parts = await Promise.all(
      Array.from({ length: HOSTS }, (_, host) => {
        const own = all.filter((_target, index) => index % HOSTS === host);
        const loads = own.map(target => ({ target, path, rate: rate / all.length, seconds: seconds! }));
        return offered(cloud.client(host), loads, signal);
      }),
    );
    return parts.flatMap(part => part.accesses);
  }
  return {
    async measure({ access, rate }) {
      const all = targets.get(String(access))!;
      const found = rate === 0 ? await alone(all[0]!) : await together(all, Number(rate));
      const ok = found.filter(one => one.ok);
      if (ok.length === 0)
        throw new ExperimentError('measurement-failed', `no access by ${access} succeeded`);
      return {
        latency: spread(ok.map(one => one.milliseconds)).median,
        failed: found.length - ok.length,
      };
    },
    close: () => cloud.close(),
  };
}
