import { readFileSync } from 'node:fs';
import { describeMachine, type Machine } from '../../../mininet/report/machine.js';
import { type AddedLatency, measureAddedLatency } from './added-latency.js';
import { CloudUnderTest, HELLO } from './cloud-under-test.js';
import { type ControlPath, measureControlPath } from './control-path.js';
import { type Downloads, measureDistantDownloads, measureDownloads } from './downloads.js';
import { type ManyConnections, measureManyConnections } from './many-connections.js';
import { measureManyPseudonyms, type ServerFigures } from './many-pseudonyms.js';
import { measureSynFlood, type SynFlood } from './syn-flood.js';
import { measureWays, ROUND_TRIP, type Ways } from './ways.js';

export const POPSICL_PARTS = ['ways', 'control-path', 'flood', 'connections', 'pseudonyms'] as const;
export type PopsiclPart = (typeof POPSICL_PARTS)[number];

/** What `npm run bench -- popsicl` found out; the parts that were not asked for are absent. */
export interface PopsiclBenchmark {
  command: string;
  date: string;
  machine: Machine;
  /** Segmentation and checksums were left to whoever needs them. */
  offload?: boolean;
  ways?: Ways & Downloads;
  added?: AddedLatency;
  controlPath?: ControlPath;
  flood?: SynFlood;
  connections?: ManyConnections;
  pseudonyms?: ServerFigures[];
}

export interface PopsiclBenchmarkOptions {
  command: string;
  parts: readonly PopsiclPart[];
  rounds: number;
  /** Shorter runs and smaller sets, to see that everything works. */
  quick: boolean;
  /** Lets hosts leave segmentation and checksums to whoever needs them: Open vSwitch 3.3 or later. */
  offload: boolean;
  progress: (text: string) => void;
}

export async function measurePopsicl(options: PopsiclBenchmarkOptions): Promise<PopsiclBenchmark> {
  const { command, parts, rounds, quick, offload, progress } = options;
  const part = (name: PopsiclPart) => (text: string) => progress(`${name}: ${text}`);
  const result: PopsiclBenchmark = {
    command,
    date: new Date().toISOString().slice(0, 10),
    machine: describeMachine({
      'Open vSwitch': ['ovs-vswitchd', '--version'],
      nginx: ['nginx', '-v'],
      OpenSSL: ['openssl', 'version'],
    }),
    ...(offload ? { offload } : {}),
  };
  if (parts.includes('control-path')) {
    result.controlPath = await measureControlPath({
      rounds,
      seconds: quick ? 1 : 3,
      progress: part('control-path'),
    });
  }
  if (parts.includes('ways') || parts.includes('flood')) {
    await using cloud = await CloudUnderTest.start({ offload });
    if (parts.includes('ways')) {
      await cloud.addFarClient(ROUND_TRIP / 2);
      // In this order, for what a part leaves behind: rules and entries keep Open vSwitch busy for a while.
      result.added = await measureAddedLatency(cloud, {
        rounds: quick ? rounds : 3 * rounds,
        seconds: quick ? 0.7 : 2,
        progress: part('ways'),
      });
      const downloads = await measureDownloads(cloud, {
        rounds: quick ? rounds : 4 * rounds,
        downloads: quick ? 1 : 5,
        progress: part('ways'),
      });
      // Single ones differ by a tenth and more: so many rounds, where each takes a third of a second, last three minutes.
      downloads.distantDownload = await measureDistantDownloads(cloud, {
        rounds: quick ? rounds : 30,
        downloads: quick ? 1 : 3,
        progress: part('ways'),
      });
      const ways = await measureWays(cloud, {
        rounds,
        seconds: quick ? 0.7 : 3,
        accesses: quick ? 3 : 10,
        progress: part('ways'),
      });
      result.ways = { ...ways, ...downloads };
    }
    if (parts.includes('flood')) {
      result.flood = await measureSynFlood(cloud, { seconds: quick ? 1 : 8, progress: part('flood') });
    }
  }
  if (parts.includes('connections')) {
    result.connections = await measureManyConnections({
      connections: quick ? 20_000 : 1_000_000,
      rounds,
      accesses: quick ? 50 : 200,
      hello: readFileSync(HELLO),
      progress: part('connections'),
    });
  }
  if (parts.includes('pseudonyms')) {
    result.pseudonyms = await measureManyPseudonyms({
      names: quick ? 2000 : 60_000,
      visited: quick ? 60 : 1200,
      progress: part('pseudonyms'),
    });
  }
  return result;
}
