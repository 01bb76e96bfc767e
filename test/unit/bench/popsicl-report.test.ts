import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { PopsiclBenchmark } from '../../bench/popsicl/benchmark.js';
import { popsiclChart, popsiclMarkdownReport } from '../../bench/popsicl/report.js';
import { popsiclTargets } from '../../bench/popsicl/targets.js';

const one = (value: number) => ({ median: value, min: value, max: value, runs: 1 });
const file = (name: string) => new URL(`../../../../docs/benchmarks/${name}`, import.meta.url);

describe("PoPSiCl's benchmark", () => {
  const control = (kind: 'cookie' | 'address', perSecond: number) => ({
    ...{ kind, perSecond: one(perSecond), perCpuSecond: one(perSecond), generatorShare: 0.5 },
    ...{ p50: one(0.1), p99: one(0.2), wrong: 0, lost: 0 },
  });
  const result: PopsiclBenchmark = {
    command: 'npm run bench -- popsicl',
    date: '2026-01-01',
    machine: {
      ...{ processor: 'a processor', cores: 2, memoryGiB: 1, kernel: '6.8', node: '20', cloakflow: '1' },
      versions: {},
    },
    controlPath: {
      ...{ rounds: 1, seconds: 1, placement: { pinned: true, priority: 0 } },
      figures: [control('cookie', 11_999), control('address', 25_000)],
    },
  };

  it('judges what was measured, and says nothing of what was not', () => {
    expect(popsiclTargets(result).map(({ limit, reached }) => [limit, reached])).to.deep.equal([
      [12_000, false],
      [25_000, true],
      [3, true],
    ]);
    const report = popsiclMarkdownReport(result);
    expect(report).to.match(/`cookie` \| at least 12,000 \| 12,000 \| not reached/);
    expect(report).not.to.include('## Download');
    expect(popsiclChart(result)).to.equal(undefined);
  });

  describe('of downloads', () => {
    const download = (way: 'certificate' | 'cookie', pace: number, milliseconds: number, ratio: number) => ({
      ...{ way, mebibytesPerSecond: one(pace), switchMilliseconds: one(milliseconds), failed: 0 },
      ...(way === 'cookie' ? { ratio: { median: ratio, min: 0.5, max: 1.2, runs: 12 } } : {}),
    });
    const near = [download('certificate', 320, 29, 1), download('cookie', 285, 33, 0.89)];
    const far = [download('certificate', 30.2, 31, 1), download('cookie', 29.8, 34, 0.98)];
    const ways = {
      ...{ rounds: 1, seconds: 1, accesses: 1, rate: [], distance: [] },
      ...{ downloadRounds: 12, downloads: 5, download: near },
    };
    const distantDownload = { rounds: 10, downloads: 3, lineRate: 1e9, droppedByLine: 7, download: far };
    const undelayed: PopsiclBenchmark = { ...result, ways };
    const whole: PopsiclBenchmark = { ...result, ways: { ...ways, distantDownload } };

    it('says what Open vSwitch spent on them, and judges them by the median of rounds', () => {
      const report = popsiclMarkdownReport(whole);
      expect(report).to.include('medians of 5 one after the other in each of 12 rounds');
      expect(report).to.match(/`cookie`, `conntrack` \| 285[^|]* \| 0\.89[^|]* x \| 33[^|]* \| 0 \|/);
      expect(report).to.include('Packets of 1,500 bytes');
      expect(popsiclMarkdownReport({ ...whole, offload: true })).to.include('64 KiB');
    });

    it('judges those at a distance and those without delay apart, by the same limit and under names that tell', () => {
      const judged = popsiclTargets(whole).slice(0, 2);
      expect(
        judged.map(({ claim, limit, measured, reached }) => [claim, limit, measured, reached]),
      ).to.deep.equal([
        ['download of 10 MiB at 20 ms round trip, against HTTPS with client certificate', 0.97, 0.98, true],
        [
          'download of 10 MiB without delay, the switch busy from end to end, against HTTPS with client certificate',
          ...[0.97, 0.89, false],
        ],
      ]);
      const report = popsiclMarkdownReport(whole);
      expect(report).to.include('## Download of 10 MiB at 20 ms round trip\n');
      expect(report).to.include('## Download of 10 MiB without delay, the switch busy from end to end\n');
      expect(report).to.include('medians of 3 one after the other in each of 10 rounds');
      expect(report).to.include('carries 1,000 Mbit/s each way, and dropped 7 packets');
      expect(report).to.match(/`cookie`, `conntrack` \| 29\.8[^|]* \| 0\.98[^|]* x \| 34[^|]* \| 0 \|/);
    });

    it('has nothing to say of a distance that was not measured', () => {
      expect(popsiclTargets(undelayed)[0]).to.include({ limit: 0.97, measured: 0.89, reached: false });
      expect(popsiclMarkdownReport(undelayed)).not.to.include('round trip\n\nHandshakes');
    });
  });

  it('is documented figure by figure as its JSON says', function () {
    if (!existsSync(file('popsicl.json'))) this.skip();
    const documented = JSON.parse(readFileSync(file('popsicl.json'), 'utf8')) as PopsiclBenchmark;
    expect(readFileSync(file('popsicl.md'), 'utf8')).to.equal(popsiclMarkdownReport(documented));
    expect(readFileSync(file('popsicl.svg'), 'utf8')).to.equal(popsiclChart(documented));
  });
});
