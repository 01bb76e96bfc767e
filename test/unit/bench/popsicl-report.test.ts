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

  it('is documented figure by figure as its JSON says', function () {
    if (!existsSync(file('popsicl.json'))) this.skip();
    const documented = JSON.parse(readFileSync(file('popsicl.json'), 'utf8')) as PopsiclBenchmark;
    expect(readFileSync(file('popsicl.md'), 'utf8')).to.equal(popsiclMarkdownReport(documented));
    expect(readFileSync(file('popsicl.svg'), 'utf8')).to.equal(popsiclChart(documented));
  });
});
