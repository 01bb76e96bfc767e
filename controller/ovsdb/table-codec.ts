import type { Column, Columns } from './column.js';
import { OvsdbError } from './errors.js';
import { UUID_COLUMN } from './operation.js';
import type { ColumnSchema } from './schema.js';
import { decodeValue, defaultValue, encodeSet, encodeValue, type PlainValue } from './value.js';
import type { WireCondition, WireMutation, WireRow } from './wire.js';

/** A decoded row: every column that was asked for, and `_uuid`. */
export type PlainRow = { readonly [column: string]: PlainValue };

/**
 * Rows of one table between plain values and the wire. `served` is what the server has of the table; columns
 * that only the definition knows read as their default and cannot be written.
 */
export class TableCodec {
  readonly table: string;
  readonly #columns: Columns;
  readonly #served: ReadonlyMap<string, ColumnSchema>;

  constructor(table: string, columns: Columns, served: ReadonlyMap<string, ColumnSchema>) {
    this.table = table;
    this.#columns = columns;
    this.#served = served;
  }

  /** Names of all defined columns. */
  get columns(): string[] {
    return Object.keys(this.#columns);
  }

  /** Those of `names` that the server has. */
  servedColumns(names: readonly string[]): string[] {
    for (const name of names) this.column(name);
    return names.filter(name => this.#served.has(name));
  }

  /** Throws OvsdbError `schema-mismatch` for a column that the definition does not have. */
  column(name: string): Column {
    if (name === '_uuid') return UUID_COLUMN;
    const column = Object.hasOwn(this.#columns, name) ? this.#columns[name] : undefined;
    if (column === undefined) throw new OvsdbError('schema-mismatch', `${this.table} has no column ${name}`);
    return column;
  }

  /** Whether a modification of the column is told as the new value instead of the difference. */
  isSingle(name: string): boolean {
    return this.#served.get(name)?.single ?? true;
  }

  encodeRow(row: object): WireRow {
    const wire: WireRow = {};
    for (const [name, value] of Object.entries(row)) {
      const column = this.#writable(name);
      if (value === undefined && column.shape !== 'optional') continue;
      wire[name] = encodeValue(column, value, `${this.table}.${name}`);
    }
    return wire;
  }

  encodeCondition(condition: readonly [string, string, unknown]): WireCondition {
    const [name, operator, value] = condition;
    return [name, operator, encodeValue(this.#writable(name), value, `${this.table}.${name}`)];
  }

  encodeMutation(mutation: readonly [string, string, unknown]): WireMutation {
    const [name, mutator, value] = mutation;
    const column = this.#writable(name);
    const label = `${this.table}.${name}`;
    if (column.shape === 'map' && mutator === 'delete' && Array.isArray(value)) {
      return [name, mutator, encodeSet(column.key, value, label)];
    }
    return [name, mutator, encodeValue(column, value, label)];
  }

  /** The `names` columns and `_uuid` of a row. Columns absent from the wire have their default. */
  decodeRow(wire: unknown, names: readonly string[], uuid?: string): PlainRow {
    if (typeof wire !== 'object' || wire === null || Array.isArray(wire)) {
      throw new OvsdbError('malformed', `a row of ${this.table} is no object`);
    }
    const row: { [column: string]: PlainValue } = {};
    const source = wire as Record<string, unknown>;
    row._uuid = uuid ?? this.#decode(source, '_uuid');
    for (const name of names) row[name] = this.#decode(source, name);
    return row;
  }

  #decode(source: Record<string, unknown>, name: string): PlainValue {
    const column = this.column(name);
    if (!Object.hasOwn(source, name)) return defaultValue(column);
    return decodeValue(column, source[name], `${this.table}.${name}`);
  }

  #writable(name: string): Column {
    const column = this.column(name);
    if (name !== '_uuid' && !this.#served.has(name)) {
      throw new OvsdbError('schema-mismatch', `the server's ${this.table} has no column ${name}`, {
        mend: 'it came with a later Open vSwitch: upgrade, or do without it',
      });
    }
    return column;
  }
}
