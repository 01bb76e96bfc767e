import { ratioClaim } from '../claims.js';
import type { Experiment, Summary } from '../experiment.js';
import { BROWSER_NEEDS } from './browser-cloud.js';

const ACCESSES = ['https', 'pseudonym', 'defence', 'tor'];
/** As many pages at once as a run has. */
const busiest =
  (access: string) =>
  ({ parameters }: Summary) => ({ access, parallel: parameters.axes.parallel!.at(-1)! });

function whyMore(summary: Summary): string {
  const [https, pseudonym, defence] = ['https', 'pseudonym', 'defence'].map(access =>
    summary.median('latency', { access, parallel: 1 }),
  );
  const parts =
    https !== undefined && pseudonym !== undefined && defence !== undefined
      ? ` (${(pseudonym / https).toFixed(2)} times), and the defence takes ${(defence / pseudonym).toFixed(2)} times that`
      : '';
  return (
    `A page by a pseudonym takes longer than by HTTPS already: a handoff and a client certificate for each connection${parts}: ` +
    'on six connections of HTTP/1.1 and a machine of few cores, twice as many requests, two pieces an object on average, ' +
    'take more rounds.'
  );
}

export const pageWithDefence: Experiment = {
  name: 'popsicl-page-with-defence',
  title: 'A page of thirteen objects with the traffic-analysis defence',
  paper: 'PoPSiCl',
  section: 'appendix A, figures 5a and 5b',
  method:
    'Chromium loads a page that links to thirteen objects, 474.3 KiB in all, in a fresh context each time: by HTTPS, by a ' +
    'pseudonym, by a pseudonym with the traffic-analysis defence, which fetches each object in one to three padded pieces, and from ' +
    'an onion service of a private Tor network of six relays. Latency is that of a page until all pictures are shown; throughput ' +
    'is that of pages at once.',
  differences: [
    'The site is made of styles, scripts and pictures of these sizes, not the paper’s blog; Chromium stands for Firefox and PhantomJS.',
    'Chromium, server and switch share the cores of one machine: throughput is mostly the browser’s.',
    'Load is given by pages at once, where the paper started browsers at a rate.',
    'The paper used the public Tor network, whose relays are far apart and carry others’ traffic: this is Tor at its best.',
  ],
  topology: 'a client and six relays behind a delay each, a router, a cloud of one switch',
  needs: {
    ...BROWSER_NEEDS,
    tools: { ...BROWSER_NEEDS.tools, tor: 'tor', 'tor-gencert': 'tor' },
    memoryGiB: { smoke: 1.5, quick: 2, full: 4 },
  },
  axes: {
    access: {
      title: 'access',
      values: { smoke: ['https', 'pseudonym', 'defence'], quick: ACCESSES, full: ACCESSES },
    },
    parallel: {
      title: 'pages at once',
      values: { smoke: [1, 2], quick: [1, 4], full: [1, 2, 4, 8, 16] },
      range: [1, 100],
    },
  },
  // The paper measured throughput without Tor.
  excludes: ({ access, parallel }) => access === 'tor' && Number(parallel) > 1,
  settings: {
    rtt: { title: 'round trip', unit: 'ms', value: { smoke: 0, quick: 10, full: 10 }, range: [0, 1000] },
  },
  repetitions: { smoke: 1, quick: 6, full: 20 },
  fullMinutes: 15,
  measures: {
    latency: { title: 'latency of the page', unit: 'ms', better: 'less' },
    relative: {
      title: 'latency against HTTPS',
      unit: 'times',
      better: 'less',
      ratio: { of: 'latency', to: { access: 'https' } },
    },
    throughput: { title: 'pages', unit: '1/s', better: 'more' },
  },
  claims: [
    {
      ...ratioClaim({
        section: 'A.2',
        says: 'The latency of the page with the defence is only 1.35 times that of HTTPS',
        kind: 'number',
        measure: 'latency',
        of: { access: 'defence', parallel: 1 },
        to: { access: 'https', parallel: 1 },
        most: 1.35,
      }),
      because: whyMore,
    },
    ratioClaim({
      section: 'A.2',
      says: 'By Tor it takes longer than with the defence (the paper: 6.3 times HTTPS, 4.7 times the defence)',
      kind: 'number',
      measure: 'latency',
      of: { access: 'tor', parallel: 1 },
      to: { access: 'defence', parallel: 1 },
      least: 1,
    }),
    ratioClaim({
      section: 'A.2',
      says: 'Throughput by pseudonyms is approximately the same with and without the defence: at least 0.9 times',
      kind: 'shape',
      measure: 'throughput',
      of: busiest('defence'),
      to: busiest('pseudonym'),
      least: 0.9,
    }),
    ratioClaim({
      section: 'A.2',
      says: 'It is only slightly lower than by HTTPS alone: at least 0.8 times',
      kind: 'shape',
      measure: 'throughput',
      of: busiest('pseudonym'),
      to: busiest('https'),
      least: 0.8,
    }),
  ],
  figures: [
    { name: 'latency', title: 'Latency of a page', measure: 'latency', x: 'access' },
    {
      name: 'relative',
      title: 'Latency of a page against that by HTTPS',
      measure: 'relative',
      x: 'access',
      paper: [
        {
          label: 'paper',
          points: [
            ['https', 1],
            ['defence', 1.35],
            ['tor', 6.3],
          ],
        },
      ],
    },
    { name: 'throughput', title: 'Pages a second', measure: 'throughput', x: 'parallel', series: 'access' },
  ],
  open: async context => (await import('./page-world.js')).openPages(context),
};
