import { readFileSync } from 'node:fs';
import { expect } from 'chai';
import type { ControllerBenchmark } from '../../bench/controller/benchmark.js';
import { chartOf, markdownReport } from '../../bench/controller/report.js';

describe("the controller's benchmark in the documentation", () => {
  const read = (name: string) =>
    readFileSync(new URL(`../../../../docs/benchmarks/${name}`, import.meta.url), 'utf8');
  const result = JSON.parse(read('controller.json')) as ControllerBenchmark;

  it('is what its JSON says, figure by figure', () => {
    expect(read('controller.md')).to.equal(markdownReport(result));
    expect(read('controller.svg')).to.equal(chartOf(result));
  });
});
