import type { Experiment, Summary } from '../experiment.js';

const FREQUENCIES = [0, 1, 2, 4, 10, 20, 50];

/** Throughput against that without migration. */
function relative(summary: Summary, rtt: number, frequency: number): number | undefined {
  const none = summary.median('throughput', { rtt, frequency: 0 });
  const some = summary.median('throughput', { rtt, frequency });
  return none === undefined || some === undefined ? undefined : some / none;
}

function latencyClaim(rtt: number, least: number, most: number) {
  return {
    section: '4',
    says: `A migration adds at most ${most} ms with ${rtt} ms round trip (the paper: ${least} to ${most} ms, more the more frequent they are)`,
    kind: 'number' as const,
    judge: (summary: Summary) => {
      const found = summary.parameters.axes.frequency!.flatMap(frequency => {
        const added = summary.median('added', { rtt, frequency });
        return added === undefined ? [] : [added];
      });
      if (found.length === 0) return undefined;
      const [low, high] = [Math.min(...found), Math.max(...found)];
      return { found: `${low.toFixed(1)} to ${high.toFixed(1)} ms`, holds: high <= most };
    },
  };
}

export const migrationOverhead: Experiment = {
  name: 'mimiq-migration-overhead',
  title: 'Throughput and latency with migration',
  paper: 'MIMIQ',
  section: 'section 4, figure 3',
  method:
    'A client makes requests for a page of 2.7 kB, one after the other over one QUIC connection, to an unmodified server, ' +
    'and moves the connection to another address after a fixed number of packets, counted as in the paper: two a request.',
  differences: [
    'The client is cloakflow’s library (quiche) and the server Debian’s ngtcp2, instead of Chromium’s toy client and server.',
    'It hops through 250 addresses that it has already, not between two: an address lingers for packets in flight.',
    'A migration that is due while the last is still being validated is left out; how many are made is a figure of its own.',
    'It moves in the middle of requests as well, where the paper’s client could only move between them.',
  ],
  topology:
    'a client and a server on one switch, 1 Gbit/s, half the round trip as delay of the server’s link',
  needs: {
    root: true,
    tools: {
      'ovs-vswitchd': 'openvswitch-switch',
      mn: 'mininet',
      gtlsserver: 'ngtcp2-server',
      openssl: 'openssl',
    },
    native: ['delay-line'],
    memoryGiB: { smoke: 0.5, quick: 0.5, full: 0.5 },
  },
  axes: {
    rtt: {
      title: 'round trip',
      unit: 'ms',
      values: { smoke: [10], quick: [10, 50], full: [10, 20, 30, 40, 50] },
      range: [1, 1000],
    },
    frequency: {
      title: 'migrations in 100 packets',
      values: { smoke: [0, 50], quick: [0, 4, 20, 50], full: FREQUENCIES },
      range: [0, 100],
    },
  },
  settings: {
    requests: { title: 'requests', value: { smoke: 20, quick: 100, full: 1000 }, range: [1, 100_000] },
  },
  repetitions: { smoke: 1, quick: 3, full: 5 },
  fullMinutes: 110,
  measures: {
    throughput: { title: 'throughput', unit: 'kB/s', better: 'more' },
    relative: {
      title: 'throughput against none',
      unit: 'times',
      better: 'more',
      ratio: { of: 'throughput', to: { frequency: 0 } },
    },
    added: { title: 'latency added by a migration', unit: 'ms', better: 'less' },
    migrations: { title: 'migrations', unit: '', better: 'neither' },
    made: { title: 'migrations made of those due', unit: '%', better: 'more' },
    failed: { title: 'requests that failed', unit: '', better: 'less' },
  },
  claims: [
    {
      section: '4',
      says: 'With 50 ms round trip and a migration each 25 packets throughput drops by only 10 %',
      kind: 'number',
      judge: summary => {
        const ratio = relative(summary, 50, 4);
        return ratio === undefined
          ? undefined
          : { found: `by ${((1 - ratio) * 100).toFixed(1)} %`, holds: ratio >= 0.9 };
      },
    },
    latencyClaim(10, 7, 64),
    latencyClaim(50, 43, 99),
    {
      section: '4',
      says: 'More frequent migration leads to lower throughput',
      kind: 'shape',
      judge: summary => {
        const all = summary.parameters.axes.rtt!.map(rtt => relative(summary, Number(rtt), 50));
        if (all.some(ratio => ratio === undefined)) return undefined;
        const percent = all.map(ratio => `${Math.round(ratio! * 100)} %`).join(', ');
        return {
          found: `at 50 in 100 packets ${percent} of the throughput without (round trips in order)`,
          holds: all.every(ratio => ratio! < 1),
        };
      },
    },
    {
      section: '4',
      says: 'Clients migrate at different frequencies without any issues',
      kind: 'number',
      judge: summary => {
        const { rtt, frequency } = summary.parameters.axes;
        const failed = rtt!.flatMap(one =>
          frequency!.map(other => summary.find('failed', { rtt: one, frequency: other })?.max ?? 0),
        );
        const sum = failed.reduce((total, one) => total + one, 0);
        return { found: `${sum} requests failed`, holds: sum === 0 };
      },
    },
  ],
  figures: [
    {
      name: 'throughput',
      title: 'Throughput against migration frequency',
      measure: 'throughput',
      x: 'frequency',
      series: 'rtt',
    },
    {
      name: 'relative',
      title: 'Throughput against that without migration',
      measure: 'relative',
      x: 'frequency',
      series: 'rtt',
      paper: [{ label: 'paper: 50 ms, at 4 in 100', points: [[4, 0.9]] }],
    },
    {
      name: 'added',
      title: 'Latency that a migration adds',
      measure: 'added',
      x: 'frequency',
      series: 'rtt',
      paper: [
        { label: 'paper: most, 10 ms', points: [[50, 64]] },
        { label: 'paper: most, 50 ms', points: [[50, 99]] },
      ],
    },
  ],
  open: async context => (await import('./migration-world.js')).openMigration(context),
};
