import { ratioClaim } from '../claims.js';
import type { Experiment } from '../experiment.js';
import { CLOUD_NEEDS } from './accesses.js';

const FORMS = ['one-block', 'block-each'];

export const manyPseudonyms: Experiment = {
  name: 'popsicl-many-pseudonyms',
  title: 'A tenant with very many pseudonyms',
  paper: 'PoPSiCl',
  section: 'section 6.2, figure 4d',
  method:
    'The tenant’s nginx has a number of pseudonyms: as a server block each, as in the paper, or in one block that looks into ' +
    'a folder at each handshake. A client then gets an object of 10 KiB or 100 KiB by one of them.',
  differences: [
    'The others have certificates and keys of their own files with the same content: nginx loads each by itself.',
  ],
  topology: 'a client, a router, a cloud of one switch',
  needs: { ...CLOUD_NEEDS, memoryGiB: { smoke: 1, quick: 2, full: 6 } },
  axes: {
    form: { title: 'nginx with', values: { smoke: FORMS, quick: FORMS, full: FORMS } },
    count: {
      title: 'pseudonyms',
      values: {
        smoke: [1, 100],
        quick: [1, 1000, 10_000],
        full: [1, 10_000, 20_000, 30_000, 40_000, 50_000, 60_000],
      },
      range: [1, 1_000_000],
    },
  },
  settings: {
    accesses: {
      title: 'accesses of each size',
      value: { smoke: 3, quick: 10, full: 40 },
      range: [1, 10_000],
    },
  },
  repetitions: { smoke: 1, quick: 2, full: 5 },
  fullMinutes: 60,
  measures: {
    small: { title: 'latency, 10 KiB', unit: 'ms', better: 'less' },
    large: { title: 'latency, 100 KiB', unit: 'ms', better: 'less' },
    memory: { title: 'memory of nginx', unit: 'MiB', better: 'less' },
    start: { title: 'start of nginx', unit: 's', better: 'less' },
  },
  claims: [
    ...FORMS.flatMap(form =>
      (['small', 'large'] as const).map(measure =>
        ratioClaim({
          section: '6.2',
          says: `The number of virtual hosts has no impact on the response latency (${form}, ${measure === 'small' ? 10 : 100} KiB)`,
          kind: form === 'block-each' ? 'number' : 'ours',
          measure,
          of: ({ parameters }) => ({ form, count: parameters.axes.count!.at(-1)! }),
          to: ({ parameters }) => ({ form, count: parameters.axes.count![0]! }),
          below: 1.25,
        }),
      ),
    ),
    {
      section: '6.2',
      says: 'The memory of a server with 60,000 virtual hosts approaches 2 GiB',
      kind: 'number',
      judge: summary => {
        const mebibytes = summary.median('memory', { form: 'block-each', count: 60_000 });
        if (mebibytes === undefined) return undefined;
        return { found: `${(mebibytes / 1024).toFixed(2)} GiB`, holds: mebibytes <= 2048 };
      },
    },
    {
      section: '6.2',
      says: 'The pressure on memory can be relieved by a design that keeps inactive virtual hosts on stable storage',
      kind: 'ours',
      judge: summary => {
        const most = summary.parameters.axes.count!.at(-1)!;
        const [one, each] = FORMS.map(form => summary.median('memory', { form, count: most }));
        if (one === undefined || each === undefined) return undefined;
        return {
          found: `${one.toFixed(0)} MiB in one block, ${each.toFixed(0)} MiB in a block each (${most.toLocaleString('en')})`,
          holds: one < each,
        };
      },
    },
  ],
  figures: [
    {
      name: 'latency',
      title: 'Latency of 10 KiB against the number of pseudonyms',
      measure: 'small',
      x: 'count',
      series: 'form',
    },
    {
      name: 'memory',
      title: 'Memory of nginx against the number of pseudonyms',
      measure: 'memory',
      x: 'count',
      series: 'form',
      paper: [{ label: 'paper: nearly 2 GiB with 60,000', points: [[60_000, 2048]] }],
    },
  ],
  open: async context => (await import('./many-pseudonyms-world.js')).openManyPseudonyms(context),
};
