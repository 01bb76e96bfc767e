/**
 * Columns as data, from which the types of rows are derived. The four shapes are the ones RFC 7047 section 3.2
 * `<type>` distinguishes: exactly one value, at most one, a set, a map.
 */

/** A row's identity, as 36 characters of text. */
export type Uuid = string;

/** Refers to the row that an insert of the same transaction makes (RFC 7047, section 5.1 `<named-uuid>`). */
export interface NamedUuid {
  namedUuid: string;
}

export function named(name: string): NamedUuid {
  return { namedUuid: name };
}

export type AtomKind = 'integer' | 'real' | 'boolean' | 'string' | 'uuid';

export interface ScalarColumn<K extends AtomKind = AtomKind> {
  readonly shape: 'scalar';
  readonly key: K;
}
export interface OptionalColumn<K extends AtomKind = AtomKind> {
  readonly shape: 'optional';
  readonly key: K;
}
export interface SetColumn<K extends AtomKind = AtomKind> {
  readonly shape: 'set';
  readonly key: K;
}
export interface MapColumn<K extends AtomKind = AtomKind, V extends AtomKind = AtomKind> {
  readonly shape: 'map';
  readonly key: K;
  readonly value: V;
}
export type Column = ScalarColumn | OptionalColumn | SetColumn | MapColumn;

export const scalar = <K extends AtomKind>(key: K): ScalarColumn<K> => ({ shape: 'scalar', key });
export const optional = <K extends AtomKind>(key: K): OptionalColumn<K> => ({ shape: 'optional', key });
export const setOf = <K extends AtomKind>(key: K): SetColumn<K> => ({ shape: 'set', key });
export const mapOf = <K extends AtomKind, V extends AtomKind>(key: K, value: V): MapColumn<K, V> => ({
  shape: 'map',
  key,
  value,
});

export type Columns = { readonly [name: string]: Column };
export type Tables = { readonly [name: string]: Columns };

/** A database that the program knows at compile time: the tables and columns that it uses, no more. */
export interface DatabaseDefinition<T extends Tables = Tables> {
  readonly name: string;
  readonly tables: T;
}

export type Atom<K extends AtomKind> = K extends 'integer' | 'real'
  ? number
  : K extends 'boolean'
    ? boolean
    : string;

/** An atom as it is written: a reference may also name a row of the same transaction. */
export type AtomInput<K extends AtomKind> = K extends 'uuid' ? Uuid | NamedUuid : Atom<K>;

/** A column's value as it is read. Integers beyond 2^53 lose their last digits. */
export type Value<C extends Column> =
  C extends MapColumn<infer K, infer V>
    ? ReadonlyMap<Atom<K>, Atom<V>>
    : C extends SetColumn<infer K>
      ? readonly Atom<K>[]
      : C extends OptionalColumn<infer K>
        ? Atom<K> | undefined
        : C extends ScalarColumn<infer K>
          ? Atom<K>
          : never;

/** A column's value as it is written; a map with text keys may be a plain object. */
export type ValueInput<C extends Column> =
  C extends MapColumn<infer K, infer V>
    ?
        | ReadonlyMap<AtomInput<K>, AtomInput<V>>
        | (K extends 'string' ? { readonly [key: string]: AtomInput<V> } : never)
    : C extends SetColumn<infer K>
      ? readonly AtomInput<K>[]
      : C extends OptionalColumn<infer K>
        ? AtomInput<K> | undefined
        : C extends ScalarColumn<infer K>
          ? AtomInput<K>
          : never;

export type Row<C extends Columns> = { readonly _uuid: Uuid } & {
  readonly [N in keyof C]: Value<C[N]>;
};

export type RowInput<C extends Columns> = { readonly [N in keyof C]?: ValueInput<C[N]> };
