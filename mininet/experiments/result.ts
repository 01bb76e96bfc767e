import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { type Spread, spread } from '../report/statistics.js';
import type { Condition, Experiment, Parameters, Sample, Samples, Summary } from './experiment.js';
import { ExperimentError } from './experiment-error.js';
import { conditionKey } from './parameters.js';
import { turnKey } from './schedule.js';

const value = z.union([z.number(), z.string()]);
const condition = z.record(z.string(), value);
const numbers = z.record(z.string(), z.number());

const resultSchema = z.strictObject({
  format: z.literal('cloakflow-experiment-1'),
  experiment: z.string(),
  size: z.string(),
  /** The command that makes these figures. */
  command: z.string(),
  date: z.string(),
  /** From the start of the first repetition of the last part of the run. */
  seconds: z.number(),
  machine: z.strictObject({
    processor: z.string(),
    cores: z.number(),
    memoryGiB: z.number(),
    kernel: z.string(),
    node: z.string(),
    cloakflow: z.string(),
    versions: z.record(z.string(), z.string()),
  }),
  parameters: z.strictObject({
    axes: z.record(z.string(), z.array(value)),
    settings: numbers,
    repetitions: z.number(),
  }),
  /** Of the repetitions, those that were left out because the time of a quick run was over. */
  leftOut: z.number().optional(),
  /** Conditions that were not measured at all, for the same reason. */
  unmeasured: z.number().optional(),
  samples: z.array(z.strictObject({ condition, repetition: z.number(), values: numbers })),
  /** Figures that needed all repetitions together. */
  conclusions: z.array(z.strictObject({ condition, values: z.record(z.string(), z.array(z.number())) })),
  summary: z.array(
    z.strictObject({
      condition,
      measures: z.record(
        z.string(),
        z.strictObject({ median: z.number(), min: z.number(), max: z.number(), runs: z.number() }),
      ),
    }),
  ),
  claims: z.array(
    z.strictObject({
      section: z.string(),
      says: z.string(),
      kind: z.enum(['number', 'shape', 'ours']),
      found: z.string().optional(),
      holds: z.boolean().optional(),
      /** Why it does not hold here. */
      because: z.string().optional(),
    }),
  ),
});

export type Result = z.output<typeof resultSchema>;
export type ConditionSummary = Result['summary'][number];

export interface Conclusion {
  condition: Condition;
  values: Record<string, number[]>;
}

export function samplesOf(conditions: readonly Condition[], samples: readonly Sample[]): Samples {
  const of = (condition: Condition) => {
    const key = conditionKey(condition);
    return samples
      .filter(sample => conditionKey(sample.condition) === key)
      .sort((one, other) => one.repetition - other.repetition);
  };
  return { conditions, of };
}

/** Median and spread of every measure under every condition; of ratios too, which follow from the samples. */
export function summarise(
  declared: Experiment['measures'],
  conditions: readonly Condition[],
  samples: readonly Sample[],
  conclusions: readonly Conclusion[],
): ConditionSummary[] {
  const ratios = Object.entries(declared).flatMap(([name, { ratio }]) => (ratio ? [{ name, ...ratio }] : []));
  const byTurn = new Map(samples.map(sample => [turnKey(sample), sample]));
  return conditions.map(condition => {
    const key = conditionKey(condition);
    const values = new Map<string, number[]>();
    const add = (measure: string, more: readonly number[]) =>
      values.set(measure, [...(values.get(measure) ?? []), ...more]);
    for (const sample of samples) {
      if (conditionKey(sample.condition) !== key) continue;
      for (const [measure, one] of Object.entries(sample.values)) add(measure, [one]);
      for (const { name, of, to } of ratios) {
        const base = byTurn.get(turnKey({ ...sample, condition: { ...condition, ...to } }))?.values[of];
        if (base !== undefined && base !== 0 && sample.values[of] !== undefined)
          add(name, [sample.values[of] / base]);
      }
    }
    for (const conclusion of conclusions) {
      if (conditionKey(conclusion.condition) !== key) continue;
      for (const [measure, some] of Object.entries(conclusion.values)) add(measure, some);
    }
    const measures: Record<string, Spread> = {};
    for (const [measure, all] of values) if (all.length > 0) measures[measure] = spread(all);
    return { condition: { ...condition }, measures };
  });
}

/** What claims look figures up in. */
export function summaryOf(parameters: Parameters, summary: readonly ConditionSummary[]): Summary {
  const find = (measure: string, where: Condition): Spread | undefined => {
    const wanted = Object.entries(where);
    const found = summary.filter(({ condition }) => wanted.every(([name, one]) => condition[name] === one));
    return found.length === 1 ? found[0]!.measures[measure] : undefined;
  };
  return { parameters, find, median: (measure, where) => find(measure, where)?.median };
}

export function judge(experiment: Experiment, summary: Summary): Result['claims'] {
  return experiment.claims.map(({ section, says, kind, judge: decide, because }) => {
    const verdict = decide(summary);
    const reason = verdict?.holds === false ? because?.(summary) : undefined;
    return { section, says, kind, ...verdict, ...(reason === undefined ? {} : { because: reason }) };
  });
}

/** @throws ExperimentError `bad-result` */
export function readResult(file: string): Result {
  let raw: unknown;
  try {
    raw = JSON.parse(readFileSync(file, 'utf8'));
  } catch (cause) {
    throw new ExperimentError('bad-result', `cannot read ${file}: ${(cause as Error).message}`, {
      cause,
      mend: 'name the JSON file that `cloakflow experiment run` wrote',
    });
  }
  const parsed = resultSchema.safeParse(raw);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ExperimentError(
    'bad-result',
    `${file} is no result of an experiment: ${issue!.path.join('.') || 'the file'}: ${issue!.message}`,
    { mend: 'give a file that `cloakflow experiment run` wrote' },
  );
}
