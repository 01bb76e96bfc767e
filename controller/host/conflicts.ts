import { ownerNumber } from '../switch/cookie.js';
import { MAX_TABLES, type PlannedApp } from './table-plan.js';

/** Why apps cannot run together. `index` is the place of the app in the list that has to change. */
export interface AppConflict {
  index: number;
  message: string;
  mend: string;
}

/** Everything that keeps these apps, in this order, from sharing a switch. Empty when they can. */
export function findConflicts(apps: readonly PlannedApp[]): AppConflict[] {
  const conflicts: AppConflict[] = [];
  const names = new Set<string>();
  const owners = new Map<number, string>();
  let end: PlannedApp | undefined;
  let tables = 0;
  for (const [index, app] of apps.entries()) {
    const report = (message: string, mend: string) => conflicts.push({ index, message, mend });
    if (names.has(app.instance)) {
      report(`two apps have the instance name "${app.instance}"`, 'give one of them a `name` of its own');
      continue;
    }
    names.add(app.instance);
    const owner = ownerNumber(app.instance);
    const twin = owners.get(owner);
    if (twin !== undefined) {
      report(`the names "${twin}" and "${app.instance}" give the same cookie`, 'rename one with `name`');
    }
    owners.set(owner, app.instance);
    if (end !== undefined && app.endsPipeline) {
      report(`"${end.instance}" and "${app.instance}" both end the pipeline`, 'keep one of them');
    } else if (end !== undefined) {
      report(
        `"${end.instance}" ends the pipeline, so no packet would reach "${app.instance}"`,
        `move "${end.instance}" to the end of the list`,
      );
    }
    if (app.endsPipeline) end ??= app;
    const tableNames = new Set(app.tables.map(table => table.name));
    if (tableNames.size < app.tables.length) {
      report(`"${app.instance}" has two tables of one name`, 'this is a mistake in the app');
    }
    if (app.endsPipeline && app.tables.some(table => table.miss === 'next')) {
      report(`"${app.instance}" ends the pipeline but sends packets on`, 'this is a mistake in the app');
    }
    const before = tables;
    tables += app.tables.length;
    if (before <= MAX_TABLES && tables > MAX_TABLES) {
      report(
        `the apps up to "${app.instance}" need ${tables} tables, a switch has ${MAX_TABLES}`,
        'use fewer apps',
      );
    }
  }
  return conflicts;
}
