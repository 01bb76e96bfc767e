/** A long download by every way, in short interleaved rounds; what Open vSwitch spends on it tells where the time goes. */
import { cpuSecondsOf } from '../../../mininet/report/process-usage.js';
import { pairedRatio, type Spread, spread } from '../../../mininet/report/statistics.js';
import { ALL_WAYS, type CloudUnderTest, OBJECTS, type Way } from './cloud-under-test.js';

export interface DownloadFigures {
  way: Way;
  mebibytesPerSecond: Spread;
  /** Against HTTPS with client certificate in the same round; absent for that itself. */
  ratio?: Spread;
  /** CPU milliseconds of all threads of Open vSwitch for each download. */
  switchMilliseconds?: Spread;
  failed: number;
}

export interface Downloads {
  /** Those of the accesses when absent. */
  downloadRounds?: number;
  /** In each round, one after the other; the median of their times is the figure of the round. */
  downloads: number;
  download: DownloadFigures[];
}

const BASE: Way = 'certificate';
const MEBIBYTES = 10;
/** Accesses before anything counts: compilers and caches settle. */
const WARM_UP = 300;

export async function measureDownloads(
  cloud: CloudUnderTest,
  options: { rounds: number; downloads: number; progress: (text: string) => void },
): Promise<Downloads> {
  const { rounds, downloads, progress } = options;
  const runs = new Map<Way, { pace: number; switchMilliseconds: number; failed: number }[]>(
    ALL_WAYS.map(way => [way, []]),
  );
  for (const way of ALL_WAYS) {
    await cloud.visit(way, { path: OBJECTS.small, connections: 8, count: WARM_UP });
    await cloud.visit(way, { path: OBJECTS.large, count: 1 });
  }
  const vswitchd = cloud.sandbox.vswitchdPid!;
  for (let round = 0; round < rounds; round++) {
    progress(`downloads, round ${round + 1}/${rounds}`);
    for (let turn = 0; turn < ALL_WAYS.length; turn++) {
      const way = ALL_WAYS[(round + turn) % ALL_WAYS.length]!;
      const before = cpuSecondsOf(vswitchd);
      const { p50, failed } = await cloud.visit(way, { path: OBJECTS.large, count: downloads });
      const switchMilliseconds = ((cpuSecondsOf(vswitchd) - before) * 1000) / downloads;
      runs.get(way)!.push({ pace: (MEBIBYTES * 1000) / p50, switchMilliseconds, failed });
    }
  }
  const paces = (way: Way) => runs.get(way)!.map(({ pace }) => pace);
  const download = [...runs].map(
    ([way, mine]): DownloadFigures => ({
      way,
      mebibytesPerSecond: spread(paces(way)),
      ...(way === BASE ? {} : { ratio: pairedRatio(paces(way), paces(BASE)) }),
      switchMilliseconds: spread(mine.map(run => run.switchMilliseconds)),
      failed: mine.reduce((sum, run) => sum + run.failed, 0),
    }),
  );
  return { downloadRounds: rounds, downloads, download };
}
