import type { TableStep, TracePass, TraceStep } from './report.js';

/** What a trace does not say by itself. */
export interface TraceNames {
  /** The app that a cookie names; undefined when it is nobody's. */
  appOfCookie(cookie: bigint): string | undefined;
  /** The app that a table belongs to, and what it calls it. */
  table(number: number): { app: string; name: string } | undefined;
  /** Name of a bridge's interface by OpenFlow port number. */
  port(bridge: string, number: number): string | undefined;
}

export const NO_NAMES: TraceNames = {
  appOfCookie: () => undefined,
  table: () => undefined,
  port: () => undefined,
};

/** Writes apps and names of tables into the steps that are on `bridge`: the controller's tables are its alone. */
export function nameSteps(passes: readonly TracePass[], bridge: string, names: TraceNames): void {
  for (const { step, on } of walk(passes)) {
    if (step.kind !== 'table' || on !== bridge) continue;
    const table = names.table(step.table);
    step.tableName = table?.name ?? null;
    step.app = appOf(step, names) ?? null;
  }
}

function appOf(step: TableStep, names: TraceNames): string | undefined {
  if (step.cookie !== null) return names.appOfCookie(BigInt(step.cookie));
  return names.table(step.table)?.app;
}

export interface Visit {
  step: TraceStep;
  /** The bridge on which the step happens. */
  on: string;
  /** The innermost table around the step. */
  table: TableStep | undefined;
}

/** Every step in the order in which it happened. */
export function* walk(passes: readonly TracePass[]): Generator<Visit> {
  for (const pass of passes) yield* walkSteps(pass.steps, '', undefined);
}

function* walkSteps(steps: readonly TraceStep[], on: string, table: TableStep | undefined): Generator<Visit> {
  let bridge = on;
  for (const step of steps) {
    if (step.kind === 'bridge') bridge = step.name;
    yield { step, on: bridge, table };
    yield* walkSteps(step.steps, bridge, step.kind === 'table' ? step : table);
    if (step.kind === 'bridge') bridge = on;
  }
}
