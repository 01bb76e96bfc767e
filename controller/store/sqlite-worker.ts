/** The thread of a store: SQLite on files, every commit on the disk before it is answered. */
import { parentPort, workerData } from 'node:worker_threads';
import sqlite, { type Database } from 'node-sqlite3-wasm';
import { PreparedStatements } from './prepared-statements.js';
import type { StoreAnswer, StoreRequest, StoreWorkerData } from './sqlite-store.js';
import type { Statement } from './store.js';
import type { StoreErrorCode } from './store-error.js';

const port = parentPort!;
const { path, migrations, erases } = workerData as StoreWorkerData;
type Asked<Type> = Extract<StoreRequest, { type: Type }>;

let database: Database | undefined;
let statements: PreparedStatements;
const queue: StoreRequest[] = [];

class Refused extends Error {
  readonly code: StoreErrorCode;
  constructor(code: StoreErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

try {
  database = openDatabase();
  statements = new PreparedStatements(database);
  answer({ id: 0, value: undefined });
} catch (error) {
  const { code, message } = refusal(error);
  answer({ id: 0, code: code === 'store-in-use' ? code : 'store-unusable', message });
}

port.on('message', (request: StoreRequest) => {
  queue.push(request);
  // Whatever else has arrived by then shares the commit.
  if (queue.length === 1) setImmediate(drain);
});

/** Writes first, in one transaction with a savepoint each; then reads, so that they see what is durable only. */
function drain(): void {
  const requests = queue.splice(0);
  const writes = requests.filter((request): request is Asked<'write'> => request.type === 'write');
  if (writes.length > 0) commit(writes);
  for (const request of requests) if (request.type === 'read') read(request);
  if (requests.some(request => request.type === 'close')) {
    database!.close();
    port.close();
  }
}

function commit(writes: readonly Asked<'write'>[]): void {
  const alone = statementAlone(writes);
  if (alone !== undefined) {
    answer(attempt(alone.id, () => [run(alone.statement)]));
    return;
  }
  const answers: StoreAnswer[] = [];
  try {
    statements.run('BEGIN IMMEDIATE');
    for (const write of writes) answers.push(apply(write));
    statements.run('COMMIT');
  } catch (error) {
    if (database!.inTransaction) database!.exec('ROLLBACK');
    const { message } = refusal(error);
    for (const { id } of writes) answer({ id, code: 'store-failed', message });
    return;
  }
  for (const each of answers) answer(each);
}

/** The only statement of all writes, which is a transaction by itself. */
function statementAlone([first, second]: readonly Asked<'write'>[]):
  | { id: number; statement: Statement }
  | undefined {
  if (first === undefined || second !== undefined) return undefined;
  const [statement, another] = first.statements;
  const isWhole = statement !== undefined && another === undefined && statement.changes === undefined;
  return isWhole ? { id: first.id, statement } : undefined;
}

function apply({ id, statements: all }: Asked<'write'>): StoreAnswer {
  statements.run('SAVEPOINT one');
  try {
    const changes = all.map(run);
    statements.run('RELEASE one');
    return { id, value: changes };
  } catch (error) {
    const refused = refusal(error);
    // The disk refused: that ends the whole transaction.
    if (refused.code === 'store-failed') throw error;
    database!.exec('ROLLBACK TO one; RELEASE one');
    return { id, ...refused };
  }
}

function run(statement: Statement): number {
  const { sql, parameters = [], changes: expected } = statement;
  const changes = statements.run(sql, [...parameters]);
  if (expected !== undefined && changes !== expected) {
    throw new Refused('not-applied', `a statement changed ${changes} rows instead of ${expected}`);
  }
  return changes;
}

function read({ id, sql, parameters }: Asked<'read'>): void {
  answer(attempt(id, () => database!.all(sql, [...parameters])));
}

function attempt(id: number, work: () => unknown): StoreAnswer {
  try {
    return { id, value: work() };
  } catch (error) {
    return { id, ...refusal(error) };
  }
}

function openDatabase(): Database {
  const opened = new sqlite.Database(path);
  try {
    // One process owns the file, so that the log needs no memory shared between processes, which the port lacks.
    opened.exec('PRAGMA locking_mode = EXCLUSIVE');
    opened.get('PRAGMA journal_mode = WAL');
    // Each commit waits for fsync of the log.
    opened.exec('PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON; PRAGMA trusted_schema = OFF');
    if (erases) opened.get('PRAGMA secure_delete = ON');
    migrate(opened);
    return opened;
  } catch (error) {
    opened.close();
    throw error;
  }
}

/** Brings the schema to the last migration; `user_version` counts those that were applied. */
function migrate(opened: Database): void {
  const { user_version: applied } = opened.get('PRAGMA user_version') as { user_version: number };
  if (applied > migrations.length) {
    throw new Refused('store-unusable', 'the database was written by a later version of this program');
  }
  for (let version = applied; version < migrations.length; version++) {
    opened.exec(`BEGIN IMMEDIATE; ${migrations[version]!}; PRAGMA user_version = ${version + 1}; COMMIT`);
  }
}

/** What an error means to the caller. SQLite's messages name columns and never values. */
function refusal(error: unknown): { code: StoreErrorCode; message: string } {
  const message = error instanceof Error ? error.message : String(error);
  if (error instanceof Refused) return { code: error.code, message };
  if (/constraint failed/i.test(message)) return { code: 'not-applied', message };
  if (/locked|busy/i.test(message)) return { code: 'store-in-use', message };
  if (/disk|I\/O|readonly|malformed|not a database|unable to open|full/i.test(message)) {
    return { code: 'store-failed', message };
  }
  return { code: 'bad-statement', message };
}

function answer(value: StoreAnswer): void {
  port.postMessage(value);
}
