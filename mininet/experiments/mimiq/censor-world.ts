import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { until } from '../../driver/index.js';
import { requestAddresses } from '../../traffic/mimiq-client.js';
import { QuicPages } from '../../traffic/quic-pages.js';
import { QuicServer } from '../../traffic/quic-server.js';
import type { RunContext, World } from '../experiment.js';
import { MimiqNetwork, SERVER } from './mimiq-network.js';

const PROGRAM = fileURLToPath(new URL('../../traffic/censor-program.js', import.meta.url));
/** Seconds that an address lasts: longer than a run. */
const LIFETIME = 36_000;
const CLIENT = 'c1';

export async function openCensor({ parameters, scratch, signal }: RunContext): Promise<World> {
  const { bytes, packets, patience, rtt } = parameters.settings;
  const mimiq = await MimiqNetwork.start({
    switches: 1,
    clientsPerSwitch: 1,
    delay: `${rtt! / 2}ms`,
    lifetime: LIFETIME,
    folder: scratch,
    signal,
  });
  const { network } = mimiq;
  const server = new QuicServer(network.host('server'), scratch, { object: randomBytes(bytes!) }, [
    SERVER[6],
  ]);
  const start = async () => {
    await server.start();
    const agent = await mimiq.startAgent(CLIENT);
    const observer = network.host('observer');
    // Towards the network: what is blocked still comes by here.
    const device = observer.interfaces[0]!.interface;
    const program = await observer.spawn([process.execPath, PROGRAM, device, String(packets)]);
    await program.printed(/^ready$/m, 30_000);
    const [only] = await requestAddresses(network.host(CLIENT), 6, 1);
    return { agent, program, only: only! };
  };
  const { agent, program, only } = await start().catch(async error => {
    await mimiq.close();
    throw error;
  });
  const count = (pattern: RegExp) => [...program.stdout.matchAll(pattern)].length;
  return {
    async measure({ strategy }) {
      const resets = count(/^reset$/gm);
      program.stdin!.write('reset\n');
      await until('the censor', () => count(/^reset$/gm) > resets);
      const before = count(/^blocked /gm);
      await using pages = await QuicPages.start(network.host(CLIENT), {
        addresses: strategy === 'one-address' ? [only] : { agent },
        remote: SERVER[6],
        authority: server.authority,
      });
      const report = await pages.load({
        strategy: strategy === 'one-address' ? 'never' : String(strategy),
        waves: [['/object']],
        repeat: 1,
        patience: patience! * 1000,
      });
      server.check();
      return {
        received: (100 * report.bytes) / bytes!,
        time: report.milliseconds,
        blocked: count(/^blocked /gm) - before,
        migrations: report.hops,
      };
    },
    async close() {
      await server.stop();
      await mimiq.close();
    },
  };
}
