import { ratioClaim } from '../claims.js';
import type { Experiment } from '../experiment.js';
import { CLOUD_NEEDS } from './accesses.js';

const ACCESSES = ['https', 'cookie-conntrack', 'cookie-flows', 'address'];

export const latencyUnderLoad: Experiment = {
  name: 'popsicl-latency-under-load',
  title: 'Latency while distinct clients come at a rate',
  paper: 'PoPSiCl',
  section: 'section 6.1, beside figure 3a',
  method:
    'Clients on four hosts, each with a pseudonym and certificate of its own, begin connections at a rate, with one request for ' +
    '10 KiB in each. Their latency is compared with that of a client who is alone.',
  differences: [
    'Clients, switch, controller and server share the cores of one machine, so that a rate that one server bears may be beyond it.',
  ],
  topology: 'four clients behind a delay, a router, a cloud of one switch',
  needs: { ...CLOUD_NEEDS, memoryGiB: { smoke: 1, quick: 1, full: 2 } },
  axes: {
    access: {
      title: 'access',
      values: {
        smoke: ['https', 'cookie-conntrack'],
        quick: ACCESSES,
        full: ACCESSES,
      },
      choices: [...ACCESSES, 'repair-conntrack', 'repair-flows', 'proxy'],
    },
    rate: {
      title: 'rate; 0: alone',
      unit: '1/s',
      values: { smoke: [0, 20], quick: [0, 100, 200], full: [0, 50, 100, 150, 200] },
      range: [0, 2000],
    },
  },
  settings: {
    clients: { title: 'distinct clients', value: { smoke: 4, quick: 12, full: 40 }, range: [1, 1000] },
    seconds: {
      title: 'time of each rate',
      unit: 's',
      value: { smoke: 1, quick: 2, full: 10 },
      range: [1, 600],
    },
    rtt: { title: 'round trip', unit: 'ms', value: { smoke: 10, quick: 10, full: 10 }, range: [0, 1000] },
  },
  repetitions: { smoke: 1, quick: 3, full: 10 },
  fullMinutes: 45,
  measures: {
    latency: { title: 'median latency', unit: 'ms', better: 'less' },
    relative: {
      title: 'latency against a client who is alone',
      unit: 'times',
      better: 'less',
      ratio: { of: 'latency', to: { rate: 0 } },
    },
    failed: { title: 'accesses that failed', unit: '', better: 'less' },
  },
  claims: ACCESSES.filter(access => access !== 'https').map(access =>
    ratioClaim({
      section: '6.1',
      says: `At 200 requests a second from distinct clients latency grows by less than 20 % (${access})`,
      kind: 'number',
      measure: 'latency',
      of: { access, rate: 200 },
      to: { access, rate: 0 },
      below: 1.2,
    }),
  ),
  figures: [
    {
      name: 'latency',
      title: 'Latency against the rate of distinct clients',
      measure: 'latency',
      x: 'rate',
      series: 'access',
    },
    {
      name: 'relative',
      title: 'Latency against that of a client who is alone',
      measure: 'relative',
      x: 'rate',
      series: 'access',
      paper: [{ label: 'paper: most at 200/s', points: [[0, 1.2]] }],
    },
  ],
  open: async context => (await import('./load-world.js')).openLatencyUnderLoad(context),
};
