import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { MimiqClientBenchmark } from '../../bench/mimiq-client/benchmark.js';
import { mimiqClientChart, mimiqClientMarkdownReport } from '../../bench/mimiq-client/report.js';
import { mimiqClientTargets } from '../../bench/mimiq-client/targets.js';

const one = (value: number) => ({ median: value, min: value, max: value, runs: 1 });
const file = (name: string) => new URL(`../../../../docs/benchmarks/${name}`, import.meta.url);

describe("the benchmark of MIMIQ's clients", () => {
  const row = (roundTripMs: number, asked: number, ratio: number, added?: number) => ({
    ...{ roundTripMs, asked, made: one(asked), kilobytesPerSecond: one(100), ratio: one(ratio), failed: 0 },
    ...{ medianMilliseconds: one(roundTripMs) },
    ...(added === undefined ? {} : { addedMilliseconds: one(added) }),
  });
  const result: MimiqClientBenchmark = {
    command: 'npm run bench -- mimiq-client',
    date: '2026-01-01',
    rounds: 1,
    machine: {
      ...{ processor: 'a processor', cores: 2, memoryGiB: 1, kernel: '6.8', node: '20', cloakflow: '1' },
      versions: {},
    },
    grid: {
      requests: 10,
      figures: [row(10, 0, 1), row(10, 4, 0.95, 2.5), row(50, 0, 1), row(50, 4, 0.99, 0.4)],
    },
    bulk: {
      ...{ megabytes: 10, roundTripMs: 10, gtlsclient: one(100), cloakflow: one(80), hopping: one(76) },
      ...{ hops: one(9), ratio: one(0.8), hoppingRatio: one(0.95) },
    },
    stock: { taken: 100, medianMilliseconds: one(0.4), p99Milliseconds: one(0.9) },
  };

  it('judges what was measured, and only that', () => {
    expect(
      mimiqClientTargets(result).map(({ claim, reached }) => [claim.slice(0, 15), reached]),
    ).to.deep.equal([
      ['throughput at 5', true],
      ['added by a migr', false],
      ['requests that f', true],
      ['an address from', true],
    ]);
    expect(mimiqClientMarkdownReport(result)).to.include('0.8 x gtlsclient');
    expect(mimiqClientChart(result)).to.include('50 ms, 4 of 100 packets').and.not.include(', 0 of');
  });

  it('stands in the documentation as its JSON says', function () {
    if (!existsSync(file('mimiq-client.json'))) this.skip();
    const committed = JSON.parse(readFileSync(file('mimiq-client.json'), 'utf8')) as MimiqClientBenchmark;
    expect(readFileSync(file('mimiq-client.md'), 'utf8')).to.equal(mimiqClientMarkdownReport(committed));
    expect(readFileSync(file('mimiq-client.svg'), 'utf8')).to.equal(mimiqClientChart(committed));
  });
});
