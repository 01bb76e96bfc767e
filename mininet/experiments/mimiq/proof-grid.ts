import type { Experiment, Summary } from '../experiment.js';
import { MIMIQ_NEEDS } from './feasibility.js';

/** Sum of a measure over all conditions and repetitions, at their worst; undefined where it was not measured. */
function most(summary: Summary, measure: string): number | undefined {
  const { family, frequency, rtt, loss } = summary.parameters.axes;
  let sum = 0;
  for (const one of family!)
    for (const two of frequency!)
      for (const three of rtt!)
        for (const four of loss!) {
          const spread = summary.find(measure, { family: one, frequency: two, rtt: three, loss: four });
          if (spread === undefined) return undefined;
          sum += spread.max;
        }
  return sum;
}

function noneClaim(measure: string, what: string, says: string, kind: 'number' | 'ours') {
  return {
    section: '4',
    says,
    kind,
    judge: (summary: Summary) => {
      const found = most(summary, measure);
      const requests = most(summary, 'requests');
      if (found === undefined || requests === undefined) return undefined;
      return { found: `${found} ${what}, of ${requests} requests`, holds: found === 0 };
    },
  };
}

export const proofGrid: Experiment = {
  name: 'mimiq-proof-grid',
  title: 'Every request whole, however often clients hop and whatever the network loses',
  paper: 'MIMIQ',
  section: 'section 4, feasibility',
  method:
    'Four clients at once, on hosts of their own, each with its agent, make requests for 2.7 kB to an unmodified server over one ' +
    'connection each. Bodies are compared by checksum; an observer outside looks for connection IDs that it sees at two addresses.',
  differences: [
    'The paper’s network loses nothing and has IPv4 only.',
    'The network is that of the paper’s figure 2, with return routes and aliases, where the paper had one switch that forwards.',
    'A migration takes a round trip, and needs a connection ID that was never used: fewer are made than asked for.',
  ],
  topology: 'an edge, two client-facing switches, four clients, an observer, a server behind delay and loss',
  needs: { ...MIMIQ_NEEDS, memoryGiB: { smoke: 0.5, quick: 1, full: 1 } },
  axes: {
    family: {
      title: 'IP version',
      values: { smoke: [4, 6], quick: [4, 6], full: [4, 6] },
      range: [4, 6],
    },
    frequency: {
      title: 'migrations asked for in 100 packets',
      values: { smoke: [50], quick: [4, 50], full: [1, 2, 4, 10, 20, 50] },
      range: [1, 100],
    },
    rtt: {
      title: 'round trip',
      unit: 'ms',
      values: { smoke: [10], quick: [10, 50], full: [10, 30, 50] },
      range: [1, 1000],
    },
    loss: {
      title: 'lost each way',
      unit: '%',
      values: { smoke: [0, 10], quick: [0, 10], full: [0, 10] },
      range: [0, 30],
    },
  },
  settings: {
    requests: {
      title: 'requests of each client',
      value: { smoke: 10, quick: 30, full: 250 },
      range: [1, 10_000],
    },
  },
  excludes: ({ family }) => family === 5,
  repetitions: { smoke: 1, quick: 1, full: 1 },
  fullMinutes: 30,
  measures: {
    requests: { title: 'requests', unit: '', better: 'neither' },
    failed: { title: 'requests that failed', unit: '', better: 'less' },
    wrong: { title: 'bodies that were not what the server has', unit: '', better: 'less' },
    migrations: { title: 'migrations made in 100 packets', unit: '', better: 'neither' },
    linked: { title: 'connection IDs seen at two addresses', unit: '', better: 'less' },
  },
  claims: [
    noneClaim('failed', 'failed', 'Clients migrate at different frequencies without any issues', 'number'),
    noneClaim('wrong', 'bodies were wrong', 'Every body is what the server has', 'ours'),
    noneClaim(
      'linked',
      'connection IDs linked two addresses',
      'No connection ID is seen at two addresses',
      'ours',
    ),
  ],
  figures: [
    {
      name: 'migrations',
      title: 'Migrations made against migrations asked for',
      measure: 'migrations',
      x: 'frequency',
      series: 'rtt',
    },
  ],
  open: async context => (await import('./proof-grid-world.js')).openProofGrid(context),
};
