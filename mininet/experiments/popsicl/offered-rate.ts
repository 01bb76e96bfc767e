import type { Experiment, Summary } from '../experiment.js';
import { CLOUD_NEEDS } from './accesses.js';

const ACCESSES = ['https', 'client-certificate', 'cookie-conntrack', 'cookie-flows', 'address'];
const RATES = [50, 100, 150, 200, 250, 300, 350, 400, 450, 500, 550, 600, 800, 1000, 1500, 2000];
/** The paper's maxima, in responses a second. */
const PAPER = { https: 490.5, 'client-certificate': 450.9, pseudonym: 325.8 };

function most(summary: Summary, access: string): number | undefined {
  const all = summary.parameters.axes.rate!.flatMap(
    rate => summary.median('responses', { access, rate }) ?? [],
  );
  return all.length === 0 ? undefined : Math.max(...all);
}

const WHY: Readonly<Record<string, (summary: Summary) => string>> = {
  'client-certificate': () =>
    'Each handshake has a signature more, and certificates to check. Client and server do that on the cores that everything else ' +
    'needs, too, where the paper’s clients had machines of their own.',
  'cookie-flows': summary => {
    const tracked = most(summary, 'cookie-conntrack');
    const comparison =
      tracked === undefined ? '' : ` By connection tracking it was ${tracked.toFixed(0)} responses/s.`;
    return (
      'Open vSwitch gets two rules for each connection, looks at its datapath anew after every change of them, and removes those of ' +
      `connections that are over, on cores that client and server need.${comparison}`
    );
  },
};

function maximum(access: string, paper: number, base: string, basePaper: number) {
  const because = WHY[access];
  return {
    ...(because && { because }),
    section: '6.1',
    says: `The most that ${access} gives is at least ${Math.round((100 * paper) / basePaper)} % of ${base} (the paper: ${paper} of ${basePaper} responses/s)`,
    kind: 'number' as const,
    judge: (summary: Summary) => {
      const [own, other] = [most(summary, access), most(summary, base)];
      if (own === undefined || other === undefined) return undefined;
      return {
        found: `${own.toFixed(0)} of ${other.toFixed(0)} responses/s: ${((100 * own) / other).toFixed(0)} %`,
        holds: own / other >= paper / basePaper,
      };
    },
  };
}

export const offeredRate: Experiment = {
  name: 'popsicl-throughput',
  title: 'Throughput against the offered rate',
  paper: 'PoPSiCl',
  section: 'section 6.1, figure 3b',
  method:
    'A client begins connections at a rate, with one request for 1 KiB in each and a full TLS handshake before it; counted are ' +
    'the responses a second until the last one.',
  differences: [
    'The load tool is curl (`--rate`, ten a second in each of many processes): httperf has no client certificates.',
    'Clients, switch, controller and server share the cores of one machine: its limit is that of all of them together.',
  ],
  topology: 'a client, a router, a cloud of one switch',
  needs: { ...CLOUD_NEEDS, memoryGiB: { smoke: 1, quick: 1, full: 2 } },
  axes: {
    access: {
      title: 'access',
      values: {
        smoke: ['https', 'cookie-conntrack'],
        quick: ['https', 'client-certificate', 'cookie-conntrack', 'cookie-flows'],
        full: ACCESSES,
      },
    },
    rate: {
      title: 'offered',
      unit: '1/s',
      values: { smoke: [20], quick: [100, 300, 600], full: RATES },
      range: [1, 2000],
    },
  },
  settings: {
    seconds: {
      title: 'time in which they are begun',
      unit: 's',
      value: { smoke: 1, quick: 2, full: 5 },
      range: [1, 600],
    },
  },
  repetitions: { smoke: 1, quick: 2, full: 10 },
  fullMinutes: 150,
  measures: {
    responses: { title: 'responses', unit: '1/s', better: 'more' },
    latency: { title: 'median latency', unit: 'ms', better: 'less' },
    failed: { title: 'failed', unit: '%', better: 'less' },
  },
  claims: [
    maximum('client-certificate', PAPER['client-certificate'], 'https', PAPER.https),
    ...['cookie-conntrack', 'cookie-flows', 'address'].flatMap(access => [
      maximum(access, PAPER.pseudonym, 'https', PAPER.https),
      maximum(access, PAPER.pseudonym, 'client-certificate', PAPER['client-certificate']),
    ]),
  ],
  figures: [
    {
      name: 'responses',
      title: 'Responses against the offered rate',
      measure: 'responses',
      x: 'rate',
      series: 'access',
      paper: [
        { label: 'paper: most by HTTPS', points: [[0, PAPER.https]] },
        { label: 'paper: most by pseudonym', points: [[0, PAPER.pseudonym]] },
      ],
    },
  ],
  open: async context => (await import('./rate-world.js')).openRates(context),
};
