import type { Claim, Experiment } from '../experiment.js';
import { CLOUD_NEEDS } from './accesses.js';
import { CUES, type Cue, NAMES, type NameKind } from './probe-cues.js';

const WAYS = ['cookie', 'proxy', 'address'];
/** A threshold that errs this much less often than a coin tells nothing worth a probe. */
const TOLERANCE = 0.1;
const FEWEST = 100;

/** No threshold tells these names from another's pseudonym that its owner has visited. */
function alike(name: NameKind, cue: Cue, says: string): Claim {
  return {
    section: 'beyond the paper',
    says,
    kind: 'ours',
    judge: ({ parameters, median }) => {
      const found = parameters.axes.way!.flatMap(way => {
        const area = median(`${cue}Told`, { way, name });
        return way === 'address' || area === undefined ? [] : [{ way, area }];
      });
      if (found.length === 0 || parameters.repetitions < FEWEST) return undefined;
      return {
        found: found.map(({ way, area }) => `AUC ${area.toFixed(2)} with ${way}`).join(', '),
        holds: found.every(({ area }) => Math.abs(area - 0.5) <= TOLERANCE),
      };
    },
  };
}

const told = Object.entries(CUES).map(([cue, title]) => [
  `${cue}Told`,
  { title: `told by the ${title} (AUC; 0.5: not at all)`, unit: '', better: 'neither' },
]);
const distance = Object.entries(CUES).map(([cue, title]) => [
  `${cue}Distance`,
  { title: `distance by the ${title} (Kolmogorov-Smirnov)`, unit: '', better: 'less' },
]);

export const probeTiming: Experiment = {
  name: 'popsicl-probe-timing',
  title: 'Telling names apart by the time of the answer',
  paper: 'PoPSiCl',
  section: 'beyond the paper (R4)',
  method:
    'A client with a pseudonym of its own visits other names with its own certificate, and times the first byte of each answer: ' +
    'pseudonyms of another client that she has visited, two of a kind, or not visited yet, revoked ones that she had visited, and ' +
    'names that never were. All are new in each repetition and made before the first is probed; later visits follow the first.',
  differences: [
    'The paper does not speak of time. The probe sits in the same room: no distance blurs what it measures.',
    'By `address` the SYN is answered by the tenant or by the controller, before a name is sent; that tells by itself.',
  ],
  topology: 'two clients, a router, a cloud of one switch with a tenant and a decoy',
  needs: { ...CLOUD_NEEDS, memoryGiB: { smoke: 1, quick: 1, full: 2 } },
  axes: {
    way: { title: 'way', values: { smoke: ['cookie'], quick: ['cookie', 'proxy'], full: WAYS } },
    name: { title: 'name', values: { smoke: NAMES, quick: NAMES, full: NAMES } },
  },
  settings: {
    visits: { title: 'later visits', value: { smoke: 1, quick: 5, full: 5 }, range: [1, 100] },
  },
  repetitions: { smoke: 2, quick: 300, full: 500 },
  fullMinutes: 60,
  measures: {
    connect: { title: 'TCP handshake of the first visit', unit: 'ms', better: 'neither' },
    first: { title: 'first visit', unit: 'ms', better: 'neither' },
    again: { title: 'second visit', unit: 'ms', better: 'neither' },
    median: { title: 'median of later visits', unit: 'ms', better: 'neither' },
    judged: { title: 'answer to the certificate, second visit', unit: 'ms', better: 'neither' },
    ...Object.fromEntries([...told, ...distance]),
  },
  claims: [
    alike(
      'unknown',
      'first',
      'The first answer to an unknown name comes when that to another’s pseudonym comes',
    ),
    alike('unknown', 'median', 'So do later answers'),
    alike('unknown', 'judged', 'A wrong certificate is refused there as late as at a tenant'),
    alike(
      'revoked',
      'first',
      'The first answer to a revoked name comes when that to another’s pseudonym comes',
    ),
    alike('revoked', 'median', 'So do later answers to a revoked name'),
    alike('unvisited', 'first', 'Whether a pseudonym has been visited before does not show'),
  ],
  figures: [
    {
      name: 'first',
      title: 'How well the first visit tells a name from another’s pseudonym (AUC)',
      measure: 'firstTold',
      x: 'name',
      series: 'way',
      xScale: 'category',
      yScale: 'linear',
    },
    {
      name: 'median',
      title: 'How well the median of later visits does',
      measure: 'medianTold',
      x: 'name',
      series: 'way',
      xScale: 'category',
      yScale: 'linear',
    },
  ],
  open: async context => (await import('./probe-timing-world.js')).openProbeTiming(context),
};
