import { ratioClaim } from '../claims.js';
import type { Experiment } from '../experiment.js';
import { ACCESS_NAMES, CLOUD_NEEDS, HANDED_OVER } from './accesses.js';

export const concurrentConnections: Experiment = {
  name: 'popsicl-concurrent-connections',
  title: 'Completion of concurrent first connections',
  paper: 'PoPSiCl',
  section: 'section 6.2, figure 4a',
  method:
    'Many curl processes start at once; each opens a connection, gets an object of 10 KiB and ends. Measured is the time until ' +
    'the last has ended.',
  differences: ['All processes share the cores of one machine with switch, controller and server.'],
  topology: 'a client, a router, a cloud of one switch',
  needs: { ...CLOUD_NEEDS, memoryGiB: { smoke: 1, quick: 2, full: 4 } },
  axes: {
    access: {
      title: 'access',
      values: {
        smoke: ['https', 'cookie-conntrack'],
        quick: ['https', 'client-certificate', 'cookie-conntrack', 'cookie-flows', 'repair-flows', 'address'],
        full: ACCESS_NAMES,
      },
    },
    connections: {
      title: 'connections at once',
      values: { smoke: [10], quick: [10, 50, 100, 200], full: [10, 50, 100, 200, 300, 400, 500] },
      range: [1, 2000],
    },
  },
  settings: {
    rtt: { title: 'round trip', unit: 'ms', value: { smoke: 2, quick: 10, full: 10 }, range: [0, 1000] },
  },
  repetitions: { smoke: 1, quick: 3, full: 10 },
  fullMinutes: 20,
  measures: {
    completion: { title: 'completion of all', unit: 'ms', better: 'less' },
    relative: {
      title: 'completion against HTTPS',
      unit: 'times',
      better: 'less',
      ratio: { of: 'completion', to: { access: 'https' } },
    },
    failed: { title: 'connections that failed', unit: '', better: 'less' },
  },
  claims: HANDED_OVER.map(access =>
    ratioClaim({
      section: '6.2',
      says: `Completion by pseudonyms (${access}) takes at most 1.4 times that of HTTPS`,
      kind: 'number',
      measure: 'completion',
      of: { access },
      to: { access: 'https' },
      over: 'connections',
      most: 1.4,
    }),
  ),
  figures: [
    {
      name: 'completion',
      title: 'Completion of concurrent connections',
      measure: 'completion',
      x: 'connections',
      series: 'access',
    },
    {
      name: 'relative',
      title: 'Completion of concurrent connections against HTTPS',
      measure: 'relative',
      x: 'connections',
      series: 'access',
      paper: [{ label: 'paper: most', points: [[10, 1.4]] }],
    },
  ],
  open: async context => (await import('./concurrent-world.js')).openConcurrent(context),
};
