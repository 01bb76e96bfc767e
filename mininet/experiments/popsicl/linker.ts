import { ratioClaim } from '../claims.js';
import type { Experiment } from '../experiment.js';
import { CLOUD_NEEDS } from './accesses.js';

const KIB = 1024;
const ACCESSES = ['direct', 'linker'];
const MEBIBYTE = 1024 * KIB;

export const linker: Experiment = {
  name: 'popsicl-linker',
  title: 'Latency through the linker',
  paper: 'PoPSiCl',
  section: 'section 6.1, beside figure 3a',
  method:
    'A client with pseudonyms for two tenants follows a link from one to an object of the other: through the linker, which asks ' +
    'for its own certificate and leads on to her pseudonym, or by that pseudonym at once.',
  differences: ['curl stands for Firefox; the two requests are made one after the other.'],
  topology: 'a client behind a delay, a router, a cloud of one switch with two tenants and a linker',
  needs: { ...CLOUD_NEEDS, memoryGiB: { smoke: 1, quick: 1, full: 1 } },
  axes: {
    access: { title: 'access', values: { smoke: ACCESSES, quick: ACCESSES, full: ACCESSES } },
    size: {
      title: 'object',
      unit: 'B',
      values: {
        smoke: [KIB],
        quick: [KIB, 100 * KIB, MEBIBYTE],
        full: [KIB, 10 * KIB, 100 * KIB, MEBIBYTE, 5 * MEBIBYTE],
      },
      range: [1, 2 ** 30],
    },
  },
  settings: {
    rtt: { title: 'round trip', unit: 'ms', value: { smoke: 2, quick: 10, full: 10 }, range: [0, 1000] },
  },
  repetitions: { smoke: 1, quick: 10, full: 50 },
  fullMinutes: 3,
  measures: {
    latency: { title: 'latency', unit: 'ms', better: 'less' },
    relative: {
      title: 'latency against that without the linker',
      unit: 'times',
      better: 'less',
      ratio: { of: 'latency', to: { access: 'direct' } },
    },
  },
  claims: [
    ratioClaim({
      section: '6.1',
      says: 'Getting 1 MiB through the linker takes less than 11 % longer than by the pseudonym directly',
      kind: 'number',
      measure: 'latency',
      of: { access: 'linker', size: MEBIBYTE },
      to: { access: 'direct', size: MEBIBYTE },
      below: 1.11,
    }),
    {
      section: '6.1',
      says: 'What the linker adds does not depend on the size of the object',
      kind: 'shape',
      judge: summary => {
        const added = summary.parameters.axes.size!.map(size => {
          const [direct, linked] = ACCESSES.map(access => summary.median('latency', { access, size }));
          return direct === undefined || linked === undefined ? undefined : linked - direct;
        });
        if (added.length < 2 || added.some(one => one === undefined)) return undefined;
        const [least, most] = [Math.min(...(added as number[])), Math.max(...(added as number[]))];
        return { found: `${least.toFixed(0)} to ${most.toFixed(0)} ms`, holds: most < 2 * least };
      },
    },
  ],
  figures: [
    {
      name: 'latency',
      title: 'Latency with and without the linker',
      measure: 'latency',
      x: 'size',
      series: 'access',
      xScale: 'log',
      yScale: 'log',
    },
    {
      name: 'relative',
      title: 'Latency against that without the linker',
      measure: 'relative',
      x: 'size',
      series: 'access',
      xScale: 'log',
      paper: [{ label: 'paper: most at 1 MiB', points: [[KIB, 1.11]] }],
    },
  ],
  open: async context => (await import('./linker-world.js')).openLinker(context),
};
