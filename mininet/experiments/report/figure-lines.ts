import type { Axis, Condition, Experiment, Figure, Value } from '../experiment.js';
import type { ConditionSummary, Result } from '../result.js';
import type { Line, LineChartOptions } from './line-chart.js';

/** A figure's chart from a result; undefined when the result has no point of it. */
export function figureChart(
  experiment: Experiment,
  figure: Figure,
  result: Result,
): LineChartOptions | undefined {
  const { axes } = result.parameters;
  const fixed = fixedValues(figure, axes);
  const own = result.summary.filter(
    ({ condition, measures }) =>
      measures[figure.measure] !== undefined &&
      Object.entries(fixed).every(([name, value]) => condition[name] === value),
  );
  if (own.length === 0) return undefined;
  const groups = figure.series === undefined ? [undefined] : axes[figure.series]!;
  const xs = axes[figure.x]!;
  const lines = groups
    .map(group => lineOf(experiment, figure, own, group))
    .filter(line => line.points.length > 0);
  for (const paper of figure.paper ?? []) {
    const points =
      paper.points.length === 1
        ? [xs[0]!, xs.at(-1)!].map(x => ({ x, y: paper.points[0]![1] }))
        : paper.points.map(([x, y]) => ({ x, y }));
    lines.push({ label: paper.label, points, isPaper: true });
  }
  const axis = experiment.axes[figure.x]!;
  const measure = experiment.measures[figure.measure]!;
  return {
    title: figure.title,
    x: {
      title: titled(axis),
      scale: figure.xScale ?? (typeof xs[0] === 'string' ? 'category' : 'linear'),
      values: xs,
    },
    y: { title: titled(measure), scale: figure.yScale ?? 'linear' },
    lines,
  };
}

/** The axes that the figure does not show: what it fixes, else their first values. */
function fixedValues(figure: Figure, axes: Result['parameters']['axes']): Condition {
  const fixed: Record<string, Value> = {};
  for (const [name, values] of Object.entries(axes)) {
    if (name === figure.x || name === figure.series) continue;
    fixed[name] = figure.where?.[name] ?? values[0]!;
  }
  return fixed;
}

function lineOf(
  experiment: Experiment,
  figure: Figure,
  own: readonly ConditionSummary[],
  group: Value | undefined,
): Line {
  const points = own
    .filter(({ condition }) => group === undefined || condition[figure.series!] === group)
    .map(({ condition, measures }) => {
      const { median, min, max } = measures[figure.measure]!;
      return { x: condition[figure.x]!, y: median, low: min, high: max };
    });
  return { label: groupLabel(experiment, figure, group), points };
}

function groupLabel(experiment: Experiment, figure: Figure, group: Value | undefined): string {
  if (group === undefined) return experiment.measures[figure.measure]!.title;
  const { title, unit = '' } = experiment.axes[figure.series!]!;
  return typeof group === 'string' ? group : `${title}: ${group.toLocaleString('en')} ${unit}`.trim();
}

export function titled({ title, unit }: Pick<Axis, 'title' | 'unit'>): string {
  return unit === undefined || unit === '' ? title : `${title} (${unit})`;
}
