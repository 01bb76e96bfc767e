import { expect } from 'chai';
import type { Condition, Experiment, Sample } from '../../../mininet/experiments/experiment.js';
import { summarise } from '../../../mininet/experiments/result.js';

describe('a measure that is a ratio', () => {
  const measures: Experiment['measures'] = {
    time: { title: 'time', unit: 'ms', better: 'less' },
    relative: {
      ...{ title: 'against plain', unit: 'times', better: 'less' },
      ratio: { of: 'time', to: { way: 'plain' } },
    },
  };
  const conditions: Condition[] = ['plain', 'hidden'].flatMap(way => [1, 2].map(bytes => ({ way, bytes })));
  const sample = (way: string, bytes: number, repetition: number, time: number): Sample => ({
    condition: { way, bytes },
    repetition,
    values: { time },
  });

  it('compares what was measured in the same repetition, and only where both were', () => {
    const samples = [
      ...[sample('plain', 1, 0, 10), sample('hidden', 1, 0, 20)],
      ...[sample('hidden', 1, 1, 60), sample('plain', 1, 1, 20)],
      ...[sample('hidden', 2, 0, 5), sample('plain', 2, 1, 5), sample('plain', 2, 0, 0)],
    ];
    const summary = summarise(measures, conditions, samples, []);
    const of = (way: string, bytes: number) =>
      summary.find(({ condition }) => condition.way === way && condition.bytes === bytes)!.measures.relative;
    expect(of('hidden', 1)).to.deep.equal({ median: 2.5, min: 2, max: 3, runs: 2 });
    expect(of('plain', 1)).to.deep.equal({ median: 1, min: 1, max: 1, runs: 2 });
    expect(of('hidden', 2)).to.equal(undefined);
  });
});
