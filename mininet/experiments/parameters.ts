import type { Axis, Condition, Experiment, Parameters, Setting, Size, Value } from './experiment.js';
import { ExperimentError } from './experiment-error.js';

const MAX_REPETITIONS = 10_000;
const MAX_CONDITIONS = 10_000;

/**
 * The parameters of a run: those of `size`, with `sets` (`NAME=VALUE`, an axis takes several values with commas) in
 * their place.
 *
 * @throws ExperimentError `unknown-parameter`, `bad-parameter`
 */
export function parametersOf(experiment: Experiment, size: Size, sets: readonly string[] = []): Parameters {
  const { axes, settings = {} } = experiment;
  const chosen = {
    axes: mapValues(axes, axis => axis.values[size]),
    settings: mapValues(settings, setting => setting.value[size]),
    repetitions: experiment.repetitions[size],
  };
  for (const text of sets) {
    const [, name, value] = /^([^=]+)=(.+)$/s.exec(text) ?? [];
    if (name === undefined || value === undefined)
      throw new ExperimentError('bad-parameter', `'${text}' is not NAME=VALUE`, { mend: names(experiment) });
    if (name === 'repetitions') chosen.repetitions = integer(name, value, [1, MAX_REPETITIONS]);
    else if (Object.hasOwn(axes, name)) chosen.axes[name] = axisValues(name, axes[name]!, value);
    else if (Object.hasOwn(settings, name))
      chosen.settings[name] = settingValue(name, settings[name]!, value);
    else {
      throw new ExperimentError('unknown-parameter', `${experiment.name} has no parameter '${name}'`, {
        mend: names(experiment),
      });
    }
  }
  return chosen;
}

/** Every combination of the axes' values, the first axis slowest. @throws ExperimentError `bad-parameter` */
export function conditionsOf(experiment: Experiment, { axes }: Parameters): Condition[] {
  let all: Condition[] = [{}];
  for (const [name, values] of Object.entries(axes)) {
    all = all.flatMap(condition => values.map(value => ({ ...condition, [name]: value })));
    if (all.length > MAX_CONDITIONS)
      throw new ExperimentError('bad-parameter', `these values make more than ${MAX_CONDITIONS} conditions`);
  }
  const kept = all.filter(condition => !experiment.excludes?.(condition));
  if (kept.length === 0)
    throw new ExperimentError('bad-parameter', 'no combination of these values makes sense');
  return kept;
}

/** `https, size 1,024`: a condition as people read it. */
export function conditionText(condition: Condition): string {
  return Object.entries(condition)
    .map(([name, value]) => (typeof value === 'number' ? `${name} ${value.toLocaleString('en')}` : value))
    .join(', ');
}

export function conditionKey(condition: Condition): string {
  return Object.entries(condition)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');
}

function axisValues(name: string, axis: Axis, text: string): Value[] {
  const words = text.split(',');
  const isText = typeof axis.values.full[0] === 'string';
  const values: Value[] = isText ? words : words.map(word => integer(name, word, axis.range ?? [0, 2 ** 32]));
  if (new Set(values).size < values.length)
    throw new ExperimentError('bad-parameter', `${name}: a value is there twice`);
  const choices = (axis.choices ?? axis.values.full) as readonly Value[];
  const unknown = isText ? values.find(value => !choices.includes(value)) : undefined;
  if (unknown !== undefined)
    throw new ExperimentError('bad-parameter', `${name}: there is no '${unknown}'`, {
      mend: `take some of ${choices.join(', ')}`,
    });
  return values;
}

function settingValue(name: string, { range: [least, most] }: Setting, text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new ExperimentError('bad-parameter', `${name}: '${text}' is no number from ${least} to ${most}`);
}

function integer(name: string, text: string, [least, most]: readonly [number, number]): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (value >= least && value <= most) return value;
  throw new ExperimentError(
    'bad-parameter',
    `${name}: '${text}' is no whole number from ${least} to ${most}`,
  );
}

function names({ axes, settings = {} }: Experiment): string {
  return `the parameters are ${[...Object.keys(axes), ...Object.keys(settings), 'repetitions'].join(', ')}`;
}

function mapValues<T, U>(record: Readonly<Record<string, T>>, change: (value: T) => U): Record<string, U> {
  return Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));
}
