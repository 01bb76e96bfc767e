import { randomBytes } from 'node:crypto';
import { emulate, type TopologyInput } from '../../driver/index.js';
import { QuicPages } from '../../traffic/quic-pages.js';
import { QuicServer } from '../../traffic/quic-server.js';
import type { Concluded, RunContext, Sample, Values, World } from '../experiment.js';
import { ExperimentError } from '../experiment-error.js';

const SERVER = '10.9.0.1';
const ADDRESSES = 250;
/** Milliseconds for all requests of a run: a thousand take more than a minute. */
const PATIENCE = 1_800_000;
/** Of the page; the paper's 1,000 requests are about 2.7 MB. */
const PAGE_BYTES = 2700;

/** The paper's network: everybody on a central switch that simply forwards. */
const TOPOLOGY: TopologyInput = {
  description: 'a client and a server on one switch',
  controller: 'none',
  hosts: { client: { addresses: ['10.9.1.1/16'] }, server: { addresses: [`${SERVER}/16`] } },
  switches: { s1: { kind: 'private' } },
  links: [{ between: ['client', 's1'] }, { between: ['server', 's1'], delay: '0ms', rate: '1gbit' }],
};

export async function openMigration({ parameters, scratch, signal }: RunContext): Promise<World> {
  const network = await emulate(TOPOLOGY, { signal });
  const host = network.host('client');
  const files = { 'index.html': randomBytes(PAGE_BYTES) };
  const server = new QuicServer(network.host('server'), scratch, files, [SERVER]);
  const addresses = Array.from({ length: ADDRESSES }, (_, index) => `10.9.2.${index + 1}`);
  const batch = addresses.map(address => `addr add ${address}/32 dev eth0\n`).join('');
  try {
    await host.run(['ip', '-batch', '-'], { input: batch, check: true });
    await server.start(SERVER);
  } catch (error) {
    await network.stop();
    throw error;
  }
  return {
    async measure({ rtt, frequency }): Promise<Values> {
      await network.link('server', 's1').setDelay(`${Number(rtt) / 2}ms`);
      await using pages = await QuicPages.start(host, {
        addresses,
        remote: SERVER,
        authority: server.authority,
      });
      const strategy = frequency === 0 ? 'never' : `every:${Math.round(100 / Number(frequency))}`;
      const repeat = parameters.settings.requests!;
      const report = await pages.load({ strategy, waves: [['/index.html']], repeat, patience: PATIENCE });
      server.check();
      const failed = Object.values(report.failed).reduce((sum, one) => sum + one, 0);
      if (failed === repeat)
        throw new ExperimentError(
          'measurement-failed',
          `no request succeeded: ${Object.keys(report.failed).join(', ')}`,
        );
      const due = Math.floor((report.baselinePackets * Number(frequency)) / 100);
      return {
        throughput: report.bytes / report.milliseconds,
        migrations: report.hops,
        failed,
        ...(due === 0 ? {} : { made: (100 * report.hops) / due }),
      };
    },
    async conclude(samples) {
      const { requests } = parameters.settings;
      const time = ({ values }: Sample) => (requests! * PAGE_BYTES) / values.throughput!;
      return samples.conditions.map((condition): Concluded => {
        if (condition.frequency === 0) return {};
        const added = samples.of(condition).flatMap(sample => {
          const without = samples
            .of({ ...condition, frequency: 0 })
            .find(({ repetition }) => repetition === sample.repetition);
          const { migrations } = sample.values;
          return without === undefined || migrations === 0
            ? []
            : [(time(sample) - time(without)) / migrations!];
        });
        return { added };
      });
    },
    close: () => network.stop(),
  };
}
