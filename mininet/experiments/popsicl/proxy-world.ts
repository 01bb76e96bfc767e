import { cpuSecondsOf, cpuSecondsOfFamily } from '../../report/process-usage.js';
import type { RunContext, World } from '../experiment.js';
import { ExperimentError } from '../experiment-error.js';
import { vswitchdOf } from '../vswitchd-of.js';
import { Cloud } from './cloud.js';
import type { TenantPlan } from './cloud-plan.js';
import { access as fetch, saturating, type Target } from './curl.js';

const PAIRS = [0, 1, 2];
/** By IPv4 connections are handed over, by IPv6 they are relayed. */
const TENANTS: TenantPlan[] = PAIRS.map(index => ({
  name: `tenant${index + 1}`,
  strategy: { ipv4: 'cookie', ipv6: 'proxy' },
}));

export async function openProxy({ parameters, scratch, signal }: RunContext): Promise<World> {
  const { seconds, processes } = parameters.settings;
  const cloud = await Cloud.start({ clients: PAIRS.length, delay: '0ms', tenants: TENANTS }, scratch, signal);
  const targets: Record<string, Target[]> = { https: [], handoff: [], proxy: [] };
  const paths = new Map<number, string>();
  try {
    for (const { name } of TENANTS) {
      for (const size of parameters.axes.size!)
        paths.set(Number(size), await cloud.tenant(name).object(Number(size)));
      targets.https!.push(cloud.site(name));
      targets.handoff!.push(await cloud.pseudonym(name, 4));
      targets.proxy!.push(await cloud.pseudonym(name, 6));
    }
    for (const index of PAIRS)
      for (const all of Object.values(targets))
        await fetch(cloud.client(index), all[index]!, [...paths.values()][0]!, signal);
  } catch (error) {
    await cloud.close();
    throw error;
  }
  const vswitchd = vswitchdOf(cloud.network.switch('s1'));
  /** What stands between clients and tenants: controller, relay and switch. */
  const between = () => cpuSecondsOfFamily(cloud.controllerPid) + cpuSecondsOf(vswitchd);
  return {
    async measure({ access, size }) {
      const path = paths.get(Number(size))!;
      const before = between();
      const results = await Promise.all(
        PAIRS.map(index =>
          saturating(
            cloud.client(index),
            targets[String(access)]![index]!,
            path,
            { processes: processes!, seconds: seconds! },
            signal,
          ),
        ),
      );
      const ok = results.flat().filter(one => one.ok);
      if (ok.length === 0)
        throw new ExperimentError('measurement-failed', `no access by ${access} ended within ${seconds} s`);
      return {
        throughput: ok.length / seconds!,
        megabytes: (ok.length * Number(size)) / 1e6 / seconds!,
        failed: results.flat().length - ok.length,
        between: (1000 * (between() - before)) / ok.length,
      };
    },
    close: () => cloud.close(),
  };
}
