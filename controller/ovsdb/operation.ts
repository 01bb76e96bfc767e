import type {
  AtomInput,
  Column,
  Columns,
  MapColumn,
  Row,
  RowInput,
  ScalarColumn,
  SetColumn,
  Tables,
  Uuid,
  ValueInput,
} from './column.js';

/** Operations of a transaction over known tables, as plain literals (RFC 7047, section 5.2). */

export type ConditionOperator = '==' | '!=' | '<' | '<=' | '>' | '>=' | 'includes' | 'excludes';

/** Which rows an operation is about: all conditions must hold; none means every row. */
export type Condition<C extends Columns> =
  | readonly ['_uuid', '==' | '!=', AtomInput<'uuid'>]
  | { [N in keyof C & string]: readonly [N, ConditionOperator, ValueInput<C[N]>] }[keyof C & string];

/** `delete` on a map takes pairs, which must match whole, or keys alone. */
export type Mutation<C extends Columns> = {
  [N in keyof C & string]: C[N] extends MapColumn<infer K>
    ?
        | readonly [N, 'insert', ValueInput<C[N]>]
        | readonly [N, 'delete', ValueInput<C[N]> | readonly AtomInput<K>[]]
    : C[N] extends SetColumn
      ? readonly [N, 'insert' | 'delete', ValueInput<C[N]>]
      : C[N] extends ScalarColumn<'integer' | 'real'>
        ? readonly [N, '+=' | '-=' | '*=' | '/=' | '%=', number]
        : never;
}[keyof C & string];

export interface Insert<K, C extends Columns> {
  op: 'insert';
  table: K;
  row: RowInput<C>;
  /** Lets other operations of the transaction refer to the row as `named(...)`. */
  name?: string;
  /** The row's identity; Open vSwitch 2.13 and later take it (ovsdb-server(7), section 5.2.1). */
  uuid?: Uuid;
}
export interface Select<K, C extends Columns> {
  op: 'select';
  table: K;
  where: readonly Condition<C>[];
  columns?: readonly (keyof C & string)[];
}
export interface Update<K, C extends Columns> {
  op: 'update';
  table: K;
  where: readonly Condition<C>[];
  row: RowInput<C>;
}
export interface Mutate<K, C extends Columns> {
  op: 'mutate';
  table: K;
  where: readonly Condition<C>[];
  mutations: readonly Mutation<C>[];
}
export interface Delete<K, C extends Columns> {
  op: 'delete';
  table: K;
  where: readonly Condition<C>[];
}
/** Holds the transaction until the rows are as given, at most `timeout` milliseconds; 0 fails at once. */
export interface Wait<K, C extends Columns> {
  op: 'wait';
  table: K;
  where: readonly Condition<C>[];
  columns: readonly (keyof C & string)[];
  until: '==' | '!=';
  rows: readonly RowInput<C>[];
  timeout?: number;
}
export type Bookkeeping =
  | { op: 'commit'; durable: boolean }
  | { op: 'abort' }
  | { op: 'comment'; comment: string }
  | { op: 'assert'; lock: string };

export type TableOperation<K, C extends Columns> =
  | Insert<K, C>
  | Select<K, C>
  | Update<K, C>
  | Mutate<K, C>
  | Delete<K, C>
  | Wait<K, C>;

export type Operation<T extends Tables> =
  | { [K in keyof T & string]: TableOperation<K, T[K]> }[keyof T & string]
  | Bookkeeping;

/** What an operation gives back. */
export type Result<T extends Tables, O> = O extends { op: 'insert' }
  ? { uuid: Uuid }
  : O extends { op: 'select'; table: infer K extends keyof T }
    ? {
        rows: (O extends { columns: readonly (infer N extends keyof T[K])[] }
          ? Row<Pick<T[K], N>>
          : Row<T[K]>)[];
      }
    : O extends { op: 'update' | 'mutate' | 'delete' }
      ? { count: number }
      : Record<never, never>;

export type Results<T extends Tables, O extends readonly unknown[]> = {
  -readonly [I in keyof O]: Result<T, O[I]>;
};

export const UUID_COLUMN: Column = { shape: 'scalar', key: 'uuid' };
