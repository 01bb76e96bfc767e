/** Pages by every way, in interleaved rounds: rate, and latency over a distance. */
import { cpuSecondsOf } from '../../../mininet/report/process-usage.js';
import { pairedRatio, type Spread, spread } from '../../../mininet/report/statistics.js';
import { ALL_WAYS, type CloudUnderTest, OBJECTS, type Way } from './cloud-under-test.js';
import type { LoadResult } from './load.js';

/** Clients at the same time. */
export const CLIENTS = 8;
export const ROUND_TRIP = 20;

export interface RateFigures {
  way: Way;
  perSecond: Spread;
  /** Milliseconds. */
  p50: Spread;
  p99: Spread;
  /** Against HTTPS with client certificate in the same round; absent for that itself. */
  ratio?: Spread;
  p99Ratio?: Spread;
  /** CPU microseconds of the controller for each access. */
  controllerMicroseconds: Spread;
  failed: number;
}

export interface DistanceFigures {
  way: Way;
  milliseconds: Spread;
  ratio?: Spread;
  failed: number;
}

export interface Ways {
  rounds: number;
  seconds: number;
  /** Accesses over the distance in a round. */
  accesses: number;
  /** Whether the rules of `flows` were gone before the next way; absent in older results. */
  awaitsRules?: true;
  /** Accesses by each way before the first round; absent in older results. */
  warmUp?: number;
  rate: RateFigures[];
  distance: DistanceFigures[];
}

export interface WaysOptions {
  rounds: number;
  seconds: number;
  accesses: number;
  progress: (text: string) => void;
}

const BASE: Way = 'certificate';
/** Accesses by each way before anything counts: after fewer the controller is still being compiled beside what is measured. */
export const WARM_UP = 5000;

interface Round {
  rate: LoadResult;
  controller: number;
  distance: LoadResult;
}

/** The cloud needs a far client. Each round begins with another way. */
export async function measureWays(cloud: CloudUnderTest, options: WaysOptions): Promise<Ways> {
  const { rounds, seconds, accesses, progress } = options;
  const runs = new Map<Way, Round[]>(ALL_WAYS.map(way => [way, []]));
  for (const way of ALL_WAYS) {
    progress(`warm-up: ${way}`);
    await cloud.visit(way, { path: OBJECTS.small, connections: CLIENTS, count: WARM_UP });
    await cloud.visit(way, { path: OBJECTS.small, count: 2 }, 'far');
  }
  await cloud.rulesGone();
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < ALL_WAYS.length; turn++) {
      const way = ALL_WAYS[(round + turn) % ALL_WAYS.length]!;
      progress(`round ${round + 1}/${rounds}: ${way}`);
      const cpu = cpuSecondsOf(cloud.controller.pid);
      const rate = await cloud.visit(way, { path: OBJECTS.small, connections: CLIENTS, seconds });
      const used = cpuSecondsOf(cloud.controller.pid) - cpu;
      runs.get(way)!.push({
        rate,
        controller: (used * 1e6) / rate.completed,
        distance: await cloud.visit(way, { path: OBJECTS.small, count: accesses }, 'far'),
      });
      if (way === 'flows') await cloud.rulesGone();
    }
  }
  const base = runs.get(BASE)!;
  const compared = (way: Way, mine: Round[], of: (round: Round) => number) =>
    way === BASE ? undefined : pairedRatio(mine.map(of), base.map(of));
  const result: Ways = {
    rounds,
    seconds,
    accesses,
    awaitsRules: true,
    warmUp: WARM_UP,
    rate: [],
    distance: [],
  };
  for (const [way, mine] of runs) {
    const failed = (part: 'rate' | 'distance') => mine.reduce((sum, round) => sum + round[part].failed, 0);
    const ratio = (of: (round: Round) => number, name = 'ratio') => {
      const spreads = compared(way, mine, of);
      return spreads === undefined ? {} : { [name]: spreads };
    };
    const perSecond = ({ rate }: Round) => rate.perSecond;
    result.rate.push({
      way,
      perSecond: spread(mine.map(perSecond)),
      p50: spread(mine.map(round => round.rate.p50)),
      p99: spread(mine.map(round => round.rate.p99)),
      ...ratio(perSecond),
      ...ratio(round => round.rate.p99, 'p99Ratio'),
      controllerMicroseconds: spread(mine.map(round => round.controller)),
      failed: failed('rate'),
    });
    result.distance.push({
      way,
      milliseconds: spread(mine.map(round => round.distance.p50)),
      ...ratio(round => round.distance.p50),
      failed: failed('distance'),
    });
  }
  return result;
}
