import type { Experiment } from '../experiment.js';
import { MIMIQ_NEEDS } from './feasibility.js';

const STRATEGIES = ['one-address', 'never', 'once:5', 'once:10', 'once:30', 'every:10'];

export const censor: Experiment = {
  name: 'mimiq-censor',
  title: 'A censor that looks at the first thirty packets',
  paper: 'MIMIQ',
  section: 'section 5',
  method:
    'A censor outside the network follows every flow that begins with a QUIC handshake; when it has seen thirty packets of it, it ' +
    'knows the application and blocks the client’s address, both ways. A client loads a large object by different strategies.',
  differences: [
    'The censor needs no classifier: it takes every QUIC connection for one of the application that it blocks.',
    '`one-address` is a client that has no other; `never` one that could migrate and does not by itself, only when it hears nothing.',
    'It knows flows that begin in the middle of a connection for nothing, as the attacks of the paper do.',
  ],
  topology: 'an edge, a client-facing switch, a client with its agent, a censor, a server behind a delay',
  needs: {
    ...MIMIQ_NEEDS,
    tools: { ...MIMIQ_NEEDS.tools, nft: 'nftables' },
    memoryGiB: { smoke: 0.5, quick: 0.5, full: 0.5 },
  },
  axes: {
    strategy: {
      title: 'strategy',
      values: { smoke: ['one-address', 'once:5'], quick: STRATEGIES, full: STRATEGIES },
      choices: [...STRATEGIES, 'once:3', 'once:20', 'every:25', 'random:5-15'],
    },
  },
  settings: {
    bytes: {
      title: 'object',
      unit: 'B',
      value: { smoke: 300_000, quick: 500_000, full: 2_000_000 },
      range: [1000, 2 ** 30],
    },
    packets: {
      title: 'packets that the censor looks at',
      value: { smoke: 30, quick: 30, full: 30 },
      range: [1, 10_000],
    },
    patience: {
      title: 'time after which a load is given up',
      unit: 's',
      value: { smoke: 3, quick: 4, full: 10 },
      range: [1, 600],
    },
    rtt: { title: 'round trip', unit: 'ms', value: { smoke: 10, quick: 20, full: 20 }, range: [0, 1000] },
  },
  repetitions: { smoke: 1, quick: 4, full: 20 },
  fullMinutes: 10,
  measures: {
    received: { title: 'of the object', unit: '%', better: 'more' },
    time: { title: 'time', unit: 'ms', better: 'less' },
    blocked: { title: 'addresses blocked', unit: '', better: 'neither' },
    migrations: { title: 'migrations', unit: '', better: 'neither' },
  },
  claims: [
    {
      section: '5',
      says: 'The client only needs to migrate once: by the time that its address is blocked it has another, and goes on normally',
      kind: 'number',
      judge: summary => {
        const found = summary.parameters.axes.strategy!.flatMap(strategy => {
          const received = summary.median('received', { strategy });
          return received === undefined || !String(strategy).startsWith('once')
            ? []
            : [{ strategy, received }];
        });
        if (found.length === 0) return undefined;
        return {
          found: found.map(({ strategy, received }) => `${strategy}: ${received.toFixed(0)} %`).join(', '),
          holds: found.some(({ received }) => received === 100),
        };
      },
    },
    {
      section: '5',
      says: 'Without another address the censor’s block ends the connection',
      kind: 'number',
      judge: summary => {
        const received = summary.median('received', { strategy: 'one-address' });
        return received === undefined
          ? undefined
          : { found: `${received.toFixed(0)} % received`, holds: received < 100 };
      },
    },
  ],
  figures: [
    { name: 'received', title: 'Share of the object that arrives', measure: 'received', x: 'strategy' },
  ],
  open: async context => (await import('./censor-world.js')).openCensor(context),
};
