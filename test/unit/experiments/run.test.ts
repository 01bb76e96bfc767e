import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import type { Experiment } from '../../../mininet/experiments/experiment.js';
import { resultPage } from '../../../mininet/experiments/report/page.js';
import { type Result, readResult } from '../../../mininet/experiments/result.js';
import { type RunOptions, runExperiment } from '../../../mininet/experiments/run-experiment.js';
import { fakeExperiment } from './fake-experiment.js';

describe('a run of an experiment', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'cloakflow-test-'));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));
  const run = (experiment: Experiment, options: Partial<RunOptions> = {}) =>
    runExperiment(experiment, { size: 'quick', output: folder, ...options });
  const failure = async (work: Promise<unknown>) => {
    try {
      await work;
    } catch (error) {
      return error as { code: string; message: string; mend?: string };
    }
    throw new Error('it worked');
  };

  it('writes medians and spreads of every condition, the claims, the machine, and nothing else', async () => {
    const { experiment, done } = fakeExperiment();
    const { file, result } = await run(experiment);
    expect(readdirSync(folder)).to.deep.equal(['fake-quick.json']);
    expect(readResult(file)).to.deep.equal(result);
    expect(result.samples).to.have.length(12);
    expect(result.summary.at(-1)).to.deep.equal({
      condition: { way: 'hidden', bytes: 10 },
      measures: { time: { median: 20, min: 10, max: 30, runs: 3 } },
    });
    expect(result.claims[0]).to.include({ found: '1x', holds: true });
    expect(result.machine.cores).to.be.at.least(1);
    expect(done.at(-1)).to.equal('closed');
  });

  it('adds the figures that need all repetitions together', async () => {
    const conclude = async (): Promise<Record<string, number[]>[]> => [
      { accuracy: [0.1, 0.3] },
      {},
      {},
      { accuracy: [0.2] },
    ];
    const { result } = await run(fakeExperiment({ conclude }).experiment);
    expect(result.summary[0]!.measures.accuracy).to.deep.equal({ median: 0.2, min: 0.1, max: 0.3, runs: 2 });
    expect(result.summary[1]!.measures).to.have.all.keys('time');
  });

  it('goes on after what ended it, without a repetition twice and without one less', async () => {
    let left = 5;
    const fails = fakeExperiment({
      measure: async () => {
        if (left-- === 0) throw new Error('cut off');
        return { time: 1 };
      },
    });
    expect((await failure(run(fails.experiment))).message).to.equal('cut off');
    expect(fails.done.at(-1)).to.equal('closed');
    expect(readdirSync(folder)).to.deep.equal(['fake-quick.jsonl']);
    // A line that a crash has cut off.
    appendFileSync(join(folder, 'fake-quick.jsonl'), '{"condition":{"way":"pl');
    const { experiment, done } = fakeExperiment();
    const { result, kept } = await run(experiment);
    expect(kept).to.equal(5);
    expect(done).to.have.length(12 - 5 + 1);
    expect(
      new Set(result.samples.map(sample => JSON.stringify([sample.condition, sample.repetition]))).size,
    ).to.equal(12);
    expect(existsSync(join(folder, 'fake-quick.jsonl'))).to.equal(false);
  });

  it('ends when it is told to, says how to go on, and leaves no result', async () => {
    const abort = new AbortController();
    const { experiment, done } = fakeExperiment({
      measure: async () => {
        if (done.length === 4) abort.abort();
        return { time: 1 };
      },
    });
    const error = await failure(run(experiment, { signal: abort.signal }));
    expect(error).to.include({ code: 'interrupted' });
    expect(error.message).to.include('3 of 12');
    expect(done.at(-1)).to.equal('closed');
    expect(readdirSync(folder)).to.deep.equal(['fake-quick.jsonl']);
  });

  it('is the only one at its result: a second is refused, and the first goes on', async () => {
    let second: { code: string } | undefined;
    const { experiment } = fakeExperiment({
      measure: async () => {
        second ??= await failure(run(fakeExperiment().experiment));
        return { time: 1 };
      },
    });
    expect((await run(experiment)).result.samples).to.have.length(12);
    expect(second).to.include({ code: 'run-in-progress' });
    expect((await run(experiment)).kept).to.equal(0);
  });

  describe('that is quick, with a second for each measurement', () => {
    let now: number;
    beforeEach(() => {
      now = 0;
    });
    const clock = () => now;
    const slow = () =>
      fakeExperiment({
        measure: async () => {
          now += 1000;
          return { time: 1 };
        },
        quickRest: 7,
      }).experiment;
    const page = (result: Result) => resultPage(fakeExperiment().experiment, result, []);

    it('leaves repetitions out when its time is over, and says so, unless they were asked for', async () => {
      const { result } = await run(slow(), { clock, quickSeconds: 12 });
      expect(result).to.include({ leftOut: 2 }).and.not.to.have.property('unmeasured');
      expect(result.summary.map(({ measures }) => measures.time!.runs)).to.deep.equal([1, 1, 1, 1]);
      expect(page(result)).to.include('repetitions: 1 of 3, since');
      const asked = await run(slow(), { clock, quickSeconds: 0, sets: ['repetitions=2'] });
      expect(asked.result).not.to.have.property('leftOut');
      expect(asked.result.samples).to.have.length(8);
    });

    it('leaves conditions out when they do not even fit once, and still has a result', async () => {
      const { file, result } = await run(slow(), { clock, quickSeconds: 10 });
      expect(result).to.include({ leftOut: 2, unmeasured: 1 });
      expect(result.samples).to.have.length(3);
      expect(readResult(file)).to.deep.equal(result);
      expect(page(result)).to.include('conditions: 3 of 4, for the same reason');
      expect((await run(slow(), { clock, quickSeconds: 0 })).result.samples).to.have.length(1);
    });
  });

  it('says why where a claim does not hold, and only there', async () => {
    for (const [most, shown] of [
      [0, true],
      [2, false],
    ] as const) {
      const { experiment } = fakeExperiment();
      const [claim] = experiment.claims;
      const judge = () => ({ found: '1x', holds: 1 <= most });
      const because = () => 'nothing is faster than that.';
      const { result } = await run({ ...experiment, claims: [{ ...claim!, judge, because }] });
      expect(result.claims[0]).to.have.property('holds', !shown);
      expect(resultPage(experiment, result, []).includes('nothing is faster')).to.equal(shown);
    }
  });

  it('is refused where its folder cannot be, before anything starts', async () => {
    const { experiment, done } = fakeExperiment();
    const output = '/proc/no-such/folder';
    expect(await failure(run(experiment, { output }))).to.include({ code: 'output-unusable' });
    expect(done).to.deep.equal([]);
    const deep = join(folder, 'a', 'b');
    expect((await run(experiment, { output: deep })).file).to.equal(join(deep, 'fake-quick.json'));
  });

  it('does not mix runs with other parameters, unless it may throw the old one away', async () => {
    const abort = new AbortController();
    abort.abort();
    await failure(run(fakeExperiment().experiment, { signal: abort.signal }));
    const before = readFileSync(join(folder, 'fake-quick.jsonl'), 'utf8');
    const sets = ['bytes=3'];
    expect(await failure(run(fakeExperiment().experiment, { sets }))).to.include({ code: 'other-run' });
    expect(readFileSync(join(folder, 'fake-quick.jsonl'), 'utf8')).to.equal(before);
    const state = join(folder, 'fake-quick.jsonl');
    writeFileSync(state, before.replace(/"cloakflow":"[^"]*"/, '"cloakflow":"0.0.1"'));
    expect((await failure(run(fakeExperiment().experiment))).message).to.include('of cloakflow 0.0.1');
    writeFileSync(state, 'other\n');
    expect(await failure(run(fakeExperiment().experiment))).to.include({ code: 'other-run' });
    expect((await run(fakeExperiment().experiment, { sets, fresh: true })).result.samples).to.have.length(6);
  });

  it('refuses a figure that is none', async () => {
    const { experiment } = fakeExperiment({ measure: async () => ({ time: Number.NaN }) });
    expect(await failure(run(experiment))).to.include({ code: 'measurement-failed' });
    const other = fakeExperiment({ measure: async () => ({ speed: 1 }) });
    expect(await failure(run(other.experiment, { fresh: true }))).to.include({ code: 'measurement-failed' });
  });

  it('says what is missing before anything starts or is written', async () => {
    const missing = fakeExperiment({
      needs: {
        tools: { 'no-such-tool': 'no-such-package', sh: 'dash' },
        python: { nosuchmodule: 'python3-nosuch' },
      },
    });
    const error = await failure(run(missing.experiment));
    expect(error).to.include({
      code: 'tool-missing',
      mend: 'apt-get install no-such-package python3-nosuch',
    });
    expect(error.message).to.include('no-such-tool').and.not.to.include('sh,');
    const much = fakeExperiment({ needs: { memoryGiB: { smoke: 0, quick: 0, full: 1e6 } } });
    expect(await failure(run(much.experiment, { size: 'full' }))).to.include({ code: 'too-little-memory' });
    const native = fakeExperiment({ needs: { native: ['no-such-program'] } });
    expect(await failure(run(native.experiment))).to.include({ code: 'tool-missing' });
    expect(await failure(run(native.experiment, { sets: ['x=1'] }))).to.include({
      code: 'unknown-parameter',
    });
    for (const { done } of [missing, much, native]) expect(done).to.deep.equal([]);
    expect(readdirSync(folder)).to.deep.equal([]);
  });
});
