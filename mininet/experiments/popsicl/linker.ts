import { ratioClaim } from '../claims.js';
import type { Experiment, Summary } from '../experiment.js';
import { CLOUD_NEEDS } from './accesses.js';

const KIB = 1024;
const ACCESSES = ['direct', 'linker'];
const MEBIBYTE = 1024 * KIB;
/** Mbit/s of the client's line; 0 bounds nothing. */
const LINES = [0, 20];
/** Milliseconds that 10 KiB took at least: 404 at 200 requests a second, which is less than 20 % more. */
const PAPER_10_KIB = 404 / 1.2;

/** Milliseconds that the linker adds, by the size of the object, smallest first; undefined where something was not measured. */
function added({ parameters, median }: Summary, line: number): number[] | undefined {
  const found = parameters.axes.size!.map(size => {
    const [direct, linked] = ACCESSES.map(access => median('latency', { access, size, line }));
    return direct === undefined || linked === undefined ? Number.NaN : linked - direct;
  });
  return found.some(Number.isNaN) ? undefined : found;
}

const within11 = (line: number) =>
  ratioClaim({
    section: '6.1',
    says:
      'Getting 1 MiB through the linker takes less than 11 % longer than by the pseudonym directly' +
      (line === 0 ? '' : `, over a line of ${line} Mbit/s`),
    kind: line === 0 ? 'number' : 'ours',
    measure: 'latency',
    of: { access: 'linker', size: MEBIBYTE, line },
    to: { access: 'direct', size: MEBIBYTE, line },
    below: 1.11,
  });

/** The linker's part is the same, what it is a part of is not. */
function whyMore(summary: Summary): string {
  const { rtt } = summary.parameters.settings;
  const direct = summary.median('latency', { access: 'direct', size: MEBIBYTE, line: 0 })!;
  const more = summary.median('latency', { access: 'linker', size: MEBIBYTE, line: 0 })! - direct;
  return (
    `the linker adds ${more.toFixed(0)} ms, of which the three round trips of another HTTPS connection are ${3 * rtt!}; ` +
    `but a pseudonym’s 1 MiB takes ${direct.toFixed(0)} ms here, over a line that nothing bounds, where the paper’s client ` +
    `waited ${PAPER_10_KIB.toFixed(0)} ms for 10 KiB already, of which ${more.toFixed(0)} are ${((100 * more) / PAPER_10_KIB).toFixed(0)} %.`
  );
}

export const linker: Experiment = {
  name: 'popsicl-linker',
  title: 'Latency through the linker',
  paper: 'PoPSiCl',
  section: 'section 6.1, beside figure 3a',
  method:
    'A client with pseudonyms for two tenants follows a link from one to an object of the other: through the linker, which asks ' +
    'for its own certificate and leads on to her pseudonym, or by that pseudonym at once.',
  differences: [
    'curl stands for Firefox, which the paper started anew for each access; the two requests are made one after the other.',
    'The paper’s client was in another state, and 10 KiB took it 337 ms at least; its line is not described. Here a line has a ' +
      'delay, and a rate where one is given.',
  ],
  topology: 'a client behind a delay, a router, a cloud of one switch with two tenants and a linker',
  needs: { ...CLOUD_NEEDS, memoryGiB: { smoke: 1, quick: 1, full: 1 } },
  axes: {
    access: { title: 'access', values: { smoke: ACCESSES, quick: ACCESSES, full: ACCESSES } },
    size: {
      title: 'object',
      unit: 'B',
      values: {
        smoke: [KIB],
        quick: [KIB, 100 * KIB, MEBIBYTE],
        full: [KIB, 10 * KIB, 100 * KIB, MEBIBYTE, 5 * MEBIBYTE],
      },
      range: [1, 2 ** 30],
    },
    line: {
      title: 'the client’s line (0: unbounded)',
      unit: 'Mbit/s',
      values: { smoke: [0], quick: LINES, full: LINES },
      range: [0, 10_000],
    },
  },
  settings: {
    rtt: { title: 'round trip', unit: 'ms', value: { smoke: 2, quick: 10, full: 10 }, range: [0, 1000] },
  },
  repetitions: { smoke: 1, quick: 10, full: 50 },
  fullMinutes: 3,
  measures: {
    latency: { title: 'latency', unit: 'ms', better: 'less' },
    relative: {
      title: 'latency against that without the linker',
      unit: 'times',
      better: 'less',
      ratio: { of: 'latency', to: { access: 'direct' } },
    },
  },
  claims: [
    { ...within11(0), because: whyMore },
    within11(20),
    {
      section: '6.1',
      says: 'What the linker adds does not depend on the size of the object',
      kind: 'shape',
      judge: summary => {
        const found = added(summary, 0);
        if (found === undefined || found.length < 2) return undefined;
        const [least, most] = [Math.min(...found), Math.max(...found)];
        return { found: `${least.toFixed(0)} to ${most.toFixed(0)} ms`, holds: most < 2 * least };
      },
    },
  ],
  figures: [
    {
      name: 'latency',
      title: 'Latency with and without the linker',
      measure: 'latency',
      x: 'size',
      series: 'access',
      xScale: 'log',
      yScale: 'log',
    },
    {
      name: 'relative',
      title: 'Latency against that without the linker',
      measure: 'relative',
      x: 'size',
      series: 'access',
      xScale: 'log',
      paper: [{ label: 'paper: most at 1 MiB', points: [[KIB, 1.11]] }],
    },
  ],
  open: async context => (await import('./linker-world.js')).openLinker(context),
};
