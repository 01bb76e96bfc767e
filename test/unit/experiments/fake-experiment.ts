import type { Condition, Experiment, Needs, World } from '../../../mininet/experiments/experiment.js';

export interface FakeOptions {
  needs?: Needs;
  measure?: World['measure'];
  conclude?: World['conclude'];
  quickRest?: number;
}

/** An experiment without a network; it remembers what was done to it. */
export function fakeExperiment({ needs = {}, measure, conclude, quickRest }: FakeOptions = {}) {
  const done: string[] = [];
  const world: World = {
    measure: async (condition, repetition) => {
      done.push(`${condition.way} ${condition.bytes} #${repetition}`);
      return measure?.(condition, repetition) ?? { time: Number(condition.bytes) * (repetition + 1) };
    },
    close: async () => void done.push('closed'),
  };
  if (conclude !== undefined) world.conclude = conclude;
  const same = <T>(values: T) => ({ smoke: values, quick: values, full: values });
  const experiment: Experiment = {
    name: 'fake',
    title: 'A fake',
    paper: 'MIMIQ',
    section: 'section 0',
    method: 'Nothing happens.',
    differences: ['Everything.'],
    topology: 'none',
    needs,
    axes: {
      way: { title: 'way', values: same(['plain', 'hidden']) },
      bytes: {
        title: 'object',
        unit: 'B',
        values: { smoke: [1], quick: [1, 10], full: [1, 10, 100] },
        range: [1, 1000],
      },
    },
    settings: { clients: { title: 'clients', value: same(2), range: [1, 8] } },
    excludes: ({ way, bytes }: Condition) => way === 'hidden' && bytes === 100,
    repetitions: { smoke: 1, quick: 3, full: 5 },
    fullMinutes: 1,
    ...(quickRest === undefined ? {} : { quickRest }),
    measures: {
      time: { title: 'latency', unit: 'ms', better: 'less' },
      accuracy: { title: 'accuracy', unit: '%', better: 'more' },
    },
    claims: [
      {
        section: '0.1',
        says: 'hidden takes less than twice the time',
        kind: 'number',
        judge: summary => {
          const plain = summary.median('time', { way: 'plain', bytes: 1 });
          const hidden = summary.median('time', { way: 'hidden', bytes: 1 });
          if (plain === undefined || hidden === undefined) return undefined;
          return { found: `${hidden / plain}x`, holds: hidden < 2 * plain };
        },
      },
    ],
    figures: [
      {
        name: 'time',
        title: 'Latency',
        measure: 'time',
        x: 'bytes',
        series: 'way',
        paper: [{ label: 'paper', points: [[1, 2]] }],
      },
    ],
    open: async () => world,
  };
  return { experiment, done };
}
