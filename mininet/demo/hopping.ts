import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { type EmulatedNetwork, until } from '../driver/index.js';
import type { RunReport } from '../traffic/hopping-program.js';
import { runHopping, startAgent } from '../traffic/mimiq-client.js';
import { type Observation, observe, readObserved } from '../traffic/quic-observer.js';
import { QuicServer, quicServerProgram } from '../traffic/quic-server.js';
import { addTunnelPorts, tunnelsReady } from '../traffic/tunnel-ports.js';
import { FAST_HOPPING, mimiqSettings } from './mimiq-settings.js';
import type { Stage } from './stage.js';

/** One at each client-facing switch. */
const CLIENTS = ['c1', 'c3', 'c5'];
const SWITCHES = 5;
const SERVER6 = '2001:db8:5::10';
const SERVER4 = '198.51.100.10';
/** Bytes of a page, as in the paper, and how many of them each client fetches, one after the other. */
const PAGE = 2700;
const PAGES = 100;
const STRATEGY = 'random:4-12';

/** Clients fetch pages from a server that nobody changed, without and with hops; an observer outside counts clients. */
export async function hopping(stage: Stage): Promise<void> {
  if (quicServerProgram() === undefined) {
    stage.tell('left out: Debian’s ngtcp2-server is not installed');
    return;
  }
  const settings = mimiqSettings({ store: stage.file('mimiq.db'), ...FAST_HOPPING });
  const controller = await stage.startController([JSON.stringify({ mimiq: settings })], 'mimiq');
  const network = await stage.startNetwork('mimiq', controller);
  await addTunnelPorts(network);
  await until('the switches', async () => (await connected(stage)) === SWITCHES, {
    signal: stage.signal,
    timeout: 20_000,
  });
  await tunnelsReady(network);
  const files = { page: randomBytes(PAGE) };
  const server = new QuicServer(network.host('server'), stage.file('server'), files, [SERVER4, SERVER6]);
  await server.start();

  stage.tell(`${CLIENTS.join(', ')}: cloakflow mimiq agent --interface eth0`);
  for (const name of CLIENTS) await startAgent(network.host(name), stage.file(`${name}/agent.sock`));
  stage.show('each keeps 16 addresses in stock; the server is gtlsserver of Debian’s ngtcp2, 10 ms away');

  const fetched = `Each fetches ${PAGES} pages over one HTTP/3 connection`;
  stage.tell(`${fetched}, from one address`);
  const without = await watched(stage, network, server, 'never');
  stage.tell(`${fetched}, and hops at random, every 4 to 12 packets`);
  const withHops = await watched(stage, network, server, STRATEGY);

  stage.tell(
    'What an observer outside saw, who takes for one client what shares an address or a connection ID',
  );
  const row = (what: string, of: (seen: Observation) => number) =>
    [what.padEnd(44), ...[without, withHops].map(({ seen }) => String(of(seen)).padStart(12))].join('');
  stage.show(
    [
      `${''.padEnd(44)}${'one address'.padStart(12)}${'hopping'.padStart(12)}`,
      row('addresses of clients', seen => seen.addresses),
      row('connection IDs', seen => seen.connectionIds),
      row('connection IDs at more than one address', seen => seen.linkingIds.length),
      row('clients that it counts (there are 3)', seen => seen.clients),
      row('packets of the one it knows most of', seen => seen.longestTrace),
      row('packets in all', seen => seen.packets),
    ].join('\n'),
  );
  if (withHops.seen.linkingIds.length > 0) throw new Error('a connection ID was seen at two addresses');
}

async function watched(stage: Stage, network: EmulatedNetwork, server: QuicServer, strategy: string) {
  await using capture = await network
    .link('observer', 'server')
    .capture({ node: 'observer', filter: 'udp', snapshotLength: 200 });
  const reports = await Promise.all(
    CLIENTS.map(name =>
      runHopping(network.host(name), {
        remote: SERVER6,
        authority: server.authority,
        agent: stage.file(`${name}/agent.sock`),
        strategy,
        path: 'page',
        requests: PAGES,
      }),
    ),
  );
  const { file } = await capture.stop();
  stage.show(CLIENTS.map((name, index) => `${name}: ${told(reports[index]!)}`).join('\n'));
  return { seen: observe(readObserved(readFileSync(file))) };
}

function told({ bodies, failed, hops, latencies }: RunReport): string {
  const whole = Object.values(bodies);
  if (whole.length !== 1 || Object.keys(failed).length > 0) {
    throw new Error(`pages were lost: ${JSON.stringify(failed)}`);
  }
  const sorted = latencies.toSorted((a, b) => a - b);
  const median = sorted[sorted.length >> 1]!.toFixed(1);
  return `${whole[0]} pages, all as they should be, ${hops} hops, median ${median} ms a page`;
}

async function connected(stage: Stage): Promise<number> {
  return (JSON.parse(await stage.cloakflow(['switches', '--json'])) as unknown[]).length;
}
