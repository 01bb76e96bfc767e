import { ratioClaim } from '../claims.js';
import type { Experiment } from '../experiment.js';
import { CLOUD_NEEDS } from './accesses.js';

const KIB = 1024;
const ACCESSES = ['https', 'cookie-conntrack', 'tor'];

export const torLatency: Experiment = {
  name: 'popsicl-tor-latency',
  title: 'Download latency beside Tor',
  paper: 'PoPSiCl',
  section: 'section 6.1, figure 3a',
  method:
    'A private Tor network of six relays, three of them directory authorities, each behind a link with the delay of the ' +
    'client’s. The tenant’s site is an onion service too. A client whose circuits are built downloads objects by HTTPS, by a ' +
    'pseudonym, and from the onion service.',
  differences: [
    'The paper used the public network, whose relays are far apart and carry others’ traffic: this is Tor at its best.',
    'Tor hides the client as well, which a pseudonym does not.',
  ],
  topology: 'seven hosts behind a delay each, a router, a cloud of one switch',
  needs: {
    ...CLOUD_NEEDS,
    tools: { ...CLOUD_NEEDS.tools, tor: 'tor', 'tor-gencert': 'tor' },
    memoryGiB: { smoke: 1.5, quick: 2, full: 2 },
  },
  axes: {
    access: { title: 'access', values: { smoke: ACCESSES, quick: ACCESSES, full: ACCESSES } },
    size: {
      title: 'object',
      unit: 'B',
      values: {
        smoke: [KIB],
        quick: [KIB, 100 * KIB, 1024 * KIB],
        full: [1, 10, 100, 1024, 2048, 5120].map(kibibytes => kibibytes * KIB),
      },
      range: [1, 2 ** 30],
    },
  },
  settings: {
    rtt: { title: 'round trip', unit: 'ms', value: { smoke: 10, quick: 10, full: 10 }, range: [0, 1000] },
  },
  repetitions: { smoke: 1, quick: 5, full: 50 },
  fullMinutes: 12,
  measures: {
    latency: { title: 'latency', unit: 'ms', better: 'less' },
    relative: {
      title: 'latency against a pseudonym',
      unit: 'times',
      better: 'less',
      ratio: { of: 'latency', to: { access: 'cookie-conntrack' } },
    },
  },
  claims: [
    ratioClaim({
      section: '6.1',
      says: 'Access by a pseudonym is roughly 2.5 to 4 times more efficient than Tor: at least 2.5 times, whatever the size',
      kind: 'number',
      measure: 'latency',
      of: { access: 'tor' },
      to: { access: 'cookie-conntrack' },
      over: 'size',
      least: 2.5,
    }),
    {
      section: '6.1',
      says: 'Tor’s latency varies much more',
      kind: 'shape',
      judge: summary => {
        const size = summary.parameters.axes.size![0]!;
        const [tor, own] = ['tor', 'cookie-conntrack'].map(access =>
          summary.find('latency', { access, size }),
        );
        if (tor === undefined || own === undefined || tor.runs < 3) return undefined;
        const [one, other] = [tor.max - tor.min, own.max - own.min];
        return { found: `over ${one.toFixed(0)} ms against ${other.toFixed(0)} ms`, holds: one > other };
      },
    },
  ],
  figures: [
    {
      name: 'latency',
      title: 'Latency of a download beside Tor',
      measure: 'latency',
      x: 'size',
      series: 'access',
      xScale: 'log',
      yScale: 'log',
    },
    {
      name: 'relative',
      title: 'Latency of a download against that by a pseudonym',
      measure: 'relative',
      x: 'size',
      series: 'access',
      xScale: 'log',
      paper: [
        { label: 'paper: Tor, least', points: [[KIB, 2.5]] },
        { label: 'paper: Tor, most', points: [[KIB, 4]] },
      ],
    },
  ],
  open: async context => (await import('./tor-world.js')).openTor(context),
};
