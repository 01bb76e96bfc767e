import type { Experiment, Summary } from '../experiment.js';

const HEAP_MIB = 12_288;
const POWERS = [4, 6, 8, 10, 12, 14, 16, 18, 20].map(power => 2 ** power);
const least = ({ parameters }: Summary) => Number(parameters.axes.clients![0]);
const most = ({ parameters }: Summary) => Number(parameters.axes.clients!.at(-1));

/** Entries that a prefix of IPv4 needs when all of it is given out. */
const inPrefix = (length: number) => 2 ** (32 - length);

export const forwardingTable: Experiment = {
  name: 'mimiq-forwarding-table',
  title: 'Forwarding-table size against clients',
  paper: 'MIMIQ',
  section: 'section 3.3',
  method:
    'Simulated clients ask the real allocator for one address each; it states its rules on real switches. Counted are the ' +
    'entries of the edge switch that lead to clients, as the switch itself reports them: one for each address with the ' +
    'naive way (IPv4), one for each alias with the encoding (IPv6).',
  differences: [
    'Only the packets of clients are simulated: their requests are handed to the allocator in this process.',
    'Open vSwitch stands for the programmable switch of the estimate: bytes of an entry are those of ovs-vswitchd.',
  ],
  topology: 'an edge, four client-facing switches, a core between them',
  needs: {
    root: true,
    tools: { 'ovs-vswitchd': 'openvswitch-switch', mn: 'mininet' },
    native: ['delay-line'],
    memoryGiB: { smoke: 0.5, quick: 2, full: 14 },
  },
  axes: {
    encoding: {
      title: 'encoding',
      values: { smoke: ['naive', 'alias'], quick: ['naive', 'alias'], full: ['naive', 'alias'] },
    },
    clients: {
      title: 'clients',
      values: { smoke: [16, 64], quick: POWERS.slice(0, 6), full: POWERS },
      range: [1, 2 ** 20],
    },
  },
  settings: {
    switches: {
      title: 'client-facing switches',
      value: { smoke: 2, quick: 4, full: 4 },
      range: [1, 64],
    },
  },
  repetitions: { smoke: 1, quick: 2, full: 2 },
  fullMinutes: 60,
  measures: {
    entries: { title: 'entries at the edge', unit: '', better: 'less' },
    edgeBytes: { title: 'memory of the edge for each entry more', unit: 'B', better: 'less' },
    rate: { title: 'addresses given out', unit: '1/s', better: 'more' },
  },
  claims: [
    {
      section: '3.3',
      says: 'With the naive approach the table is determined by the number of clients: one entry each',
      kind: 'number',
      judge: summary => {
        const clients = most(summary);
        const entries = summary.median('entries', { encoding: 'naive', clients });
        if (entries === undefined) return undefined;
        return { found: `${text(entries)} entries for ${text(clients)} clients`, holds: entries === clients };
      },
    },
    {
      section: '3.3',
      says: 'With the encoding it is determined by the number of client-facing switches, whatever the clients',
      kind: 'number',
      judge: summary => {
        const few = summary.median('entries', { encoding: 'alias', clients: least(summary) });
        const many = summary.median('entries', { encoding: 'alias', clients: most(summary) });
        if (few === undefined || many === undefined) return undefined;
        return {
          found: `${text(few)} entries for ${text(least(summary))} clients, ${text(many)} for ${text(most(summary))}`,
          holds: few === many,
        };
      },
    },
    ...[9, 8].map(length => ({
      section: '3.3',
      says: `A switch can hold the entries of a whole IPv4 /${length} (the paper: ${length === 9 ? 'easily' : 'with certain optimizations'})`,
      kind: 'number' as const,
      judge: (summary: Summary) => {
        const bytes = summary.median('edgeBytes', { encoding: 'naive', clients: most(summary) });
        if (bytes === undefined) return undefined;
        const gib = (bytes * inPrefix(length)) / 2 ** 30;
        return {
          found: `${text(inPrefix(length))} entries; by this run's ${text(Math.round(bytes))} B each, ${gib.toFixed(1)} GiB in Open vSwitch (extrapolated)`,
          holds: gib < 32,
        };
      },
    })),
  ],
  figures: [
    {
      name: 'entries',
      title: 'Entries of the edge switch that lead to clients',
      measure: 'entries',
      x: 'clients',
      series: 'encoding',
      xScale: 'log',
      yScale: 'log',
    },
  ],
  // A million clients are more than Node lets a process keep otherwise.
  open: async context =>
    (await import('../world-in-worker.js')).openInWorker(
      { module: new URL('./forwarding-table-world.js', import.meta.url), heapMiB: HEAP_MIB },
      context,
    ),
};

const text = (value: number) => value.toLocaleString('en');
