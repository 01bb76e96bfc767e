import { until } from '../../driver/index.js';
import type { RunContext, World } from '../experiment.js';
import { openAccesses } from './accesses.js';
import { access as fetch, type Target } from './curl.js';
import { RELAYS, SOCKS_PORT, TorNetwork } from './tor-network.js';

const PATIENCE = 240_000;

export async function openTor(context: RunContext): Promise<World> {
  const { parameters, scratch, signal, progress } = context;
  const { access: accesses, size: sizes } = parameters.axes;
  const plan = { clients: 1 + RELAYS, delay: `${parameters.settings.rtt! / 2}ms` };
  const names = [...new Set(['https', ...accesses!.map(String)])];
  const { cloud, tenants, targets, object } = await openAccesses(names, context, plan);
  const all = new Map<string, Target>(targets);
  const paths = new Map<number, string>();
  let tor: TorNetwork | undefined;
  try {
    for (const size of sizes!) paths.set(Number(size), await object(Number(size)));
    if (accesses!.includes('tor')) {
      progress('starting a Tor network');
      const network = await TorNetwork.beside(cloud, tenants[0]!, scratch, signal);
      tor = network.tor;
      progress('waiting for the onion service');
      all.set('tor', { ...targets.get('https')!, onion: { name: network.onion, socks: SOCKS_PORT } });
    }
    // Circuits are built before anything is measured.
    for (const target of all.values()) {
      await until(
        'the first access',
        async () => {
          tor?.check();
          return fetch(cloud.client(), target, [...paths.values()][0]!, signal).catch(() => {
            signal.throwIfAborted();
            return undefined;
          });
        },
        { timeout: PATIENCE, interval: 500, signal },
      );
    }
  } catch (error) {
    await tor?.close();
    await cloud.close();
    throw error;
  }
  return {
    async measure({ access, size }) {
      const target = all.get(String(access))!;
      const { milliseconds } = await fetch(cloud.client(), target, paths.get(Number(size))!, signal);
      return { latency: milliseconds };
    },
    async close() {
      await tor?.close();
      await cloud.close();
    },
  };
}
