import type { OvsdbClient } from './client.js';
import type { Columns, DatabaseDefinition, Row, Tables, Uuid } from './column.js';
import { OvsdbError } from './errors.js';
import type { CallOptions } from './json-rpc.js';
import { type MonitorOptions, TableMonitor, type TableSelection } from './monitor.js';
import type { Condition, Operation, Results } from './operation.js';
import { checkDefinition, type DatabaseSchema } from './schema.js';
import { TableCodec } from './table-codec.js';
import { UUID_PATTERN } from './value.js';
import type { WireOperation, WireResult } from './wire.js';

/** What a monitor follows: the tables, and of each which columns (all when absent) of which rows. */
export type MonitorRequest<T extends Tables> = {
  readonly [K in keyof T]?: {
    readonly columns?: readonly (keyof T[K] & string)[];
    readonly where?: readonly Condition<T[K]>[];
  };
};

type MonitoredColumns<C extends Columns, R> = R extends { columns: readonly (infer N extends keyof C)[] }
  ? Pick<C, N>
  : C;

/** One changed row; `before` is undefined for an insert, `after` for a delete. */
export type RowChange<T extends Tables, R extends MonitorRequest<T>> = {
  [K in keyof R & keyof T & string]: {
    table: K;
    uuid: Uuid;
    before: Row<MonitoredColumns<T[K], R[K]>> | undefined;
    after: Row<MonitoredColumns<T[K], R[K]>> | undefined;
  };
}[keyof R & keyof T & string];

/** A typed view of a TableMonitor. */
export interface Monitor<T extends Tables, R extends MonitorRequest<T>> {
  readonly synchronised: boolean;
  rows<K extends keyof R & keyof T & string>(table: K): ReadonlyMap<Uuid, Row<MonitoredColumns<T[K], R[K]>>>;
  waitFor<V>(probe: () => V | undefined, what: string, options?: CallOptions): Promise<V>;
  cancel(): Promise<void>;
}

/** One database of a server through the tables that a definition names: typed rows in, typed rows out. */
export class Database<T extends Tables> {
  readonly client: OvsdbClient;
  readonly definition: DatabaseDefinition<T>;
  #schema: Promise<DatabaseSchema> | undefined;

  constructor(client: OvsdbClient, definition: DatabaseDefinition<T>) {
    this.client = client;
    this.definition = definition;
  }

  /** The server's schema, asked once and checked against the definition (OvsdbError `schema-mismatch`). */
  schema(options?: CallOptions): Promise<DatabaseSchema> {
    if (this.#schema === undefined) {
      const asked = this.client.schema(this.definition.name, options).then(schema => {
        checkDefinition(this.definition, schema);
        return schema;
      });
      asked.catch(() => {
        this.#schema = undefined;
      });
      this.#schema = asked;
    }
    return this.#schema;
  }

