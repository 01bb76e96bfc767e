/**
 * `node quic-page-program.js OPTIONS`: loads pages over hopping connections (`cloakflow/mimiq`). Each line of standard input
 * is a PageJob as JSON, each line of standard output its PageReport; jobs run one after the other, each on a connection
 * of its own.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import {
  AgentAddresses,
  MimiqClient,
  parseStrategy,
  StaticAddresses,
} from '../../apps/mimiq/client/index.js';
import type { PageJob, PageProgramOptions, PageReport } from './quic-pages.js';
import { QUIC_NAME, QUIC_PORT } from './quic-server.js';

const { addresses, remote, authority } = JSON.parse(process.argv[2]!) as PageProgramOptions;
const place = `${QUIC_NAME}:${QUIC_PORT}`;
const source = 'agent' in addresses ? new AgentAddresses(addresses.agent) : new StaticAddresses(addresses);
const authorities = readFileSync(authority);

async function load({ strategy, waves, repeat, patience = 60_000 }: PageJob): Promise<PageReport> {
  const signal = AbortSignal.timeout(patience);
  let refused = 0;
  const client = new MimiqClient({
    addresses: source,
    tls: { authorities },
    resolve: new Map([[place, [remote]]]),
    strategies: { default: parseStrategy(strategy), destinations: [] },
    refused: () => refused++,
  });
  let bytes = 0;
  const failed: Record<string, number> = {};
  const fetch = async (path: string) => {
    try {
      const { status, body } = await client.request(`https://${place}${path}`, { signal });
      if (status !== 200) throw new Error(`status ${status}`);
      for await (const chunk of body) bytes += chunk.length;
    } catch (error) {
      const why = (error as { code?: string }).code ?? (error as Error).message;
      failed[why] = (failed[why] ?? 0) + 1;
    }
  };
  const began = performance.timeOrigin + performance.now();
  for (let turn = 0; turn < repeat; turn++) for (const wave of waves) await Promise.all(wave.map(fetch));
  const milliseconds = performance.timeOrigin + performance.now() - began;
  const { made, baselinePackets } = await client.hops();
  await client.close();
  return { began: began * 1000, milliseconds, bytes, failed, hops: made, refused, baselinePackets };
}

process.stdout.write('ready\n');
for await (const line of createInterface({ input: process.stdin })) {
  process.stdout.write(`${JSON.stringify(await load(JSON.parse(line) as PageJob))}\n`);
}
process.exit(0);
