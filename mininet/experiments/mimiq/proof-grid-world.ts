import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { RunReport } from '../../traffic/hopping-program.js';
import { runHopping } from '../../traffic/mimiq-client.js';
import { observe, readObserved } from '../../traffic/quic-observer.js';
import { QuicServer } from '../../traffic/quic-server.js';
import type { RunContext, World } from '../experiment.js';
import { MimiqNetwork, SERVER } from './mimiq-network.js';

/** The example page of the paper. */
const PAGE_BYTES = 2700;
/** Milliseconds for a handshake, some of whose packets are lost. */
const CONNECT_TIMEOUT = 30_000;

export async function openProofGrid({ parameters, scratch, signal }: RunContext): Promise<World> {
  const { requests } = parameters.settings;
  const mimiq = await MimiqNetwork.start({
    switches: 2,
    clientsPerSwitch: 2,
    delay: '1ms',
    folder: scratch,
    signal,
  });
  const { network } = mimiq;
  const page = randomBytes(PAGE_BYTES);
  const addresses = [SERVER[4], SERVER[6]];
  const server = new QuicServer(network.host('server'), scratch, { page }, addresses);
  const agents = new Map<string, string>();
  try {
    await server.start();
    for (const client of mimiq.clients) agents.set(client, await mimiq.startAgent(client, '46'));
  } catch (error) {
    await mimiq.close();
    throw error;
  }
  const whole = `200 ${createHash('sha256').update(page).digest('hex')}`;
  const link = network.link('observer', 'server');
  return {
    async measure({ family, frequency, rtt, loss }) {
      await link.setDelay(`${Number(rtt) / 2}ms`);
      await link.setLoss(`${loss}%`);
      await using capture = await link.capture({ node: 'observer', filter: 'udp', snapshotLength: 200 });
      const reports = await Promise.all(
        mimiq.clients.map(client =>
          runHopping(network.host(client), {
            remote: family === 4 ? SERVER[4] : SERVER[6],
            authority: server.authority,
            agent: agents.get(client)!,
            strategy: `every:${Math.round(100 / Number(frequency))}`,
            path: 'page',
            requests: requests!,
            connectTimeout: CONNECT_TIMEOUT,
          }),
        ),
      );
      server.check();
      const seen = readObserved(readFileSync((await capture.stop()).file));
      const sum = (of: (report: RunReport) => number) =>
        reports.reduce((total, report) => total + of(report), 0);
      const right = sum(({ bodies }) => bodies[whole] ?? 0);
      return {
        requests: requests! * reports.length,
        failed: sum(({ failed }) => count(failed)),
        wrong: sum(({ bodies }) => count(bodies)) - right,
        migrations:
          (100 * sum(({ hops }) => hops)) /
          Math.max(
            1,
            sum(each => each.baselinePackets),
          ),
        linked: observe(seen).linkingIds.length,
      };
    },
    async close() {
      await server.stop();
      await mimiq.close();
    },
  };
}

function count(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, one) => sum + one, 0);
}
