import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { figureChart } from '../../../mininet/experiments/report/figure-lines.js';
import { lineChart } from '../../../mininet/experiments/report/line-chart.js';
import { resultPage } from '../../../mininet/experiments/report/page.js';
import { readResult } from '../../../mininet/experiments/result.js';
import { runExperiment } from '../../../mininet/experiments/run-experiment.js';
import { captured } from '../cli/captured.js';
import { fakeExperiment } from './fake-experiment.js';

describe('the report of an experiment', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloakflow-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const { experiment } = fakeExperiment();
  const make = async () => (await runExperiment(experiment, { size: 'quick', output: folder })).result;

  it('shows the figures of the result, what the paper says beside them, and the command that made them', async () => {
    const page = resultPage(experiment, await make(), ['time']);
    expect(page).to.include('| hidden | 10 | 20 (10–30) |');
    expect(page).to.include(
      '| hidden takes less than twice the time | 0.1 | number in the text | 1x | holds |',
    );
    expect(page).to.include('`cloakflow experiment run fake --quick`').and.to.include('(fake-time.svg)');
  });

  it('draws a line for each series with its spread, and the paper dashed', async () => {
    const chart = figureChart(experiment, experiment.figures[0]!, await make())!;
    expect(chart.lines.map(({ label, isPaper }) => [label, isPaper ?? false])).to.deep.equal([
      ['plain', false],
      ['hidden', false],
      ['paper', true],
    ]);
    expect(chart.lines[0]!.points[1]).to.deep.equal({ x: 10, y: 20, low: 10, high: 30 });
    const svg = lineChart(chart);
    expect(svg)
      .to.match(/^<svg[^>]*><title>Latency<\/title>/)
      .and.to.include('stroke-dasharray');
    expect(svg).not.to.match(/<rect[^>]*fill="(#fff|white|#ffffff)"/i);
  });

  it('refuses a file that is no result', async () => {
    const file = join(folder, 'other.json');
    for (const text of ['', '{"format":"other"}', '[]', 'null']) {
      writeFileSync(file, text);
      expect(() => readResult(file))
        .to.throw()
        .with.property('code', 'bad-result');
      const { code, stderr } = await captured(['experiment', 'report', file, '--output', folder, '--json']);
      expect(code).to.equal(1);
      expect(JSON.parse(stderr).error.code).to.equal('bad-result');
    }
    expect(readdirSync(folder)).to.deep.equal(['other.json']);
  });
});

describe('cloakflow experiment', () => {
  it('lists every experiment, and one with its parameters', async () => {
    const all = JSON.parse((await captured(['experiment', 'list', '--json'])).stdout.toString());
    expect(all).to.not.be.empty;
    for (const { name, claims } of all) {
      const { stdout } = await captured(['experiment', 'list', name]);
      for (const { says } of claims) expect(stdout.toString()).to.include(says);
    }
  });

  it('ends with 2 for an unknown experiment, an unknown parameter, two sizes', async () => {
    const failing = async (...args: string[]) =>
      captured(['experiment', 'run', ...args, '--output', '/nonexistent/x']);
    const unknown = await failing('nothing');
    expect(unknown.code).to.equal(2);
    expect(unknown.stderr).to.include('mimiq-forwarding-table');
    expect((await failing('mimiq-forwarding-table', '--set', 'colour=red')).code).to.equal(2);
    expect((await failing('mimiq-forwarding-table', '--quick', '--full')).code).to.equal(2);
  });
});

describe('a comparison of results', () => {
  it('says where two results differ by more than their spread, and what else is not the same', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'cloakflow-test-'));
    try {
      const result = (median: number, kernel: string) => ({
        ...TABLE,
        machine: { ...TABLE.machine, kernel },
        summary: [
          {
            condition: { encoding: 'naive', clients: 16 },
            measures: { entries: spreadOf(16), rate: spreadOf(median) },
          },
        ],
      });
      const files = [result(1000, '6.1'), result(500, '6.2')].map((one, index) => {
        const file = join(folder, `${index}.json`);
        writeFileSync(file, JSON.stringify(one));
        return file;
      });
      const { stdout } = await captured(['experiment', 'compare', ...files, '--json']);
      const { differences, caveats } = JSON.parse(stdout.toString());
      expect(
        differences.map((one: { measure: string; verdict: string }) => [one.measure, one.verdict]),
      ).to.deep.equal([
        ['entries', 'same'],
        ['rate', 'worse'],
      ]);
      expect(caveats).to.deep.equal(['kernel: 6.1 → 6.2']);
      const text = (await captured(['experiment', 'compare', ...files])).stdout.toString();
      expect(text).to.match(/naive, clients 16 +rate \(1\/s\) +1,000 +500 +0\.5 +worse/);
      writeFileSync(
        files[1]!,
        readFileSync(files[1]!, 'utf8').replace('mimiq-forwarding-table', 'popsicl-other'),
      );
      expect((await captured(['experiment', 'compare', ...files])).stderr).to.include('not-comparable');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

const spreadOf = (median: number) => ({ median, min: median, max: median, runs: 1 });
const TABLE = {
  format: 'cloakflow-experiment-1',
  experiment: 'mimiq-forwarding-table',
  size: 'quick',
  command: 'cloakflow experiment run mimiq-forwarding-table --quick',
  date: '2026-01-01',
  seconds: 1,
  machine: { processor: 'p', cores: 2, memoryGiB: 4, kernel: '', node: '20', cloakflow: '0', versions: {} },
  parameters: { axes: { encoding: ['naive'], clients: [16] }, settings: { switches: 4 }, repetitions: 1 },
  samples: [],
  conclusions: [],
  claims: [],
};
