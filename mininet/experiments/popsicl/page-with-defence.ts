import type { Experiment, Summary } from '../experiment.js';
import { BROWSER_ACCESSES, BROWSER_NEEDS } from './browser-cloud.js';

const ACCESSES = [...BROWSER_ACCESSES];

function ratio(summary: Summary, measure: string, access: string, base: string): number | undefined {
  const [one, other] = [summary.median(measure, { access }), summary.median(measure, { access: base })];
  return one === undefined || other === undefined ? undefined : one / other;
}

export const pageWithDefence: Experiment = {
  name: 'popsicl-page-with-defence',
  title: 'A page of thirteen objects with the traffic-analysis defence',
  paper: 'PoPSiCl',
  section: 'appendix A, figures 5a and 5b',
  method:
    'Chromium loads a page that links to thirteen objects, 474.3 KiB in all, in a fresh context each time: by HTTPS, by a ' +
    'pseudonym, and by a pseudonym with the traffic-analysis defence, which fetches each object in one to three padded pieces. ' +
    'Latency is that of one page until all pictures are shown; throughput that of several pages at once.',
  differences: [
    'The site is made of styles, scripts and pictures of these sizes, not the paper’s blog; Chromium stands for Firefox and PhantomJS.',
    'Chromium, server and switch share the cores of one machine: throughput is mostly the browser’s.',
    'Tor is compared in an experiment of its own, without a browser.',
  ],
  topology: 'a client, a router, a cloud of one switch',
  needs: { ...BROWSER_NEEDS, memoryGiB: { smoke: 1.5, quick: 2, full: 2 } },
  axes: { access: { title: 'access', values: { smoke: ACCESSES, quick: ACCESSES, full: ACCESSES } } },
  settings: {
    rtt: { title: 'round trip', unit: 'ms', value: { smoke: 0, quick: 10, full: 10 }, range: [0, 1000] },
    parallel: {
      title: 'pages at once for throughput',
      value: { smoke: 2, quick: 4, full: 8 },
      range: [1, 100],
    },
  },
  repetitions: { smoke: 1, quick: 8, full: 20 },
  measures: {
    latency: { title: 'latency of the page', unit: 'ms', better: 'less' },
    throughput: { title: 'pages', unit: '1/s', better: 'more' },
  },
  claims: [
    {
      section: 'A.2',
      says: 'The latency of the page with the defence is only 1.35 times that of HTTPS',
      kind: 'number',
      judge: summary => {
        const found = ratio(summary, 'latency', 'defence', 'https');
        return found === undefined ? undefined : { found: `${found.toFixed(2)} times`, holds: found <= 1.35 };
      },
    },
    {
      section: 'A.2',
      says: 'Throughput by pseudonyms is approximately the same with and without the defence',
      kind: 'shape',
      judge: summary => {
        const found = ratio(summary, 'throughput', 'defence', 'pseudonym');
        return found === undefined ? undefined : { found: `${found.toFixed(2)} times`, holds: found >= 0.9 };
      },
    },
    {
      section: 'A.2',
      says: 'It is only slightly lower than by HTTPS alone',
      kind: 'shape',
      judge: summary => {
        const found = ratio(summary, 'throughput', 'pseudonym', 'https');
        return found === undefined ? undefined : { found: `${found.toFixed(2)} times`, holds: found >= 0.8 };
      },
    },
  ],
  figures: [
    { name: 'latency', title: 'Latency of a page', measure: 'latency', x: 'access' },
    { name: 'throughput', title: 'Pages a second', measure: 'throughput', x: 'access' },
  ],
  open: async context => (await import('./page-world.js')).openPages(context),
};
