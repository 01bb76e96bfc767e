import { OvsdbError } from './errors.js';
import type { PlainRow, TableCodec } from './table-codec.js';
import { type PlainAtom, type PlainValue, UUID_PATTERN, valuesEqual } from './value.js';

/** One row before and after a change; undefined before an insert and after a delete. */
export interface RowDifference {
  table: string;
  uuid: string;
  before: PlainRow | undefined;
  after: PlainRow | undefined;
}

/** A monitored table: which columns, and the rows as last heard. */
export interface Replica {
  codec: TableCodec;
  columns: readonly string[];
  rows: Map<string, PlainRow>;
}

/**
 * Reads `<table-updates>` (RFC 7047, section 4.1.6) or, with `differential`, `<table-updates2>`
 * (ovsdb-server(7), section 4.1.14) and gives what it says of each row, in order. Nothing is applied.
 * Throws OvsdbError `malformed`.
 */
export function* readUpdates(
  replicas: ReadonlyMap<string, Replica>,
  updates: unknown,
  differential: boolean,
): Generator<RowDifference> {
  for (const [table, rows] of Object.entries(asObject(updates))) {
    const replica = replicas.get(table);
    if (replica === undefined) throw malformed(`an update of ${table.slice(0, 100)}, which is not monitored`);
    for (const [uuid, update] of Object.entries(asObject(rows))) {
      if (!UUID_PATTERN.test(uuid))
        throw malformed(`an update of ${table} names a row by something else than a UUID`);
      const before = replica.rows.get(uuid);
      const after = differential
        ? readUpdate2(replica, uuid, before, asObject(update))
        : readUpdate(replica, uuid, asObject(update));
      yield { table, uuid, before, after };
    }
  }
}

/** `new` holds every monitored column; its absence means that the row was deleted. */
function readUpdate(replica: Replica, uuid: string, update: Record<string, unknown>): PlainRow | undefined {
  if (Object.hasOwn(update, 'new')) return replica.codec.decodeRow(update.new, replica.columns, uuid);
  if (Object.hasOwn(update, 'old')) return undefined;
  throw malformed('an update tells neither the old nor the new row');
}

function readUpdate2(
  replica: Replica,
  uuid: string,
  before: PlainRow | undefined,
  update: Record<string, unknown>,
): PlainRow | undefined {
  for (const kind of ['initial', 'insert']) {
    if (Object.hasOwn(update, kind)) return replica.codec.decodeRow(update[kind], replica.columns, uuid);
  }
  if (Object.hasOwn(update, 'delete')) return undefined;
  if (!Object.hasOwn(update, 'modify')) throw malformed('an update is of no known kind');
  if (before === undefined)
    throw malformed(`a row of ${replica.codec.table} is modified that was never told`);
  const changed = Object.keys(asObject(update.modify)).filter(name => replica.columns.includes(name));
  const difference = replica.codec.decodeRow(update.modify, changed, uuid);
  const after: { [column: string]: PlainValue } = { ...before };
  for (const name of changed) {
    after[name] = replica.codec.isSingle(name)
      ? difference[name]
      : applyDifference(before[name], difference[name]);
  }
  return after;
}

/** Elements of the difference join a set that lacks them and leave one that has them; so do a map's pairs. */
function applyDifference(before: PlainValue, difference: PlainValue): PlainValue {
  if (Array.isArray(before) && Array.isArray(difference)) {
    const items = new Set<PlainAtom>(before);
    for (const item of difference) if (!items.delete(item)) items.add(item);
    return [...items];
  }
  if (before instanceof Map && difference instanceof Map) {
    const map = new Map<PlainAtom, PlainAtom>(before);
    for (const [key, item] of difference) {
      if (map.get(key) === item) map.delete(key);
      else map.set(key, item);
    }
    return map;
  }
  return difference;
}

/** Whether a difference is one: servers may repeat what is known, and a fresh snapshot always does. */
export function isChange({ before, after }: RowDifference): boolean {
  if (before === undefined || after === undefined) return before !== after;
  return Object.keys(after).some(name => !valuesEqual(before[name], after[name]));
}

function asObject(json: unknown): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw malformed('an update is no object');
  }
  return json as Record<string, unknown>;
}

function malformed(message: string): OvsdbError {
  return new OvsdbError('malformed', message);
}
