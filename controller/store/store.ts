/** What an SQL value is on this side. Integers beyond 2^53 come back as bigint; blobs as bytes. */
export type SqlValue = null | number | bigint | string | Uint8Array;

export interface Statement {
  readonly sql: string;
  /** For the `?` of the statement, in their order. */
  readonly parameters?: readonly SqlValue[];
  /** Rows that it must change; another number refuses the whole write (`not-applied`). */
  readonly changes?: number;
}

/** Numbered from 1 without gaps; what has been released is never changed. */
export type Migration = string;

/** What must survive a restart. Every failure is a StoreError. */
export interface Store {
  /** Rows of one query, by column name. Sees every write acknowledged before the call. */
  read<Row = Record<string, SqlValue>>(sql: string, parameters?: readonly SqlValue[]): Promise<Row[]>;
  /**
   * Statements that happen together or not at all. Resolves when they are on the disk, also if the machine loses its power in
   * the next moment, with the number of rows that each changed. Writes that come together share one commit; they happen in the
   * order of the calls, and one that is refused leaves the others alone.
   */
  write(statements: readonly Statement[]): Promise<number[]>;
  /** Finishes what was asked for; further calls are refused with `store-closed`. */
  close(): Promise<void>;
}
