/** What a handoff adds at 1,000 a second through Open vSwitch: a ClientHello to a server that answers by one byte. */
import { type Spread, spread } from '../../../mininet/report/statistics.js';
import { type CloudUnderTest, PLAIN } from './cloud-under-test.js';
import { PACED } from './control-path.js';
import type { LoadResult } from './load.js';

export type PlainWay = keyof typeof PLAIN;

export interface AddedLatencyFigures {
  way: PlainWay;
  /** Milliseconds from when the SYN was due to the answer. */
  p50: Spread;
  p99: Spread;
  /** More than directly, in the same round; absent for that itself. */
  addedP50?: Spread;
  addedP99?: Spread;
  failed: number;
}

export interface AddedLatency {
  rounds: number;
  seconds: number;
  figures: AddedLatencyFigures[];
}

export async function measureAddedLatency(
  cloud: CloudUnderTest,
  options: { rounds: number; seconds: number; progress: (text: string) => void },
): Promise<AddedLatency> {
  const { rounds, seconds, progress } = options;
  const ways = Object.keys(PLAIN) as PlainWay[];
  const runs = new Map<PlainWay, LoadResult[]>(ways.map(way => [way, []]));
  for (const way of ways) await cloud.sayHello(PLAIN[way], { rate: PACED, seconds: 1 });
  for (let round = 0; round < rounds; round++) {
    for (let turn = 0; turn < ways.length; turn++) {
      const way = ways[(round + turn) % ways.length]!;
      progress(`round ${round + 1}/${rounds}: ${way}`);
      runs.get(way)!.push(await cloud.sayHello(PLAIN[way], { rate: PACED, seconds }));
    }
  }
  const direct = runs.get('direct')!;
  const figures = [...runs].map(([way, mine]): AddedLatencyFigures => {
    const more = (of: (run: LoadResult) => number) =>
      spread(mine.map((run, index) => of(run) - of(direct[index]!)));
    return {
      way,
      p50: spread(mine.map(run => run.p50)),
      p99: spread(mine.map(run => run.p99)),
      ...(way === 'direct' ? {} : { addedP50: more(run => run.p50), addedP99: more(run => run.p99) }),
      failed: mine.reduce((sum, run) => sum + run.failed, 0),
    };
  });
  return { rounds, seconds, figures };
}
