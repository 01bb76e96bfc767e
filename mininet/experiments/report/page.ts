import { figure as digits, markdownTable, spreadText, type Table } from '../../report/figures.js';
import type { Spread } from '../../report/statistics.js';
import type { Experiment } from '../experiment.js';
import type { Result } from '../result.js';
import { titled } from './figure-lines.js';

const KINDS = {
  number: 'number in the text',
  shape: 'shape of a plot',
  ours: 'not in the paper',
} as const;

/** The page of a result; every figure in it comes from the result. `charts` are the names of its SVG files. */
export function resultPage(experiment: Experiment, result: Result, charts: readonly string[]): string {
  const { paper, section, title, method, differences } = experiment;
  const size = result.size === 'full' ? '' : ` It is of the size \`${result.size}\`, not the paper's.`;
  return [
    `# ${title}\n\n`,
    `${paper}, ${section}. Written by \`cloakflow experiment report\` from [${result.experiment}.json](${result.experiment}.json), `,
    `which \`${result.command}\` made on ${result.date} in ${duration(result.seconds)}.${size} Figures are medians, with the `,
    'smallest and the largest of all repetitions behind them.\n\n',
    `${method}\n`,
    ...charts.map(
      name =>
        `\n![${experiment.figures.find(one => one.name === name)!.title}](${result.experiment}-${name}.svg)\n`,
    ),
    '\n## What the paper says, and what this run found\n\n',
    claimsTable(result),
    reasons(result),
    differences.length === 0
      ? ''
      : `\nNot as in the paper:\n\n${differences.map(text => `- ${text}\n`).join('')}`,
    '\n## Figures\n\n',
    markdownTable(figuresTable(experiment, result)),
    parametersText(experiment, result),
    '\n## Machine\n\n',
    machineText(result),
  ].join('');
}

/** Conditions below one another, measures beside one another. */
export function figuresTable(experiment: Experiment, result: Result): Table {
  const measures = Object.entries(experiment.measures).filter(([name]) =>
    result.summary.some(entry => entry.measures[name] !== undefined),
  );
  const axes = Object.keys(result.parameters.axes);
  return {
    titles: [
      ...axes.map(name => titled(experiment.axes[name]!)),
      ...measures.map(([, { title, unit }]) => (unit === '' ? title : `${title} (${unit})`)),
    ],
    rows: result.summary
      .filter(({ measures: own }) => Object.keys(own).length > 0)
      .map(({ condition, measures: own }) => [
        ...axes.map(name => cell(condition[name]!)),
        ...measures.map(([name, { unit }]) => (own[name] === undefined ? '–' : measured(own[name], unit))),
      ]),
  };
}

/** Counts are exact. */
function measured(spread: Spread, unit: string): string {
  const { median, min, max } = spread;
  if (unit !== '' || ![median, min, max].every(Number.isInteger)) return spreadText(spread);
  return min === max ? cell(median) : `${cell(median)} (${cell(min)}–${cell(max)})`;
}

function claimsTable({ claims }: Result): string {
  return markdownTable({
    titles: ['What', 'Where', 'Source', 'Found', ''],
    rows: claims.map(({ section, says, kind, found, holds }) => [
      says,
      section,
      KINDS[kind],
      found ?? 'not in this run',
      holds === undefined ? '' : holds ? 'holds' : '**does not hold**',
    ]),
  });
}

function reasons({ claims }: Result): string {
  const given = claims.flatMap(({ says, because }) =>
    because === undefined ? [] : [`- ${says}: ${because}\n`],
  );
  return given.length === 0 ? '' : `\nWhy what does not hold does not:\n\n${given.join('')}`;
}

function parametersText({ settings = {} }: Experiment, result: Result): string {
  const { parameters, leftOut = 0, unmeasured = 0 } = result;
  const texts = Object.entries(parameters.settings).map(([name, value]) =>
    `${settings[name]?.title ?? name}: ${cell(value)} ${settings[name]?.unit ?? ''}`.trim(),
  );
  const { repetitions } = parameters;
  const made =
    leftOut === 0
      ? `${repetitions}`
      : `${repetitions - leftOut} of ${repetitions}, since the time of a quick run was over`;
  const conditions =
    unmeasured === 0
      ? []
      : [
          `conditions: ${result.summary.length - unmeasured} of ${result.summary.length}, for the same reason`,
        ];
  return `\n${[...texts, `repetitions: ${made}`, ...conditions].join('; ')}.\n`;
}

function machineText({ machine }: Result): string {
  const versions = Object.entries(machine.versions).map(([name, version]) => `${name}: ${version}`);
  return (
    `${machine.processor}, ${machine.cores} cores, ${machine.memoryGiB} GiB, Linux ${machine.kernel}; ` +
    `cloakflow ${machine.cloakflow}, Node ${machine.node}; ${versions.join('; ')}.\n`
  );
}

/** `2 min 5 s`. */
export function duration(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${seconds} s` : `${minutes} min ${seconds % 60} s`;
}

const cell = (value: number | string) => (typeof value === 'number' ? value.toLocaleString('en') : value);

/** One line a result, for the list of all. */
export function indexPage(entries: readonly { experiment: Experiment; result: Result }[]): string {
  const held = ({ claims }: Result) => claims.filter(({ holds }) => holds === true).length;
  const judged = ({ claims }: Result) => claims.filter(({ holds }) => holds !== undefined).length;
  return `# Results of the experiments

Written by \`cloakflow experiment report\` from the JSON files beside it. \`cloakflow experiment list\` says what there is,
\`cloakflow experiment run NAME\` makes a result.

${markdownTable({
  titles: ['Experiment', 'Paper', 'Size', 'Date', 'Claims that hold'],
  rows: entries.map(({ experiment, result }) => [
    `[${experiment.title}](${experiment.name}.md)`,
    `${experiment.paper}, ${experiment.section}`,
    result.size,
    result.date,
    `${digits(held(result))} of ${digits(judged(result))}`,
  ]),
})}`;
}
