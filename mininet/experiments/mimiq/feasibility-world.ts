import { randomBytes } from 'node:crypto';
import { QuicPages } from '../../traffic/quic-pages.js';
import { QuicServer } from '../../traffic/quic-server.js';
import type { RunContext, World } from '../experiment.js';
import { MimiqNetwork, SERVER } from './mimiq-network.js';

/** The example page of the paper. */
const PAGE_BYTES = 2700;
/** Seconds that an address lasts. */
const LIFETIME = 30;

export async function openFeasibility({ parameters, scratch, signal }: RunContext): Promise<World> {
  const { requests, rtt } = parameters.settings;
  const mimiq = await MimiqNetwork.start({
    switches: 2,
    clientsPerSwitch: 2,
    delay: `${rtt! / 2}ms`,
    lifetime: LIFETIME,
    folder: scratch,
    signal,
  });
  const files = { 'index.html': randomBytes(PAGE_BYTES) };
  const server = new QuicServer(mimiq.network.host('server'), scratch, files, [SERVER[6]]);
  const agents = new Map<string, string>();
  try {
    await server.start();
    for (const client of mimiq.clients) agents.set(client, await mimiq.startAgent(client));
  } catch (error) {
    await mimiq.close();
    throw error;
  }
  const visit = async (client: string, strategy: string) => {
    await using pages = await QuicPages.start(mimiq.network.host(client), {
      addresses: { agent: agents.get(client)! },
      remote: SERVER[6],
      authority: server.authority,
    });
    return await pages.load({ strategy, waves: [['/index.html']], repeat: requests!, patience: 600_000 });
  };
  return {
    async measure({ clients, frequency }) {
      const strategy = frequency === 0 ? 'never' : `every:${Math.round(100 / Number(frequency))}`;
      const own = mimiq.clients.slice(0, Number(clients));
      const reports = await Promise.all(own.map(client => visit(client, strategy)));
      server.check();
      const failed = reports
        .flatMap(report => Object.values(report.failed))
        .reduce((sum, one) => sum + one, 0);
      const mean = (of: (report: (typeof reports)[number]) => number) =>
        reports.reduce((sum, report) => sum + of(report), 0) / reports.length;
      return {
        failed,
        migrations: mean(({ hops }) => hops),
        rate: mean(({ milliseconds }) => (1000 * requests!) / milliseconds),
      };
    },
    async close() {
      await server.stop();
      await mimiq.close();
    },
  };
}
