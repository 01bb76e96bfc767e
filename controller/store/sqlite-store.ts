import { once } from 'node:events';
import { mkdir, open, rm } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { Worker } from 'node:worker_threads';
import { type FileOwner, ownFile } from './file-owner.js';
import type { Migration, SqlValue, Statement, Store } from './store.js';
import { StoreError, type StoreErrorCode } from './store-error.js';

/** To the worker. */
export type StoreRequest =
  | {
      readonly id: number;
      readonly type: 'read';
      readonly sql: string;
      readonly parameters: readonly SqlValue[];
    }
  | { readonly id: number; readonly type: 'write'; readonly statements: readonly Statement[] }
  | { readonly id: number; readonly type: 'close' };

/** From the worker; id 0 says whether the database is open. */
export type StoreAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly code: StoreErrorCode; readonly message: string };

export interface StoreWorkerData {
  /** `:memory:` for a database that lives as long as its store. */
  readonly path: string;
  readonly migrations: readonly Migration[];
  /** Whether deleted content is overwritten in the file. */
  readonly erases: boolean;
}

interface Waiting {
  resolve(value: never): void;
  reject(error: unknown): void;
}

const MEMORY = ':memory:';

/**
 * A store in an SQLite file, which only its owner can read. SQLite runs in a thread of its own: waiting for the disk does not
 * hold up packets. `erases`: what is deleted is overwritten in the file too, and is gone from its log when the store is closed.
 * Throws `store-in-use` and `store-unusable`.
 */
export async function openStore(
  path: string,
  migrations: readonly Migration[],
  { erases = false }: { readonly erases?: boolean } = {},
): Promise<Store> {
  const file = resolve(path);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const owner = await ownFile(file);
  try {
    await (await open(file, 'a', 0o600)).close();
    // A lock that outlived its process: SQLite's port marks a database in use by a folder.
    await rm(`${file}.lock`, { recursive: true, force: true });
    const store = await SqliteStore.start({ path: file, migrations, erases }, owner);
    const folder = await open(dirname(file));
    try {
      // The names of the database and its log are durable before anything is acknowledged.
      await folder.sync();
    } finally {
      await folder.close();
    }
    return store;
  } catch (error) {
    await owner.release();
    throw error;
  }
}

/** A store that forgets everything when it is closed: for tests, and where nothing is to be kept. */
export function openMemoryStore(migrations: readonly Migration[]): Promise<Store> {
  return SqliteStore.start({ path: MEMORY, migrations, erases: false }, undefined);
}

class SqliteStore implements Store {
  private readonly worker: Worker;
  private readonly owner: FileOwner | undefined;
  private readonly waiting = new Map<number, Waiting>();
  private lastId = 0;
  private closing: Promise<void> | undefined;
  private failure: StoreError | undefined;

  private constructor(data: StoreWorkerData, owner: FileOwner | undefined) {
    this.owner = owner;
    this.worker = new Worker(new URL('./sqlite-worker.js', import.meta.url), {
      workerData: data,
      // Its own exit handlers are not this process's.
      env: {},
    });
    this.worker.on('message', (answer: StoreAnswer) => this.settle(answer));
    this.worker.on('error', error => this.ended(error));
    this.worker.on('exit', () => this.ended(undefined));
  }

  static async start(data: StoreWorkerData, owner: FileOwner | undefined): Promise<SqliteStore> {
    const store = new SqliteStore(data, owner);
    try {
      await new Promise<void>((resolve, reject) => store.waiting.set(0, { resolve, reject }));
    } catch (error) {
      await store.worker.terminate();
      throw error;
    }
    return store;
  }

  read<Row>(sql: string, parameters: readonly SqlValue[] = []): Promise<Row[]> {
    return this.ask(id => ({ id, type: 'read', sql, parameters }));
  }

  write(statements: readonly Statement[]): Promise<number[]> {
    return this.ask(id => ({ id, type: 'write', statements }));
  }

  close(): Promise<void> {
    this.closing ??= this.closeNow();
    return this.closing;
  }

  private async closeNow(): Promise<void> {
    const exited = once(this.worker, 'exit');
    if (this.failure === undefined) {
      this.worker.postMessage({ id: 0, type: 'close' } satisfies StoreRequest);
      await exited;
    }
    await this.owner?.release();
  }

  private ask<T>(request: (id: number) => StoreRequest): Promise<T> {
    if (this.failure !== undefined) return Promise.reject(this.failure);
    if (this.closing !== undefined) return Promise.reject(closed());
    const id = ++this.lastId;
    return new Promise<T>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      this.worker.postMessage(request(id));
    });
  }

  private settle(answer: StoreAnswer): void {
    const waiting = this.waiting.get(answer.id);
    this.waiting.delete(answer.id);
    if ('value' in answer) waiting?.resolve(answer.value as never);
    else waiting?.reject(new StoreError(answer.code, answer.message));
  }

  private ended(cause: unknown): void {
    this.failure ??=
      cause === undefined
        ? closed()
        : new StoreError('store-failed', 'the store ended unexpectedly', { cause });
    for (const { reject } of this.waiting.values()) reject(this.failure);
    this.waiting.clear();
  }
}

function closed(): StoreError {
  return new StoreError('store-closed', 'the store is closed');
}
