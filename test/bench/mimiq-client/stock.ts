import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { QuicNetwork } from '../../live/mimiq/quic-network.js';
import { median } from './grid.js';

const program = (path: string) => fileURLToPath(new URL(path, import.meta.url));
const ALLOCATOR = program('../../live/mimiq/scripted-allocator.js');
const CLOAKFLOW = program('../../../controller/cli/main.js');
const TAKE = program('./take-program.js');
const PORT = '4870';

/** Milliseconds from an application's request until it has an address on the interface: median and 99th percentile of each round. */
export async function measureStock(options: {
  taken: number;
  rounds: number;
  progress(text: string): void;
}): Promise<{ median: number; p99: number }[]> {
  const { taken, rounds, progress } = options;
  const folder = mkdtempSync(join(tmpdir(), 'cloakflow-bench-'));
  chmodSync(folder, 0o755);
  const network = await QuicNetwork.create({ family: 6, addresses: 1, roundTripMs: 10 });
  try {
    const allocator = await network.start([process.execPath, ALLOCATOR, PORT, '60000']);
    await allocator.printed(/^ready$/m);
    const socket = join(folder, 'run', 'agent.sock');
    const options = ['--interface', 'eth0', '--service', '::1', '--socket', socket];
    const agent = await network.start([process.execPath, CLOAKFLOW, 'mimiq', 'agent', ...options]);
    await agent.printed(/^ready$/m);
    const results = [];
    for (let round = 0; round < rounds; round++) {
      progress(`round ${round + 1}/${rounds}, ${taken} addresses from the agent`);
      const { stdout } = await network.command([process.execPath, TAKE, socket, String(taken + 20)]);
      const times = (JSON.parse(stdout) as number[]).slice(20).sort((a, b) => a - b);
      results.push({ median: median(times), p99: times[Math.floor(times.length * 0.99)]! });
    }
    await agent.stop('SIGTERM');
    return results;
  } finally {
    await network.close();
    rmSync(folder, { recursive: true, force: true });
  }
}
