import type { RunReport } from '../../../mininet/traffic/hopping-program.js';
import { QuicNetwork } from '../../live/mimiq/quic-network.js';

export interface GridRun {
  roundTripMs: number;
  /** Migrations that the strategy asks for, and that were made, of 100 packets without them. */
  asked: number;
  made: number;
  kilobytesPerSecond: number;
  /** Milliseconds that the median migration adds to its request and to the next one. */
  added: number;
  /** Milliseconds of the median request. */
  median: number;
  failed: number;
}

/** Bytes of the paper's page. */
const PAGE = 2700;
/** Requests before those that count. */
const WARM_UP = 10;

/** The paper's Figure 3: one connection, requests one after the other, migrations at fixed packet intervals. */
export async function measureGrid(options: {
  requests: number;
  rounds: number;
  roundTrips: readonly number[];
  frequencies: readonly number[];
  progress(text: string): void;
}): Promise<GridRun[]> {
  const { requests, rounds, roundTrips, frequencies, progress } = options;
  const runs: GridRun[] = [];
  for (let round = 0; round < rounds; round++) {
    for (const roundTripMs of roundTrips) {
      progress(`round ${round + 1}/${rounds}, round trips of ${roundTripMs} ms`);
      const network = await QuicNetwork.create({ family: 6, addresses: 400, roundTripMs });
      try {
        let still = 0;
        for (const asked of frequencies) {
          // A fresh server for each: one that has seen a connection is a little faster.
          await network.startServer();
          const strategy = asked === 0 ? 'never' : `every:${Math.round(100 / asked)}`;
          const report = await network.run({ strategy, path: 'small', requests: requests + WARM_UP });
          const measured = summary(report, roundTripMs, asked, still);
          if (asked === 0) still = measured.median;
          runs.push(measured);
        }
      } finally {
        await network.close();
      }
    }
  }
  return runs;
}

function summary(report: RunReport, roundTripMs: number, asked: number, still: number): GridRun {
  const latencies = report.latencies.slice(WARM_UP);
  const hops = report.hopsAfter.slice(WARM_UP);
  const added: number[] = [];
  for (let index = 1; index < latencies.length - 1; index++) {
    const made = hops[index]! - hops[index - 1]!;
    // A migration that shares a request with another cannot be told from it: each gets its part.
    const cost =
      latencies[index]! - still + (hops[index + 1] === hops[index] ? latencies[index + 1]! - still : 0);
    for (let hop = 0; hop < made; hop++) added.push(cost / made);
  }
  const seconds = latencies.reduce((sum, latency) => sum + latency, 0) / 1000;
  return {
    roundTripMs,
    asked,
    made: (100 * report.hops) / Math.max(1, report.baselinePackets),
    kilobytesPerSecond: (latencies.length * PAGE) / 1000 / seconds,
    added: median(added),
    median: median(latencies),
    failed: Object.values(report.failed).reduce((sum, count) => sum + count, 0),
  };
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
