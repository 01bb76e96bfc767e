import { expect } from 'chai';
import { experiments } from '../../../mininet/experiments/catalogue.js';
import { SIZES } from '../../../mininet/experiments/experiment.js';
import { conditionsOf, parametersOf } from '../../../mininet/experiments/parameters.js';
import { schedule } from '../../../mininet/experiments/schedule.js';
import { fakeExperiment } from './fake-experiment.js';

describe('parameters of an experiment', () => {
  const { experiment } = fakeExperiment();
  const refusal = (set: string) => {
    try {
      parametersOf(experiment, 'quick', [set]);
    } catch (error) {
      return (error as { code: string }).code;
    }
    return undefined;
  };

  it('come from the size, and from --set in its place', () => {
    const { axes, settings, repetitions } = parametersOf(experiment, 'quick', [
      'bytes=5,7',
      'clients=8',
      'repetitions=2',
    ]);
    expect(axes).to.deep.equal({ way: ['plain', 'hidden'], bytes: [5, 7] });
    expect(settings).to.deep.equal({ clients: 8 });
    expect(repetitions).to.equal(2);
  });

  it('are refused when unknown, out of range, or not written as they should be', () => {
    expect(refusal('colour=red')).to.equal('unknown-parameter');
    for (const set of [
      'bytes',
      'bytes=',
      'bytes=0',
      'bytes=1001',
      'bytes=1,1',
      'bytes=1.5',
      'bytes=-1',
      'bytes=x',
    ])
      expect(refusal(set), set).to.equal('bad-parameter');
    for (const set of ['way=other', 'clients=9', 'clients=two', 'repetitions=0', 'repetitions=99999'])
      expect(refusal(set), set).to.equal('bad-parameter');
  });

  it('make every combination but those that make no sense', () => {
    const conditions = conditionsOf(experiment, parametersOf(experiment, 'full'));
    expect(conditions).to.have.length(5);
    expect(conditions).not.to.deep.include({ way: 'hidden', bytes: 100 });
  });

  it('are interleaved: every condition once before any comes again, in changing order', () => {
    const conditions = conditionsOf(experiment, parametersOf(experiment, 'full'));
    const turns = [...schedule(conditions, 4)];
    const rounds = [0, 1, 2, 3].map(round => turns.slice(round * 5, round * 5 + 5));
    for (const [round, own] of rounds.entries()) {
      expect(own.map(({ repetition }) => repetition)).to.deep.equal(Array(5).fill(round));
      expect(own.map(({ condition }) => condition)).to.have.deep.members(conditions);
    }
    const orders = new Set(rounds.map(own => JSON.stringify(own.map(({ condition }) => condition))));
    expect(orders.size).to.be.greaterThan(1);
    expect([...schedule(conditions, 4)]).to.deep.equal(turns);
  });
});

describe('the experiments', () => {
  it('have names of their own, and figures and claims of measures and axes that they have', () => {
    expect(new Set(experiments.map(({ name }) => name)).size).to.equal(experiments.length);
    for (const { name, figures, measures, axes } of experiments) {
      expect(name).to.match(/^(popsicl|mimiq)-[a-z0-9-]+$/);
      for (const figure of figures) {
        expect(Object.keys(measures), `${name} ${figure.name}`).to.include(figure.measure);
        for (const axis of [figure.x, figure.series ?? figure.x, ...Object.keys(figure.where ?? {})])
          expect(Object.keys(axes), `${name} ${figure.name}`).to.include(axis);
      }
    }
  });

  it('have conditions in every size, with values that --set would take too', () => {
    for (const experiment of experiments) {
      for (const size of SIZES) {
        const parameters = parametersOf(experiment, size);
        expect(conditionsOf(experiment, parameters), experiment.name).not.to.be.empty;
        const sets = [
          ...Object.entries(parameters.axes).map(([name, values]) => `${name}=${values.join(',')}`),
          ...Object.entries(parameters.settings).map(([name, value]) => `${name}=${value}`),
        ];
        expect(parametersOf(experiment, size, sets), experiment.name).to.deep.equal(parameters);
      }
    }
  });
});