  /**
   * Carries out `operations` as one transaction and gives their results in order. Values are checked before
   * anything is sent. Rejects with OvsdbError `bad-value`, `schema-mismatch`, `transaction-failed`,
   * `wait-failed` or what the connection met.
   */
  async transact<const O extends readonly Operation<T>[]>(
    operations: O,
    options?: CallOptions,
  ): Promise<Results<T, O>> {
    const schema = await this.schema(options);
    const wire = operations.map(operation => this.encode(operation, schema));
    const results = await this.client.transact(this.definition.name, wire, options);
    return results.map((result, index) => this.#decode(operations[index]!, result, schema)) as Results<T, O>;
  }

  /** All rows of `table` that meet `where`. */
  async select<K extends keyof T & string, N extends keyof T[K] & string = keyof T[K] & string>(
    table: K,
    where: readonly Condition<T[K]>[] = [],
    columns: readonly N[] = Object.keys(this.definition.tables[table]!) as N[],
    options?: CallOptions,
  ): Promise<Row<Pick<T[K], N>>[]> {
    const operation = { op: 'select', table, where, columns } as unknown as Operation<T>;
    const [result] = await this.transact([operation], options);
    return (result as unknown as { rows: Row<Pick<T[K], N>>[] }).rows;
  }

  /**
   * Follows tables over all reconnections. The listener hears batches of changes, one for each transaction; the
   * first is the whole content as inserts, before the promise is fulfilled.
   */
  async monitor<const R extends MonitorRequest<T>>(
    request: R,
    listener: (changes: RowChange<T, R>[]) => void = () => {},
    options: CallOptions & MonitorOptions = {},
  ): Promise<Monitor<T, R>> {
    const selections = new Map<string, TableSelection>();
    for (const [table, selection] of Object.entries(request)) {
      if (selection === undefined) continue;
      const { columns = Object.keys(this.definition.tables[table]!), where = [] } = selection;
      selections.set(table, { columns, where: where as TableSelection['where'] });
    }
    const monitor = new TableMonitor(
      this.client,
      this.definition,
      selections,
      changes => listener(changes as unknown as RowChange<T, R>[]),
      options,
    );
    await monitor.open(options);
    return monitor as unknown as Monitor<T, R>;
  }

  /** The wire form of one operation, to be mixed with raw ones in `client.transact`. */
  encode(operation: Operation<T>, schema: DatabaseSchema): WireOperation {
    if (!('table' in operation)) return operation;
    const codec = this.#codec(operation.table, schema);
    const { op, table } = operation;
    if (op === 'insert') {
      return {
        op,
        table,
        row: codec.encodeRow(operation.row),
        ...(operation.name === undefined ? {} : { 'uuid-name': operation.name }),
        ...(operation.uuid === undefined ? {} : { uuid: operation.uuid }),
      };
    }
    const where = operation.where.map(condition =>
      codec.encodeCondition(condition as readonly [string, string, unknown]),
    );
    switch (op) {
      case 'select': {
        const columns = codec.servedColumns(operation.columns ?? codec.columns);
        return { op, table, where, columns: ['_uuid', ...columns] };
      }
      case 'update':
        return { op, table, where, row: codec.encodeRow(operation.row) };
      case 'mutate':
        return {
          op,
          table,
          where,
          mutations: operation.mutations.map(item =>
            codec.encodeMutation(item as readonly [string, string, unknown]),
          ),
        };
      case 'delete':
        return { op, table, where };
      case 'wait': {
        const { timeout, until } = operation;
        const columns = [...operation.columns];
        const rows = operation.rows.map(row => codec.encodeRow(row));
        return { op, table, where, columns, until, rows, ...(timeout === undefined ? {} : { timeout }) };
      }
    }
  }

  #decode(operation: Operation<T>, result: WireResult, schema: DatabaseSchema): unknown {
    switch (operation.op) {
      case 'insert': {
        const uuid = Array.isArray(result.uuid) ? result.uuid[1] : undefined;
        if (typeof uuid !== 'string' || !UUID_PATTERN.test(uuid)) throw malformed('an insert gave no UUID');
        return { uuid };
      }
      case 'select': {
        if (!Array.isArray(result.rows)) throw malformed('a select gave no rows');
        const codec = this.#codec(operation.table, schema);
        const columns = operation.columns ?? codec.columns;
        return { rows: result.rows.map(row => codec.decodeRow(row, columns)) };
      }
      case 'update':
      case 'mutate':
      case 'delete':
        if (!Number.isInteger(result.count)) throw malformed(`a ${operation.op} gave no count`);
        return { count: result.count };
      default:
        return {};
    }
  }

  #codec(table: string, schema: DatabaseSchema): TableCodec {
    const columns = this.definition.tables[table];
    const served = schema.tables.get(table);
    if (columns === undefined || served === undefined) {
      throw new OvsdbError('schema-mismatch', `${schema.name} ${schema.version} has no table ${table}`);
    }
    return new TableCodec(table, columns, served);
  }
}

function malformed(message: string): OvsdbError {
  return new OvsdbError('malformed', message);
}
