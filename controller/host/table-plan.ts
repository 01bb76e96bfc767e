/** One table that an app asks for. */
export interface TableDefinition {
  /** The app's own name for it, such as `learn`. */
  readonly name: string;
  /** `next`: the host sends what matches nothing to the next app. `own`: the app states what happens to it. */
  readonly miss: 'next' | 'own';
}

/** What the plan has to know of an app. */
export interface PlannedApp {
  readonly instance: string;
  readonly tables: readonly TableDefinition[];
  readonly endsPipeline: boolean;
}

export interface TablePlan {
  /** Number of each app's tables, by instance and table name. */
  readonly tables: ReadonlyMap<string, ReadonlyMap<string, number>>;
  /** First table after the app, by instance; absent for an app after which nothing comes. */
  readonly next: ReadonlyMap<string, number>;
  /** The misses that the host fills: from table to table. */
  readonly misses: readonly { table: number; next: number }[];
  /** How many tables are in use: 0..count-1. */
  readonly count: number;
}

/** Tables 0..253 are usable in Open vSwitch; OpenFlow 1.3 reserves 0xff (OFPTT_ALL). */
export const MAX_TABLES = 254;

/**
 * Numbers the tables of apps in their order, from 0 without gaps: a packet only ever goes forward through them
 * (OpenFlow 1.3.5 section 5.1). An app without tables is passed over.
 */
export function planTables(apps: readonly PlannedApp[]): TablePlan {
  const tables = new Map<string, ReadonlyMap<string, number>>();
  const next = new Map<string, number>();
  const misses: { table: number; next: number }[] = [];
  let count = 0;
  for (const app of apps) {
    tables.set(app.instance, new Map(app.tables.map((table, index) => [table.name, count + index])));
    count += app.tables.length;
  }
  let following: number | undefined;
  for (const app of [...apps].reverse()) {
    if (following !== undefined) next.set(app.instance, following);
    const own = tables.get(app.instance)!;
    for (const table of app.tables) {
      if (table.miss === 'next' && following !== undefined) {
        misses.push({ table: own.get(table.name)!, next: following });
      }
    }
    if (app.tables.length > 0) following = own.get(app.tables[0]!.name);
  }
  misses.sort((a, b) => a.table - b.table);
  return { tables, next, misses, count };
}
