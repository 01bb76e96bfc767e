import { setMaxListeners } from 'node:events';
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cleanLeftovers } from '../driver/index.js';
import { describeMachine } from '../report/machine.js';
import type { Condition, Experiment, Parameters, Size, World } from './experiment.js';
import { ExperimentError } from './experiment-error.js';
import { outputFolder } from './output-folder.js';
import { minutesText, Pace } from './pace.js';
import { conditionsOf, conditionText, parametersOf } from './parameters.js';
import { checkRequirements } from './requirements.js';
import { type Conclusion, judge, type Result, samplesOf, summarise, summaryOf } from './result.js';
import { lockRun } from './run-lock.js';
import { RunState } from './run-state.js';
import { schedule, turnKey } from './schedule.js';
import { makeScratch, removeAbandonedScratch, removeScratch } from './scratch.js';

export interface RunOptions {
  size: Size;
  /** `NAME=VALUE`. */
  sets?: readonly string[];
  /** Folder of the result; made when it is not there. */
  output: string;
  /** Throws an unfinished run away instead of going on with it. */
  fresh?: boolean;
  /** Seconds that a quick run may take, evaluation and end included. */
  quickSeconds?: number;
  /** Milliseconds, as `performance.now` has them. */
  clock?: () => number;
  signal?: AbortSignal;
  progress?: (text: string) => void;
}

export interface Finished {
  file: string;
  result: Result;
  /** Repetitions that an earlier, interrupted run had made. */
  kept: number;
}

/** What a run would do, without doing it. @throws ExperimentError `unknown-parameter`, `bad-parameter` */
export function planOf(experiment: Experiment, size: Size, sets: readonly string[] = []) {
  const parameters = parametersOf(experiment, size, sets);
  return { parameters, conditions: conditionsOf(experiment, parameters) };
}

/**
 * Runs an experiment and writes NAME-SIZE.json to the output folder, whole or not at all. Until then every finished
 * repetition is in NAME-SIZE.jsonl, from which a later call goes on.
 *
 * @throws ExperimentError before anything starts: `unknown-parameter`, `bad-parameter`, `not-root`, `tool-missing`,
 *   `too-little-memory`, `output-unusable`, `run-in-progress`, `other-run`; later `measurement-failed`, `interrupted`, and EmulationError
 */
export async function runExperiment(experiment: Experiment, options: RunOptions): Promise<Finished> {
  const { size, sets = [], fresh = false, signal = new AbortController().signal } = options;
  // Experiments wait in very many places at once.
  setMaxListeners(0, signal);
  const { parameters, conditions } = planOf(experiment, size, sets);
  checkRequirements(experiment, size);
  const machine = describeMachine({
    'Open vSwitch': ['ovs-vswitchd', '--version'],
    ...Object.fromEntries(VERSIONED.filter(([tool]) => tool in (experiment.needs.tools ?? {}))),
  });
  const folder = outputFolder(options.output);
  const base = join(folder, `${experiment.name}-${size}`);
  await using _lock = await lockRun(base);
  await removeWhatKilledRunsLeft(experiment, options);
  if (fresh) for (const end of ['.jsonl', '.files']) rmSync(base + end, { recursive: true, force: true });
  const state = new RunState(`${base}.jsonl`, {
    experiment: experiment.name,
    size,
    parameters,
    cloakflow: machine.cloakflow,
    processor: machine.processor,
  });
  if (size === 'full') options.progress?.(`the paper's size: about ${minutesText(experiment.fullMinutes)}`);
  const began = performance.now();
  const kept = state.samples.length;
  try {
    const { conclusions, leftOut, unmeasured } = await measure(
      experiment,
      { parameters, conditions },
      state,
      base,
      options,
    );
    const summary = summarise(experiment.measures, conditions, state.samples, conclusions);
    const result: Result = {
      format: 'cloakflow-experiment-1',
      experiment: experiment.name,
      size,
      command: [
        'cloakflow experiment run',
        experiment.name,
        `--${size}`,
        ...sets.map(set => `--set ${set}`),
      ].join(' '),
      date: new Date().toISOString().slice(0, 10),
      seconds: Math.round((performance.now() - began) / 1000),
      machine,
      parameters: parameters as Result['parameters'],
      ...(leftOut > 0 ? { leftOut } : {}),
      ...(unmeasured > 0 ? { unmeasured } : {}),
      samples: state.samples as Result['samples'],
      conclusions,
      summary,
      claims: judge(experiment, summaryOf(parameters, summary)),
    };
    const file = `${base}.json`;
    writeFileSync(`${file}.part`, `${JSON.stringify(result, null, 1)}\n`);
    renameSync(`${file}.part`, file);
    rmSync(`${base}.jsonl`);
    return { file, result, kept };
  } catch (error) {
    if (signal.aborted)
      throw new ExperimentError(
        'interrupted',
        `${experiment.name} was interrupted after ${state.samples.length} of ${conditions.length * parameters.repetitions} repetitions`,
        { mend: 'the same command goes on from there', cause: error },
      );
    throw error;
  } finally {
    state.close();
  }
}

