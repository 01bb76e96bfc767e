/** A long download by every way, in short interleaved rounds; what Open vSwitch spends on it tells where the time goes. */
import { cpuSecondsOf } from '../../../mininet/report/process-usage.js';
import { pairedRatio, type Spread, spread } from '../../../mininet/report/statistics.js';
import { ALL_WAYS, type CloudUnderTest, LINE_RATE, OBJECTS, type Way } from './cloud-under-test.js';

export interface DownloadFigures {
  way: Way;
  mebibytesPerSecond: Spread;
  /** Against HTTPS with client certificate in the same round; absent for that itself. */
  ratio?: Spread;
  /** CPU milliseconds of all threads of Open vSwitch for each download. */
  switchMilliseconds?: Spread;
  failed: number;
}

/** Without any delay, and by the client behind the delay line. */
export interface Downloads {
  /** Those of the accesses when absent. */
  downloadRounds?: number;
  /** In each round, one after the other; the median of their times is the figure of the round. */
  downloads: number;
  /** Without any delay. */
  download: DownloadFigures[];
  /** Absent in older results. */
  distantDownload?: DistantDownloads;
}

export interface DistantDownloads {
  rounds: number;
  /** In each round, as above. */
  downloads: number;
  /** Bits a second that the delay line carries each way. */
  lineRate: number;
  /** Frames that the delay line had no room for, or could not send, while all of this was measured. */
  droppedByLine: number;
  download: DownloadFigures[];
}

export interface DownloadOptions {
  rounds: number;
  downloads: number;
  progress: (text: string) => void;
}

const BASE: Way = 'certificate';
const MEBIBYTES = 10;
/** Accesses before anything counts: compilers and caches settle. */
const WARM_UP = 300;

/** Without any delay: what the switch spends on a packet is what a download takes. */
export async function measureDownloads(cloud: CloudUnderTest, options: DownloadOptions): Promise<Downloads> {
  for (const way of ALL_WAYS) await cloud.visit(way, { path: OBJECTS.small, connections: 8, count: WARM_UP });
  const { rounds, downloads } = options;
  return { downloadRounds: rounds, downloads, download: await compareDownloads(cloud, 'near', options) };
}

/** By the client that `addFarClient` has put at a distance. */
export async function measureDistantDownloads(
  cloud: CloudUnderTest,
  options: DownloadOptions,
): Promise<DistantDownloads> {
  const { rounds, downloads } = options;
  const before = await cloud.droppedByLine();
  const download = await compareDownloads(cloud, 'far', options);
  const droppedByLine = (await cloud.droppedByLine()) - before;
  return { rounds, downloads, lineRate: LINE_RATE, droppedByLine, download };
}

/** Each round begins with another way. */
async function compareDownloads(
  cloud: CloudUnderTest,
  where: 'near' | 'far',
  { rounds, downloads, progress }: DownloadOptions,
): Promise<DownloadFigures[]> {
  const runs = new Map<Way, { pace: number; switchMilliseconds: number; failed: number }[]>(
    ALL_WAYS.map(way => [way, []]),
  );
  for (const way of ALL_WAYS) await cloud.visit(way, { path: OBJECTS.large, count: 1 }, where);
  const vswitchd = cloud.sandbox.vswitchdPid!;
  for (let round = 0; round < rounds; round++) {
    progress(`downloads, ${where}, round ${round + 1}/${rounds}`);
    for (let turn = 0; turn < ALL_WAYS.length; turn++) {
      const way = ALL_WAYS[(round + turn) % ALL_WAYS.length]!;
      const before = cpuSecondsOf(vswitchd);
      const { p50, failed } = await cloud.visit(way, { path: OBJECTS.large, count: downloads }, where);
      const switchMilliseconds = ((cpuSecondsOf(vswitchd) - before) * 1000) / downloads;
      runs.get(way)!.push({ pace: (MEBIBYTES * 1000) / p50, switchMilliseconds, failed });
    }
  }
  const paces = (way: Way) => runs.get(way)!.map(({ pace }) => pace);
  return [...runs].map(([way, mine]) => ({
    way,
    mebibytesPerSecond: spread(paces(way)),
    ...(way === BASE ? {} : { ratio: pairedRatio(paces(way), paces(BASE)) }),
    switchMilliseconds: spread(mine.map(run => run.switchMilliseconds)),
    failed: mine.reduce((sum, run) => sum + run.failed, 0),
  }));
}
