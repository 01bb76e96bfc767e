import { join } from 'node:path';
import { parseIpv4 } from '../../../controller/address/index.js';
import { residentBytesOf } from '../../report/process-usage.js';
import { spread } from '../../report/statistics.js';
import { addRules, commitConnections } from '../../traffic/present-connections.js';
import type { RunContext, World } from '../experiment.js';
import { ExperimentError } from '../experiment-error.js';
import { vswitchdOf } from '../vswitchd-of.js';
import { openAccesses } from './accesses.js';
import { access as fetch, type Target } from './curl.js';

const SIZES = { small: 10 * 1024, large: 100 * 1024 };
const ACCESSES: Record<string, string> = { rules: 'cookie-flows', 'conntrack-entries': 'cookie-conntrack' };
/** Of the app, when the configuration names none. */
const ZONE = 0x0c10;
const DAY = 86_400;
/** Where the connections of others come from. */
const SOURCES = '20.0.0.0/8';
const WARM_UP = 3;

export async function openSwitchLoad(context: RunContext): Promise<World> {
  const { parameters, signal } = context;
  const { accesses, rtt } = parameters.settings;
  const kinds = parameters.axes.kind!.map(String);
  const plan = { clients: 1, delay: `${rtt! / 2}ms` };
  const { cloud, targets, object, tenants } = await openAccesses(
    kinds.map(kind => ACCESSES[kind]!),
    context,
    plan,
  );
  const sw = cloud.network.switch('s1');
  const vswitchd = vswitchdOf(sw);
  const socket = sw.managementSocket.replace('unix:', '');
  const appctl = (...words: string[]) =>
    sw.run(['ovs-appctl', `--target=${join(sw.directory, 'ovs-vswitchd.ctl')}`, ...words], { check: true });
  const paths: Record<string, string> = {};
  try {
    for (const [name, bytes] of Object.entries(SIZES)) paths[name] = await object(bytes);
    if (kinds.includes('conntrack-entries')) await keepUnfinished();
  } catch (error) {
    await cloud.close();
    throw error;
  }

  /** Entries that no packet follows would go after some seconds; those of a live connection stay. */
  async function keepUnfinished(): Promise<void> {
    const datapath = ['--id=@d', 'create', 'Datapath', 'datapath_version=experiment'];
    await sw.vsctl([
      '--',
      ...datapath,
      '--',
      'set',
      'Open_vSwitch',
      '.',
      `datapaths:${cloud.network.datapath}=@d`,
    ]);
    const timeouts = ['tcp_syn_sent', 'tcp_syn_recv', 'tcp_established'].map(name => `${name}=${DAY}`);
    await sw.vsctl(['add-zone-tp', cloud.network.datapath, `zone=${ZONE}`, ...timeouts]);
  }
  async function install(kind: string, count: number, target: Target): Promise<number> {
    const tenant = cloud.tenant(tenants[kinds.indexOf(kind)]!).addresses.inner4;
    const present = { socket, tenant: parseIpv4(tenant), pseudo: parseIpv4(target.address), zone: ZONE };
    if (count === 0) return 0;
    // Each connection has two rules.
    if (kind === 'rules') return addRules({ ...present, count: Math.ceil(count / 2) });
    return commitConnections({ ...present, count });
  }
  async function present(kind: string): Promise<number> {
    if (kind === 'rules') {
      const counts = await Promise.all(
        ['nw_src', 'nw_dst'].map(field => sw.ofctl('dump-aggregate', `table=0,tcp,${field}=${SOURCES}`)),
      );
      return counts.reduce((sum, text) => sum + Number(/flow_count=(\d+)/.exec(text)![1]), 0);
    }
    const { stdout } = await appctl('dpctl/ct-stats-show', `zone=${ZONE}`);
    return Number(/Total: (\d+)/.exec(stdout)![1]);
  }
  async function clear(kind: string): Promise<void> {
    if (kind !== 'rules') await appctl('dpctl/flush-conntrack', `zone=${ZONE}`);
    else
      for (const field of ['nw_src', 'nw_dst'])
        await sw.ofctl('del-flows', `table=0,tcp,${field}=${SOURCES}`);
  }

  return {
    async measure({ kind, count }) {
      const target = targets.get(ACCESSES[String(kind)]!)!;
      await clear(String(kind));
      const seconds = await install(String(kind), Number(count), target);
      const found = await present(String(kind));
      if (found < Number(count))
        throw new ExperimentError('measurement-failed', `the switch took ${found} of ${count} ${kind}`);
      const latency = async (path: string) => {
        const times: number[] = [];
        for (let turn = 0; turn < accesses!; turn++)
          times.push((await fetch(cloud.client(), target, path, signal)).milliseconds);
        return spread(times).median;
      };
      for (let turn = 0; turn < WARM_UP; turn++) await fetch(cloud.client(), target, paths.small!, signal);
      const values = {
        small: await latency(paths.small!),
        large: await latency(paths.large!),
        install: seconds,
        memory: residentBytesOf(vswitchd) / 2 ** 20,
      };
      await clear(String(kind));
      return values;
    },
    close: () => cloud.close(),
  };
}
