import { ratioClaim } from '../claims.js';
import type { Experiment } from '../experiment.js';
import { ACCESS_NAMES, CLOUD_NEEDS, HANDED_OVER } from './accesses.js';

const KIB = 1024;
const SIZES = [1, 10, 100, 1024, 2048, 5120].map(kibibytes => kibibytes * KIB);

export const downloadLatency: Experiment = {
  name: 'popsicl-download-latency',
  title: 'Download latency by object size',
  paper: 'PoPSiCl',
  section: 'section 6.1, figure 3a',
  method:
    'A client downloads an object, each time over a new connection with a full TLS handshake, by HTTPS, by HTTPS with a ' +
    'client’s certificate, and by a pseudonym in each way that connections get to the tenant. Names are resolved before.',
  differences: [
    'curl stands for Firefox: no page is rendered.',
    'Server and clients share one machine; the round trip is 10 ms, where the paper’s client was on another campus.',
  ],
  topology: 'clients behind a delay, a router, a cloud of one switch',
  needs: { ...CLOUD_NEEDS, memoryGiB: { smoke: 1, quick: 1, full: 1 } },
  axes: {
    access: {
      title: 'access',
      values: { smoke: ACCESS_NAMES, quick: ACCESS_NAMES, full: ACCESS_NAMES },
    },
    size: {
      title: 'object',
      unit: 'B',
      values: { smoke: [KIB], quick: [KIB, 100 * KIB, 1024 * KIB, 5120 * KIB], full: SIZES },
      range: [1, 2 ** 30],
    },
  },
  settings: {
    rtt: { title: 'round trip', unit: 'ms', value: { smoke: 2, quick: 10, full: 10 }, range: [0, 1000] },
  },
  repetitions: { smoke: 1, quick: 10, full: 50 },
  fullMinutes: 8,
  measures: {
    latency: { title: 'latency', unit: 'ms', better: 'less' },
    relative: {
      title: 'latency against HTTPS',
      unit: 'times',
      better: 'less',
      ratio: { of: 'latency', to: { access: 'https' } },
    },
  },
  claims: HANDED_OVER.map(access =>
    ratioClaim({
      section: '6.1',
      says: `Access by a pseudonym (${access}) is minimally more expensive than HTTPS with no client authentication: at most 1.25 times, whatever the size`,
      kind: 'shape',
      measure: 'latency',
      of: { access },
      to: { access: 'https' },
      over: 'size',
      most: 1.25,
    }),
  ),
  figures: [
    {
      name: 'latency',
      title: 'Latency of a download',
      measure: 'latency',
      x: 'size',
      series: 'access',
      xScale: 'log',
      yScale: 'log',
    },
    {
      name: 'relative',
      title: 'Latency of a download against HTTPS',
      measure: 'relative',
      x: 'size',
      series: 'access',
      xScale: 'log',
    },
  ],
  open: async context => (await import('./download-world.js')).openDownloads(context),
};
