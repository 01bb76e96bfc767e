import { randomBytes } from 'node:crypto';
import { QuicNetwork } from '../../live/mimiq/quic-network.js';

/** Mbit/s. */
export interface BulkRun {
  gtlsclient: number;
  cloakflow: number;
  hopping: number;
  hops: number;
}

/** One large body: by ngtcp2's own client, without hops, and with hops, one after the other in each round. */
export async function measureBulk(options: {
  megabytes: number;
  rounds: number;
  roundTripMs: number;
  progress(text: string): void;
}): Promise<BulkRun[]> {
  const { megabytes, rounds, roundTripMs, progress } = options;
  const files = { bulk: randomBytes(megabytes * 1_000_000) };
  const network = await QuicNetwork.create({ family: 6, addresses: 400, roundTripMs, files });
  const rate = (milliseconds: number) => (8 * megabytes * 1000) / milliseconds;
  const own = async (strategy: string) => {
    await network.startServer();
    const report = await network.run({ strategy, path: 'bulk', requests: 1 });
    if (Object.keys(report.failed).length > 0) throw new Error(JSON.stringify(report.failed));
    return { rate: rate(report.total), hops: report.hops };
  };
  try {
    const runs: BulkRun[] = [];
    for (let round = 0; round < rounds; round++) {
      progress(`round ${round + 1}/${rounds}, ${megabytes} MB in one body`);
      await network.startServer();
      const url = `https://server.example:${network.port}/bulk`;
      const argv = ['gtlsclient', '-q', '--exit-on-all-streams-close', '--sni=server.example'];
      const began = performance.now();
      const { exitCode, stderr } = await network.command([
        ...argv,
        '--no-quic-dump',
        '--no-http-dump',
        network.serverAddress,
        String(network.port),
        url,
      ]);
      const gtlsclient = rate(performance.now() - began);
      if (exitCode !== 0) throw new Error(stderr);
      const cloakflow = await own('never');
      const hopping = await own('random:200-400');
      runs.push({ gtlsclient, cloakflow: cloakflow.rate, hopping: hopping.rate, hops: hopping.hops });
    }
    return runs;
  } finally {
    await network.close();
  }
}
