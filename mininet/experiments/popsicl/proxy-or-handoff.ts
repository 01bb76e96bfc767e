import type { Experiment, Summary } from '../experiment.js';
import { CLOUD_NEEDS } from './accesses.js';

const KIB = 1024;
const ACCESSES = ['https', 'handoff', 'proxy'];

/** Throughput of the relay against that of handoff. */
function relation(summary: Summary, size: number): number | undefined {
  const handoff = summary.median('throughput', { access: 'handoff', size });
  const proxy = summary.median('throughput', { access: 'proxy', size });
  return handoff === undefined || proxy === undefined ? undefined : proxy / handoff;
}

export const proxyOrHandoff: Experiment = {
  name: 'popsicl-proxy-or-handoff',
  title: 'A proxy against handoff',
  paper: 'PoPSiCl',
  section: 'section 6.2, figure 4b',
  method:
    'Three clients get objects from three tenants, as fast as they are answered, each over a connection of its own: by HTTPS, ' +
    'by pseudonyms whose connections are handed over (`cookie`, IPv4), and by pseudonyms behind a relay (`proxy`, IPv6).',
  differences: [
    'Clients, tenants, relay and switch share the cores of one machine: the relay competes with what it serves.',
    'curl stands for httperf; it is given no rate but all that the cloud can do.',
  ],
  topology: 'three clients, a router, a cloud of one switch with three tenants',
  needs: { ...CLOUD_NEEDS, memoryGiB: { smoke: 1, quick: 2, full: 2 } },
  axes: {
    access: { title: 'access', values: { smoke: ACCESSES, quick: ACCESSES, full: ACCESSES } },
    size: {
      title: 'object',
      unit: 'B',
      values: {
        smoke: [KIB],
        quick: [KIB, 100 * KIB, 1024 * KIB, 5120 * KIB],
        full: [1, 10, 50, 100, 500, 1024, 5120, 10_240].map(kibibytes => kibibytes * KIB),
      },
      range: [1, 2 ** 30],
    },
  },
  settings: {
    seconds: { title: 'time', unit: 's', value: { smoke: 1, quick: 2, full: 10 }, range: [1, 600] },
    processes: {
      title: 'connections at once of each client',
      value: { smoke: 2, quick: 3, full: 3 },
      range: [1, 100],
    },
  },
  repetitions: { smoke: 1, quick: 2, full: 10 },
  fullMinutes: 45,
  measures: {
    throughput: { title: 'responses', unit: '1/s', better: 'more' },
    megabytes: { title: 'payload', unit: 'MB/s', better: 'more' },
    failed: { title: 'accesses that failed', unit: '', better: 'less' },
  },
  claims: [
    {
      section: '6.2',
      says: 'A proxy outperforms handoff where objects are small',
      kind: 'shape',
      judge: summary => {
        const size = Number(summary.parameters.axes.size![0]);
        const ratio = relation(summary, size);
        if (ratio === undefined || size > 10 * KIB) return undefined;
        return { found: `${ratio.toFixed(2)} times handoff at ${size / KIB} KiB`, holds: ratio > 1 };
      },
    },
    {
      section: '6.2',
      says: 'The throughput of a proxy decays dramatically as objects grow, against handoff',
      kind: 'shape',
      judge: summary => {
        const size = Number(summary.parameters.axes.size!.at(-1));
        const ratio = relation(summary, size);
        if (ratio === undefined || size < 100 * KIB) return undefined;
        return { found: `${ratio.toFixed(2)} times handoff at ${size / KIB} KiB`, holds: ratio < 1 };
      },
    },
  ],
  figures: [
    {
      name: 'throughput',
      title: 'Responses by object size',
      measure: 'throughput',
      x: 'size',
      series: 'access',
      xScale: 'log',
      yScale: 'log',
    },
    {
      name: 'payload',
      title: 'Payload by object size',
      measure: 'megabytes',
      x: 'size',
      series: 'access',
      xScale: 'log',
    },
  ],
  open: async context => (await import('./proxy-world.js')).openProxy(context),
};
