import type { Database, Statement } from 'node-sqlite3-wasm';

/** Statements kept; a program has a few dozen of its own. */
const KEPT = 128;

/** SQL that is compiled once. What was used longest ago is given up. */
export class PreparedStatements {
  private readonly database: Database;
  private readonly bySql = new Map<string, Statement>();

  constructor(database: Database) {
    this.database = database;
  }

  /** Runs a statement and returns how many rows it changed. Throws what SQLite says. */
  run(sql: string, parameters: (string | number | bigint | Uint8Array | null)[] = []): number {
    const statement = this.find(sql);
    try {
      return statement.run(parameters).changes;
    } catch (error) {
      // One that failed would have to be reset before it is used again.
      this.bySql.delete(sql);
      statement.finalize();
      throw error;
    }
  }

  private find(sql: string): Statement {
    const known = this.bySql.get(sql);
    // The newest is the last.
    this.bySql.delete(sql);
    const statement = known ?? this.database.prepare(sql);
    this.bySql.set(sql, statement);
    if (this.bySql.size > KEPT) {
      const [oldest, unused] = this.bySql.entries().next().value!;
      this.bySql.delete(oldest);
      unused.finalize();
    }
    return statement;
  }
}
