import type { Experiment } from '../experiment.js';

export const MIMIQ_NEEDS = {
  root: true,
  tools: {
    'ovs-vswitchd': 'openvswitch-switch',
    mn: 'mininet',
    gtlsserver: 'ngtcp2-server',
    openssl: 'openssl',
    tcpdump: 'tcpdump',
  },
  native: ['delay-line'],
} as const;

export const feasibility: Experiment = {
  name: 'mimiq-feasibility',
  title: 'Clients that change their address while they make requests',
  paper: 'MIMIQ',
  section: 'section 4, feasibility',
  method:
    'One client and four clients at once, on hosts of their own, each with its agent, make requests to an unmodified server ' +
    'over one connection each. Addresses come from the allocator, as often as the connection moves.',
  differences: [
    'The network is that of the paper’s figure 2, with return routes and aliases, where the paper had one switch that forwards.',
    'The allocator is MIMIQ’s own, not a DHCP server with short leases.',
    'Connections move in the middle of requests too.',
  ],
  topology: 'an edge, two client-facing switches, four clients, an observer, a server behind a delay',
  needs: { ...MIMIQ_NEEDS, memoryGiB: { smoke: 0.5, quick: 1, full: 1 } },
  axes: {
    clients: { title: 'clients', values: { smoke: [1, 4], quick: [1, 4], full: [1, 4] }, range: [1, 4] },
    frequency: {
      title: 'migrations in 100 packets',
      values: { smoke: [20], quick: [0, 4, 20, 50], full: [0, 1, 2, 4, 10, 20, 50] },
      range: [0, 100],
    },
  },
  settings: {
    requests: {
      title: 'requests of each client',
      value: { smoke: 20, quick: 100, full: 1000 },
      range: [1, 100_000],
    },
    rtt: { title: 'round trip', unit: 'ms', value: { smoke: 2, quick: 10, full: 10 }, range: [0, 1000] },
  },
  repetitions: { smoke: 1, quick: 2, full: 5 },
  fullMinutes: 40,
  measures: {
    failed: { title: 'requests that failed', unit: '', better: 'less' },
    migrations: { title: 'migrations of each client', unit: '', better: 'neither' },
    rate: { title: 'requests of each client', unit: '1/s', better: 'more' },
  },
  claims: ([1, 4] as const).map(clients => ({
    section: '4',
    says: `${clients === 1 ? 'A client' : 'Four clients'} can migrate at different frequencies without any issues`,
    kind: 'number',
    judge: summary => {
      const found = summary.parameters.axes.frequency!.map(frequency => ({
        failed: summary.find('failed', { clients, frequency })?.max,
        migrations: summary.find('migrations', { clients, frequency })?.median ?? 0,
      }));
      if (found.some(({ failed }) => failed === undefined)) return undefined;
      const failed = found.reduce((sum, one) => sum + one.failed!, 0);
      const most = Math.max(...found.map(one => one.migrations));
      return {
        found: `${failed} requests failed, up to ${most.toFixed(0)} migrations in a run`,
        holds: failed === 0,
      };
    },
  })),
  figures: [
    {
      name: 'rate',
      title: 'Requests of each client against migration frequency',
      measure: 'rate',
      x: 'frequency',
      series: 'clients',
    },
  ],
  open: async context => (await import('./feasibility-world.js')).openFeasibility(context),
};
