/** What an experiment declares. One file an experiment; `catalogue.ts` lists them. */
import type { Spread } from '../report/statistics.js';

/** `smoke`: the least that shows that it works. `quick`: two minutes at most; repetitions that do not fit are left out. `full`: the paper's size. */
export const SIZES = ['smoke', 'quick', 'full'] as const;
export type Size = (typeof SIZES)[number];
export type BySize<T> = Readonly<Record<Size, T>>;

export type Value = number | string;

/** What is varied: every combination of the values of all axes is a condition. */
export interface Axis {
  title: string;
  unit?: string;
  values: BySize<readonly Value[]>;
  /** Text axes: everything that may be asked for; the values of `full` when absent. */
  choices?: readonly string[];
  /** Numeric axes: bounds of what may be asked for; integers only. */
  range?: readonly [least: number, most: number];
}

/** What holds for all conditions of a run. */
export interface Setting {
  title: string;
  unit?: string;
  value: BySize<number>;
  range: readonly [least: number, most: number];
}

export interface Measure {
  title: string;
  unit: string;
  better: 'less' | 'more' | 'neither';
  /** Not measured: another measure, divided by itself under these values of axes in the same repetition. */
  ratio?: { of: string; to: Condition };
}

export type Condition = Readonly<Record<string, Value>>;
/** By measure; absent where the condition has no such thing. */
export type Values = Readonly<Record<string, number>>;

/** Programs and files that the machine must have. */
export interface Needs {
  root?: boolean;
  /** Program, or absolute path of a file -> Debian package that brings it. */
  tools?: Readonly<Record<string, string>>;
  /** Modules of Debian's Python -> package. */
  python?: Readonly<Record<string, string>>;
  /** Packages of npm that are not cloakflow's own. */
  node?: readonly string[];
  /** Names below native/build, which `npm run setup` builds. */
  native?: readonly string[];
  /** Of memory that is free when the run starts. */
  memoryGiB?: BySize<number>;
}

/** What a run goes by. */
export interface Parameters {
  axes: Readonly<Record<string, readonly Value[]>>;
  settings: Readonly<Record<string, number>>;
  repetitions: number;
}

export interface RunContext {
  readonly parameters: Parameters;
  readonly conditions: readonly Condition[];
  /** Aborted when the run is to end. */
  readonly signal: AbortSignal;
  /** A folder of the run's own, gone with the world. */
  readonly scratch: string;
  /** A folder that stays beside the result; made when it is asked for. */
  artefacts(): string;
  progress(text: string): void;
}

export interface Sample {
  condition: Condition;
  /** From 0. */
  repetition: number;
  values: Values;
}

/** All repetitions of a run. */
export interface Samples {
  readonly conditions: readonly Condition[];
  /** Those of one condition, in the order of their repetitions. */
  of(condition: Condition): readonly Sample[];
}

/** By measure. */
export type Concluded = Readonly<Record<string, readonly number[]>>;

/** What is set up once for a run; `close` takes it down, whatever happened. */
export interface World {
  measure(condition: Condition, repetition: number): Promise<Values>;
  /** Figures that need all repetitions together, by condition in the order of `conditions`: several of each make a spread. */
  conclude?(samples: Samples): Promise<readonly Concluded[]>;
  close(): Promise<void>;
}

/** Medians and spreads of a run, for claims. */
export interface Summary {
  parameters: Parameters;
  /** Spread of a measure under the one condition that these values single out; undefined where it was not measured. */
  find(measure: string, where: Condition): Spread | undefined;
  median(measure: string, where: Condition): number | undefined;
}

export interface Verdict {
  /** What was found, as text with its unit. */
  found: string;
  holds: boolean;
}

/** A sentence of the paper, and how a run bears on it. */
export interface Claim {
  section: string;
  says: string;
  /** `number`: the text gives it. `shape`: only a plot shows it. `ours`: the paper did not measure it. */
  kind: 'number' | 'shape' | 'ours';
  /** Undefined where this run cannot tell. */
  judge(summary: Summary): Verdict | undefined;
  /** Where it does not hold: why not here, in a sentence. */
  because?(summary: Summary): string;
}

export interface Figure {
  name: string;
  title: string;
  measure: string;
  /** Axis along the bottom, and axis whose values are lines of their own. */
  x: string;
  series?: string;
  /** Values of the other axes; the first of each when absent. */
  where?: Condition;
  xScale?: 'log' | 'linear' | 'category';
  yScale?: 'log' | 'linear';
  /** What the paper's text gives for this figure. */
  paper?: readonly PaperPoints[];
}

export interface PaperPoints {
  label: string;
  /** One point is drawn as a horizontal line through the whole figure. */
  points: readonly (readonly [x: Value, y: number])[];
}

export interface Experiment {
  name: string;
  title: string;
  paper: 'PoPSiCl' | 'MIMIQ';
  /** Section and figure. */
  section: string;
  /** What happens, in two or three sentences. */
  method: string;
  /** What here is not as in the paper, so that readers do not take figures for what they are not. */
  differences: readonly string[];
  /** Name of a topology that comes with cloakflow, or one sentence about the experiment's own. */
  topology: string;
  needs: Needs;
  axes: Readonly<Record<string, Axis>>;
  settings?: Readonly<Record<string, Setting>>;
  /** Combinations that make no sense are left out. */
  excludes?(condition: Condition): boolean;
  repetitions: BySize<number>;
  /** About what a run of the paper's size takes on two cores. */
  fullMinutes: number;
  /** Of the two minutes of a quick run, seconds for what comes after the last repetition; 12 when absent. */
  quickRest?: number;
  measures: Readonly<Record<string, Measure>>;
  claims: readonly Claim[];
  figures: readonly Figure[];
  open(context: RunContext): Promise<World>;
}
