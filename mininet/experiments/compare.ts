import type { Spread } from '../report/statistics.js';
import type { Condition, Measure } from './experiment.js';
import { ExperimentError } from './experiment-error.js';
import { findExperiment } from './find-experiment.js';
import { conditionKey } from './parameters.js';
import type { Result } from './result.js';

export interface Difference {
  condition: Condition;
  measure: string;
  unit: string;
  before: Spread;
  after: Spread;
  /** Median after : median before; undefined where that was 0. */
  ratio: number | undefined;
  /** `same` where the two spreads overlap. */
  verdict: 'better' | 'worse' | 'other' | 'same';
}

export interface Comparison {
  experiment: string;
  differences: Difference[];
  /** Conditions that only one of the two has. */
  onlyBefore: Condition[];
  onlyAfter: Condition[];
  /** What besides the program is not the same. */
  caveats: string[];
}

/** @throws ExperimentError `not-comparable` for results of two experiments */
export function compareResults(before: Result, after: Result): Comparison {
  if (before.experiment !== after.experiment)
    throw new ExperimentError(
      'not-comparable',
      `one result is of ${before.experiment}, the other of ${after.experiment}`,
    );
  const { measures } = findExperiment(before.experiment);
  const later = new Map(after.summary.map(entry => [conditionKey(entry.condition), entry]));
  const earlier = new Set(before.summary.map(entry => conditionKey(entry.condition)));
  const differences: Difference[] = [];
  for (const { condition, measures: old } of before.summary) {
    const fresh = later.get(conditionKey(condition))?.measures;
    if (fresh === undefined) continue;
    for (const [name, measure] of Object.entries(measures)) {
      if (old[name] === undefined || fresh[name] === undefined) continue;
      differences.push(difference(condition, name, measure, old[name], fresh[name]));
    }
  }
  return {
    experiment: before.experiment,
    differences,
    onlyBefore: before.summary.map(entry => entry.condition).filter(one => !later.has(conditionKey(one))),
    onlyAfter: after.summary.map(entry => entry.condition).filter(one => !earlier.has(conditionKey(one))),
    caveats: caveatsOf(before, after),
  };
}

function difference(
  condition: Condition,
  name: string,
  { unit, better }: Measure,
  before: Spread,
  after: Spread,
): Difference {
  const overlap = before.min <= after.max && after.min <= before.max;
  const isLess = after.median < before.median;
  const changed = better === 'neither' ? 'other' : (better === 'less') === isLess ? 'better' : 'worse';
  return {
    condition,
    measure: name,
    unit,
    before,
    after,
    ratio: before.median === 0 ? undefined : after.median / before.median,
    verdict: overlap ? 'same' : changed,
  };
}

function caveatsOf(before: Result, after: Result): string[] {
  const found: string[] = [];
  const note = (what: string, a: unknown, b: unknown) => {
    if (JSON.stringify(a) !== JSON.stringify(b)) found.push(`${what}: ${text(a)} → ${text(b)}`);
  };
  note('size', before.size, after.size);
  for (const key of ['processor', 'cores', 'kernel', 'node', 'cloakflow'] as const)
    note(key, before.machine[key], after.machine[key]);
  const versions = { ...before.machine.versions, ...after.machine.versions };
  for (const name of Object.keys(versions))
    note(name, before.machine.versions[name], after.machine.versions[name]);
  note('settings', before.parameters.settings, after.parameters.settings);
  note('repetitions', made(before), made(after));
  return found;
}

const made = ({ parameters, leftOut = 0 }: Result) => parameters.repetitions - leftOut;

const text = (value: unknown) =>
  typeof value === 'object' ? JSON.stringify(value) : String(value ?? 'none');