/** Networks, processes and folders of runs that had no time to remove them. */
async function removeWhatKilledRunsLeft({ needs }: Experiment, { progress }: RunOptions): Promise<void> {
  const networks = needs.root ? (await cleanLeftovers()).removed.length : 0;
  const folders = await removeAbandonedScratch();
  if (networks + folders > 0)
    progress?.(`removed what killed runs had left: networks: ${networks}, folders: ${folders}`);
}

const VERSIONED: readonly (readonly [string, string[]])[] = [
  ['nginx', ['nginx', '-v']],
  ['curl', ['curl', '--version']],
  ['tor', ['tor', '--version']],
  ['chromium', ['chromium', '--version']],
  ['gtlsserver', ['dpkg-query', '-W', '-f', `$\{Version}`, 'ngtcp2-server']],
];

/** Of a quick run; and those of it that stay for what comes after the last repetition, where the experiment says nothing. */
const QUICK_SECONDS = 120;
const QUICK_REST = 12;

type Plan = { parameters: Parameters; conditions: readonly Condition[] };

async function measure(
  experiment: Experiment,
  { parameters, conditions }: Plan,
  state: RunState,
  base: string,
  options: RunOptions,
): Promise<{ conclusions: Conclusion[]; leftOut: number; unmeasured: number }> {
  const { size, sets = [], quickSeconds = QUICK_SECONDS, clock } = options;
  const { signal = new AbortController().signal, progress = () => {} } = options;
  const done = new Set(state.samples.map(turnKey));
  const scratch = makeScratch();
  const artefacts = () => {
    mkdirSync(`${base}.files`, { recursive: true });
    return `${base}.files`;
  };
  const total = conditions.length * parameters.repetitions;
  const { repetitions } = parameters;
  const isBounded = size === 'quick' && !sets.some(set => set.startsWith('repetitions='));
  const { quickRest = QUICK_REST } = experiment;
  const seconds = isBounded ? quickSeconds - quickRest : Number.POSITIVE_INFINITY;
  const pace = new Pace(seconds, conditions.length, clock);
  let leftOut = 0;
  let unmeasured = 0;
  let world: World | undefined;
  try {
    progress('setting up');
    signal.throwIfAborted();
    world = await experiment.open({ parameters, conditions, signal, scratch, artefacts, progress });
    for (const turn of schedule(conditions, repetitions)) {
      if (done.has(turnKey(turn))) continue;
      signal.throwIfAborted();
      const { condition, repetition } = turn;
      const made = state.samples.length;
      if (repetition > 0 && made === repetition * conditions.length && !pace.hasTime()) {
        leftOut = repetitions - repetition;
        break;
      }
      // Something is always measured; of the first repetition, what the time allows.
      if (repetition === 0 && made > 0 && !pace.hasTime(1)) {
        leftOut = repetitions - 1;
        unmeasured = conditions.length - made;
        break;
      }
      const left = pace.textOfLeft(total - state.samples.length);
      progress(`${state.samples.length + 1}/${total}${left}  ${conditionText(condition)}`);
      const values = await world.measure(condition, repetition);
      signal.throwIfAborted();
      checkValues(experiment, condition, values);
      state.append({ condition, repetition, values });
      pace.count();
    }
    if (world.conclude === undefined) return { conclusions: [], leftOut, unmeasured };
    progress('evaluating');
    const concluded = await world.conclude(samplesOf(conditions, state.samples));
    const conclusions = concluded.map((values, index) => ({
      condition: { ...conditions[index]! },
      values: values as Record<string, number[]>,
    }));
    return { conclusions, leftOut, unmeasured };
  } finally {
    await world?.close();
    await removeScratch(scratch);
  }
}

/** A figure that is none must not get into a result. */
function checkValues(experiment: Experiment, condition: Condition, values: object): void {
  for (const [measure, value] of Object.entries(values)) {
    if (measure in experiment.measures && Number.isFinite(value)) continue;
    throw new ExperimentError(
      'measurement-failed',
      `${experiment.name} (${conditionText(condition)}): ${measure} came out as ${value}`,
    );
  }
}
