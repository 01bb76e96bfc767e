import { experiments } from '../../../mininet/experiments/catalogue.js';
import type { Experiment } from '../../../mininet/experiments/experiment.js';
import { SIZES } from '../../../mininet/experiments/experiment.js';
import { findExperiment } from '../../../mininet/experiments/find-experiment.js';
import { minutesText } from '../../../mininet/experiments/pace.js';
import { conditionsOf, parametersOf } from '../../../mininet/experiments/parameters.js';
import { type Invocation, write, writeJson } from '../invocation.js';
import { paletteFor } from '../palette.js';
import { formatTable } from '../table.js';

export async function listExperiments(
  name: string | undefined,
  options: { json?: boolean },
  invocation: Invocation,
): Promise<void> {
  const palette = paletteFor(invocation.stdout, invocation.env);
  if (name !== undefined) {
    const experiment = findExperiment(name);
    if (options.json) return writeJson(invocation, described(experiment));
    return write(invocation.stdout, experimentText(experiment));
  }
  if (options.json) return writeJson(invocation, experiments.map(described));
  const columns = [
    { title: 'name', value: (experiment: Experiment) => experiment.name },
    { title: 'paper', value: ({ paper, section }: Experiment) => `${paper} ${section}` },
    { title: 'what', value: (experiment: Experiment) => experiment.title },
  ];
  await write(invocation.stdout, formatTable(columns, experiments, palette));
}

/** What of an experiment is data. */
function described(experiment: Experiment): object {
  const {
    name,
    title,
    paper,
    section,
    method,
    differences,
    topology,
    needs,
    axes,
    settings = {},
  } = experiment;
  return {
    ...{ name, title, paper, section, method, differences, topology, needs, axes, settings },
    repetitions: experiment.repetitions,
    fullMinutes: experiment.fullMinutes,
    measures: experiment.measures,
    claims: experiment.claims.map(({ section: where, says, kind }) => ({ section: where, says, kind })),
  };
}

function experimentText(experiment: Experiment): string {
  const { axes, settings = {}, measures, claims, repetitions } = experiment;
  const unit = (one: { unit?: string }) => (one.unit === undefined ? '' : ` (${one.unit})`);
  const bySize = (show: (size: (typeof SIZES)[number]) => string) =>
    SIZES.map(size => `      ${size.padEnd(6)} ${show(size)}\n`).join('');
  const parameters = [
    ...Object.entries(axes).map(
      ([name, axis]) =>
        `  ${name}: ${axis.title}${unit(axis)}\n${bySize(size => axis.values[size].join(', '))}`,
    ),
    ...Object.entries(settings).map(
      ([name, one]) => `  ${name}: ${one.title}${unit(one)}\n${bySize(size => String(one.value[size]))}`,
    ),
    `  repetitions: of every condition\n${bySize(size => `${repetitions[size]}, ${conditions(experiment, size)} conditions`)}`,
  ];
  return [
    `${experiment.title}  (${experiment.paper}, ${experiment.section})\n\n${experiment.method}\n`,
    `\nNetwork: ${experiment.topology}\n`,
    `\n--full takes about ${minutesText(experiment.fullMinutes)} and ${experiment.needs.memoryGiB?.full ?? 0} GiB of memory.\n`,
    `\nParameters, for --set NAME=VALUE:\n${parameters.join('')}`,
    `\nMeasured:\n${Object.entries(measures)
      .map(([name, one]) => `  ${name}: ${one.title}${one.unit === '' ? '' : ` (${one.unit})`}\n`)
      .join('')}`,
    `\nClaims:\n${claims.map(({ section, says }) => `  - ${says} (${section})\n`).join('')}`,
    experiment.differences.length === 0
      ? ''
      : `\nNot as in the paper:\n${experiment.differences.map(text => `  - ${text}\n`).join('')}`,
  ].join('');
}

function conditions(experiment: Experiment, size: (typeof SIZES)[number]): number {
  return conditionsOf(experiment, parametersOf(experiment, size)).length;
}
