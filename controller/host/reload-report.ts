import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config/load.js';
import type { EndpointChanges } from './endpoints.js';

/** What became of the apps, by instance name. */
export interface AppChanges {
  started: string[];
  stopped: string[];
  /** With other settings or other tables; only what differs was sent to the switches. */
  restarted: string[];
  unchanged: string[];
}

/** What a reload did, or would do. */
export interface ReloadReport extends AppChanges, EndpointChanges {
  /** Other parts of the configuration that changed and hold at once. */
  settings: string[];
  /** Parts that changed and wait for the next start. */
  atNextStart: string[];
}

const AT_NEXT_START: readonly (keyof Config)[] = ['admin', 'log', 'foreignFlows', 'discovery'];
/** What the reports of apps and endpoints tell already, and where the configuration came from. */
const TOLD: readonly (keyof Config)[] = ['apps', 'listen', 'connect', 'file'];

export function reloadReport(
  before: Config,
  after: Config,
  apps: AppChanges,
  endpoints: EndpointChanges,
): ReloadReport {
  const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])] as (keyof Config)[];
  const changed = keys.filter(key => !TOLD.includes(key) && !isDeepStrictEqual(before[key], after[key]));
  return {
    ...apps,
    ...endpoints,
    settings: changed.filter(key => !AT_NEXT_START.includes(key)),
    atNextStart: changed.filter(key => AT_NEXT_START.includes(key)),
  };
}

/** Whether there is nothing to do. */
export function isEmpty(report: ReloadReport): boolean {
  const { unchanged: _, ...changes } = report;
  return Object.values(changes).every(list => list.length === 0);
}
