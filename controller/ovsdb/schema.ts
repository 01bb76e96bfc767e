import type { AtomKind, Column, DatabaseDefinition } from './column.js';
import { OvsdbError } from './errors.js';

/** One column as the server's schema describes it (RFC 7047, section 3.2 `<column-schema>`). */
export interface ColumnSchema {
  column: Column;
  /** At most one element: a change of it is told as the new value (ovsdb-server(7), section 4.1.14). */
  single: boolean;
  /** Not kept over a restart of the server: state that the daemon reports, not configuration. */
  ephemeral: boolean;
  mutable: boolean;
  /** Permitted keys, where the schema enumerates them. */
  values: readonly (string | number | boolean)[] | undefined;
}

export interface DatabaseSchema {
  name: string;
  version: string;
  tables: ReadonlyMap<string, ReadonlyMap<string, ColumnSchema>>;
}

/** Reads a `<database-schema>`. Throws OvsdbError `malformed`. */
export function parseSchema(json: unknown): DatabaseSchema {
  const schema = asObject(json, 'the schema');
  if (typeof schema.name !== 'string' || typeof schema.version !== 'string') {
    throw malformed('the schema has no name or version');
  }
  const tables = new Map<string, ReadonlyMap<string, ColumnSchema>>();
  for (const [table, description] of Object.entries(asObject(schema.tables, 'the tables'))) {
    const columns = new Map<string, ColumnSchema>();
    for (const [name, column] of Object.entries(asObject(asObject(description, table).columns, table))) {
      columns.set(name, parseColumn(asObject(column, `${table}.${name}`), `${table}.${name}`));
    }
    tables.set(table, columns);
  }
  return { name: schema.name, version: schema.version, tables };
}

function parseColumn(json: Record<string, unknown>, name: string): ColumnSchema {
  const type: Record<string, unknown> =
    typeof json.type === 'string' ? { key: json.type } : asObject(json.type, name);
  const base = (side: unknown): Record<string, unknown> =>
    typeof side === 'string' ? { type: side } : asObject(side, name);
  const key = base(type.key);
  const { min = 1, max = 1 } = type;
  let column: Column;
  if (type.value !== undefined) {
    column = { shape: 'map', key: atomKind(key.type, name), value: atomKind(base(type.value).type, name) };
  } else if (max === 1) {
    column = { shape: min === 0 ? 'optional' : 'scalar', key: atomKind(key.type, name) };
  } else {
    column = { shape: 'set', key: atomKind(key.type, name) };
  }
  return {
    column,
    single: max === 1,
    ephemeral: json.ephemeral === true,
    mutable: json.mutable !== false,
    values: enumeration(key.enum),
  };
}

function enumeration(json: unknown): ColumnSchema['values'] {
  if (json === undefined) return undefined;
  return Array.isArray(json) && json[0] === 'set' && Array.isArray(json[1]) ? json[1] : [json as string];
}

function atomKind(kind: unknown, name: string): AtomKind {
  switch (kind) {
    case 'integer':
    case 'real':
    case 'boolean':
    case 'string':
    case 'uuid':
      return kind;
    default:
      throw malformed(`the schema gives ${name} an unknown type`);
  }
}

function asObject(json: unknown, name: string): Record<string, unknown> {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw malformed(`the schema's description of ${name} is no object`);
  }
  return json as Record<string, unknown>;
}

function malformed(message: string): OvsdbError {
  return new OvsdbError('malformed', message);
}

/**
 * Checks that the server has the definition's tables and that the columns both have are of one type. Columns
 * that an older server lacks are allowed: they read as their default and cannot be written.
 * Throws OvsdbError `schema-mismatch`.
 */
export function checkDefinition(definition: DatabaseDefinition, schema: DatabaseSchema): void {
  for (const [table, columns] of Object.entries(definition.tables)) {
    const served = schema.tables.get(table);
    // A table that the server does not know is found out when it is used: it may be newer than the server.
    if (served === undefined) continue;
    for (const [name, column] of Object.entries(columns)) {
      const other = served.get(name)?.column;
      if (other !== undefined && !sameColumn(column, other)) {
        throw new OvsdbError(
          'schema-mismatch',
          `${table}.${name} is ${describeColumn(other)} in ${schema.name} ${schema.version}, not ${describeColumn(column)}`,
        );
      }
    }
  }
}

function sameColumn(a: Column, b: Column): boolean {
  return describeColumn(a) === describeColumn(b);
}

function describeColumn(column: Column): string {
  return `${column.shape} of ${column.key}${column.shape === 'map' ? ` to ${column.value}` : ''}`;
}
