import { ratioClaim } from '../claims.js';
import type { Experiment } from '../experiment.js';
import { CLOUD_NEEDS } from './accesses.js';

const KINDS = ['rules', 'conntrack-entries'];

/** Not with fewer than 100,000, which the paper's sentence is not about. */
function growth(says: string, kind: string, measure: 'small' | 'large', source: 'number' | 'ours') {
  return ratioClaim({
    section: '6.2',
    says: `${says} (${measure === 'small' ? 10 : 100} KiB)`,
    kind: source,
    measure,
    of: ({ parameters }) => {
      const count = parameters.axes.count!.at(-1)!;
      return Number(count) < 100_000 ? undefined : { kind, count };
    },
    to: ({ parameters }) => ({ kind, count: parameters.axes.count![0]! }),
    below: 2,
  });
}

export const switchLoad: Experiment = {
  name: 'popsicl-switch-load',
  title: 'Latency with very many connections in the switch',
  paper: 'PoPSiCl',
  section: 'section 6.2, figure 4c',
  method:
    'The switch is given the rules of other connections, as a handoff with two rewrite rules leaves them, or as many entries ' +
    'of connection tracking. Then a client opens connections by a pseudonym of the same redirection, each with one ' +
    'request for 10 KiB or 100 KiB.',
  differences: [
    'Rules and entries are put in by another program over OpenFlow: their connections carry no traffic, and the controller, which ' +
      'does not know them, does not ask for their counters.',
  ],
  topology: 'a client, a router, a cloud of one switch',
  needs: { ...CLOUD_NEEDS, memoryGiB: { smoke: 1, quick: 2, full: 4 } },
  axes: {
    kind: { title: 'kept as', values: { smoke: KINDS, quick: KINDS, full: KINDS } },
    count: {
      title: 'rules or entries',
      values: {
        smoke: [0, 1000],
        quick: [0, 10_000, 100_000, 1_000_000],
        full: [0, 1000, 10_000, 100_000, 250_000, 500_000, 750_000, 1_000_000],
      },
      range: [0, 2_000_000],
    },
  },
  settings: {
    accesses: {
      title: 'accesses of each size',
      value: { smoke: 3, quick: 10, full: 20 },
      range: [1, 10_000],
    },
    rtt: { title: 'round trip', unit: 'ms', value: { smoke: 0, quick: 0, full: 0 }, range: [0, 1000] },
  },
  repetitions: { smoke: 1, quick: 2, full: 10 },
  fullMinutes: 40,
  measures: {
    small: { title: 'latency, 10 KiB', unit: 'ms', better: 'less' },
    smallRelative: {
      title: 'against none, 10 KiB',
      unit: 'times',
      better: 'less',
      ratio: { of: 'small', to: { count: 0 } },
    },
    large: { title: 'latency, 100 KiB', unit: 'ms', better: 'less' },
    largeRelative: {
      title: 'against none, 100 KiB',
      unit: 'times',
      better: 'less',
      ratio: { of: 'large', to: { count: 0 } },
    },
    install: { title: 'to put them in', unit: 's', better: 'less' },
    memory: { title: 'ovs-vswitchd', unit: 'MiB', better: 'less' },
  },
  claims: [
    ...(['small', 'large'] as const).map(measure =>
      growth(
        'The impact of nearly 1,000,000 rules is less than twice the latency',
        'rules',
        measure,
        'number',
      ),
    ),
    ...(['small', 'large'] as const).map(measure =>
      growth('So is that of as many entries of connection tracking', 'conntrack-entries', measure, 'ours'),
    ),
  ],
  figures: [
    {
      name: 'small',
      title: 'Latency of 10 KiB with rules and entries of others',
      measure: 'small',
      x: 'count',
      series: 'kind',
    },
    ...([10, 100] as const).map(kibibytes => ({
      name: kibibytes === 10 ? 'small-relative' : 'large-relative',
      title: `Latency of ${kibibytes} KiB with rules and entries of others, against none`,
      measure: kibibytes === 10 ? 'smallRelative' : 'largeRelative',
      x: 'count',
      series: 'kind',
      paper: [{ label: 'paper: less than', points: [[0, 2]] as const }],
    })),
  ],
  open: async context => (await import('./switch-load-world.js')).openSwitchLoad(context),
};
