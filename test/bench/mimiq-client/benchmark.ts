import { describeMachine, type Machine } from '../../../mininet/report/machine.js';
import { pairedRatio, type Spread, spread } from '../../../mininet/report/statistics.js';
import { type BulkRun, measureBulk } from './bulk.js';
import { type GridRun, measureGrid } from './grid.js';
import { measureStock } from './stock.js';

/** What `npm run bench -- mimiq-client` found out. */
export interface MimiqClientBenchmark {
  /** The command that makes these figures. */
  command: string;
  date: string;
  rounds: number;
  machine: Machine;
  grid: GridFigures;
  bulk: BulkFigures;
  stock: StockFigures;
}

export interface GridFigures {
  requests: number;
  figures: {
    roundTripMs: number;
    /** Migrations that the strategy asks for, of 100 packets without them. */
    asked: number;
    /** Migrations of 100 packets that were made. */
    made: Spread;
    kilobytesPerSecond: Spread;
    /** Of the same round's run without migrations. */
    ratio: Spread;
    /** Milliseconds that a migration adds to the request in which it takes place and to the next: the median one. */
    addedMilliseconds?: Spread;
    medianMilliseconds: Spread;
    failed: number;
  }[];
}

export interface BulkFigures {
  megabytes: number;
  roundTripMs: number;
  /** Mbit/s. */
  gtlsclient: Spread;
  cloakflow: Spread;
  hopping: Spread;
  hops: Spread;
  /** Of gtlsclient in the same round. */
  ratio: Spread;
  hoppingRatio: Spread;
}

export interface StockFigures {
  taken: number;
  medianMilliseconds: Spread;
  p99Milliseconds: Spread;
}

export interface MimiqClientBenchOptions {
  command: string;
  quick: boolean;
  rounds: number;
  progress(text: string): void;
}

export async function measureMimiqClient({
  command,
  quick,
  rounds,
  progress,
}: MimiqClientBenchOptions): Promise<MimiqClientBenchmark> {
  const requests = quick ? 50 : 120;
  const grid = await measureGrid({
    requests,
    rounds,
    roundTrips: quick ? [10, 50] : [10, 30, 50],
    frequencies: quick ? [0, 4, 50] : [0, 1, 4, 10, 20, 50],
    progress,
  });
  const megabytes = quick ? 10 : 40;
  const bulk = await measureBulk({ megabytes, rounds, roundTripMs: 10, progress });
  const taken = quick ? 100 : 300;
  const stock = await measureStock({ taken, rounds, progress });
  return {
    command,
    date: new Date().toISOString().slice(0, 10),
    rounds,
    machine: describeMachine({ ngtcp2: ['dpkg-query', '-W', 'ngtcp2-server'] }),
    grid: { requests, figures: gridFigures(grid) },
    bulk: { megabytes, roundTripMs: 10, ...bulkFigures(bulk) },
    stock: {
      taken,
      medianMilliseconds: spread(stock.map(({ median }) => median)),
      p99Milliseconds: spread(stock.map(({ p99 }) => p99)),
    },
  };
}

function gridFigures(runs: readonly GridRun[]): GridFigures['figures'] {
  const groups = new Map<string, GridRun[]>();
  for (const run of runs) {
    const key = `${run.roundTripMs} ${run.asked}`;
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()].map(group => {
    const { roundTripMs, asked } = group[0]!;
    const still = groups.get(`${roundTripMs} 0`)!;
    const of = (value: (run: GridRun) => number) => spread(group.map(value));
    const rate = (run: GridRun) => run.kilobytesPerSecond;
    return {
      roundTripMs,
      asked,
      made: of(run => run.made),
      kilobytesPerSecond: of(rate),
      ratio: pairedRatio(group.map(rate), still.map(rate)),
      ...(asked > 0 && { addedMilliseconds: of(run => run.added) }),
      medianMilliseconds: of(run => run.median),
      failed: group.reduce((sum, run) => sum + run.failed, 0),
    };
  });
}

function bulkFigures(runs: readonly BulkRun[]) {
  const of = (value: (run: BulkRun) => number) => runs.map(value);
  const peer = of(run => run.gtlsclient);
  return {
    gtlsclient: spread(peer),
    cloakflow: spread(of(run => run.cloakflow)),
    hopping: spread(of(run => run.hopping)),
    hops: spread(of(run => run.hops)),
    ratio: pairedRatio(
      of(run => run.cloakflow),
      peer,
    ),
    hoppingRatio: pairedRatio(
      of(run => run.hopping),
      of(run => run.cloakflow),
    ),
  };
}
