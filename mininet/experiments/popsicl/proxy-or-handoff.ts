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

function whyNotSmall({ parameters, median }: Summary): string {
  const size = Number(parameters.axes.size![0]);
  const [handoff, proxy] = ['handoff', 'proxy'].map(access =>
    (median('between', { access, size }) ?? Number.NaN).toFixed(2),
  );
  return (
    `a connection that is handed over takes ${handoff} ms of a processor in controller and switch here, one that is relayed ${proxy} ` +
    'in relay, controller and switch. What made the paper’s handoff slow where objects are small was installing two rules in ' +
    'switches for each connection (section 6.1); here it is one entry of connection tracking, and a relay still has two connections ' +
    'to open.'
  );
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
    between: {
      title: 'processor time of controller, relay and switch for a response',
      unit: 'ms',
      better: 'less',
    },
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
      because: whyNotSmall,
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
