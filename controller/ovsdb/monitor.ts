import type { OvsdbClient, Subscription } from './client.js';
import type { DatabaseDefinition } from './column.js';
import { OvsdbError } from './errors.js';
import type { CallOptions, JsonRpcConnection } from './json-rpc.js';
import { isChange, type Replica, type RowDifference, readUpdates } from './monitor-update.js';
import { checkDefinition, parseSchema } from './schema.js';
import { type PlainRow, TableCodec } from './table-codec.js';
import type { WireCondition } from './wire.js';

/** What to monitor of one table. */
export interface TableSelection {
  columns: readonly string[];
  where: readonly (readonly [string, string, unknown])[];
}

export interface MonitorOptions {
  /** Rows that the monitored tables may hold together; 1,000,000 when absent. */
  maxRows?: number;
}

interface Waiter {
  check(): boolean;
  reject(error: OvsdbError): void;
}

/**
 * A replica of some tables that follows the server (RFC 7047, section 4.1.5). After a reconnection the fresh
 * snapshot is compared with what was known, so the listener hears only of rows that really changed.
 */
export class TableMonitor implements Subscription {
  readonly #client: OvsdbClient;
  readonly #id: string;
  readonly #definition: DatabaseDefinition;
  readonly #selections: ReadonlyMap<string, TableSelection>;
  readonly #listener: (changes: RowDifference[]) => void;
  readonly #maxRows: number;
  readonly #waiters = new Set<Waiter>();
  #replicas = new Map<string, Replica>();
  #connection: JsonRpcConnection | undefined;
  #differential = true;
  #ended: OvsdbError | undefined;

  constructor(
    client: OvsdbClient,
    definition: DatabaseDefinition,
    selections: ReadonlyMap<string, TableSelection>,
    listener: (changes: RowDifference[]) => void,
    options: MonitorOptions = {},
  ) {
    this.#client = client;
    this.#id = client.newSubscriptionId();
    this.#definition = definition;
    this.#selections = selections;
    this.#listener = listener;
    this.#maxRows = options.maxRows ?? 1_000_000;
  }

  /** Subscribes and waits for the first snapshot, which the listener hears as inserts. */
  open(options?: CallOptions): Promise<void> {
    return this.#client.subscribe(this.#id, this, options);
  }

  /** Whether the rows are the server's present ones; false between connections. */
  get synchronised(): boolean {
    return this.#connection !== undefined;
  }

  /** Rows of one table by UUID. */
  rows(table: string): ReadonlyMap<string, PlainRow> {
    return this.#replicas.get(table)?.rows ?? new Map();
  }

  /**
   * Waits until `probe` gives something else than undefined; it is asked now and after every change.
   * Rejects with OvsdbError `timed-out` (`what` names the condition), `aborted` or `closed`.
   */
  waitFor<T>(probe: () => T | undefined, what: string, options: CallOptions = {}): Promise<T> {
    const { signal, timeout = 30_000 } = options;
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void) => {
        clearTimeout(timer);
        signal?.removeEventListener('abort', onAbort);
        this.#waiters.delete(waiter);
        settle();
      };
      const waiter: Waiter = {
        check: () => {
          const value = probe();
          if (value !== undefined) finish(() => resolve(value));
          return value !== undefined;
        },
        reject: error => finish(() => reject(error)),
      };
      const onAbort = () => waiter.reject(new OvsdbError('aborted', `waiting for ${what} was given up`));
      const timer = setTimeout(
        () => waiter.reject(new OvsdbError('timed-out', `${what} did not come about within ${timeout} ms`)),
        timeout,
      );
      if (this.#ended !== undefined) return waiter.reject(this.#ended);
      if (signal?.aborted) return onAbort();
      if (waiter.check()) return;
      signal?.addEventListener('abort', onAbort);
      this.#waiters.add(waiter);
    });
  }

  /** Stops the monitor, at the server as well when there is a connection (RFC 7047, section 4.1.7). */
  async cancel(): Promise<void> {
    if (this.#ended !== undefined) return;
    const connection = this.#connection;
    this.#client.unsubscribe(this.#id);
    this.lost(new OvsdbError('closed', 'the monitor was cancelled'), true);
    await connection?.call('monitor_cancel', [this.#id], () => {}).catch(() => {});
  }

  async start(connection: JsonRpcConnection): Promise<void> {
    const { name } = this.#definition;
    const schema = await connection.call('get_schema', [name], parseSchema);
    checkDefinition(this.#definition, schema);
    const replicas = new Map<string, Replica>();
    for (const [table, { columns }] of this.#selections) {
      const served = schema.tables.get(table);
      if (served === undefined) {
        throw new OvsdbError('schema-mismatch', `the server's ${name} has no table ${table}`);
      }
      const codec = new TableCodec(table, this.#definition.tables[table]!, served);
      replicas.set(table, { codec, columns, rows: this.#replicas.get(table)?.rows ?? new Map() });
    }
    this.#replicas = replicas;
    await this.#request(connection);
  }

  async #request(connection: JsonRpcConnection): Promise<void> {
    const conditional = [...this.#selections.values()].some(({ where }) => where.length > 0);
    for (const method of ['monitor_cond', 'monitor'] as const) {
      try {
        await connection.call(method, [this.#definition.name, this.#id, this.#requests(method)], snapshot => {
          this.#differential = method === 'monitor_cond';
          this.#takeSnapshot(snapshot);
          this.#connection = connection;
        });
        return;
      } catch (error) {
        // Servers before Open vSwitch 2.6 know no conditions; a monitor that needs none does without.
        const unknown = error instanceof OvsdbError && error.reason === 'unknown method';
        if (method === 'monitor' || !unknown || conditional) throw error;
      }
    }
  }

  #requests(method: 'monitor_cond' | 'monitor'): object {
    const requests: Record<string, object[]> = {};
    for (const [table, { codec, columns }] of this.#replicas) {
      const where: WireCondition[] = this.#selections
        .get(table)!
        .where.map(item => codec.encodeCondition(item));
      const request = { columns: codec.servedColumns(columns) };
      requests[table] = [method === 'monitor_cond' && where.length > 0 ? { ...request, where } : request];
    }
    return requests;
  }

  notify(method: string, params: readonly unknown[]): void {
    if (method === 'monitor_canceled') {
      throw new OvsdbError('connection-lost', `the server cancelled the monitor of ${this.#definition.name}`);
    }
    if (this.#connection === undefined || (method !== 'update' && method !== 'update2')) return;
    this.#apply([...readUpdates(this.#replicas, params[1], this.#differential)]);
  }

  lost(error: OvsdbError, final: boolean): void {
    this.#connection = undefined;
    if (!final) return;
    this.#ended = error;
    for (const waiter of [...this.#waiters]) waiter.reject(error);
  }

  /** Rows that the snapshot does not tell were deleted while nobody listened. */
  #takeSnapshot(snapshot: unknown): void {
    const differences = [...readUpdates(this.#replicas, snapshot, this.#differential)];
    const told = new Set(differences.map(({ table, uuid }) => `${table} ${uuid}`));
    for (const [table, { rows }] of this.#replicas) {
      for (const [uuid, before] of rows) {
        if (!told.has(`${table} ${uuid}`)) differences.push({ table, uuid, before, after: undefined });
      }
    }
    this.#apply(differences);
  }

  #apply(differences: RowDifference[]): void {
    const changes = differences.filter(isChange);
    for (const { table, uuid, after } of changes) {
      const { rows } = this.#replicas.get(table)!;
      if (after === undefined) rows.delete(uuid);
      else rows.set(uuid, after);
    }
    let total = 0;
    for (const { rows } of this.#replicas.values()) total += rows.size;
    if (total > this.#maxRows) {
      throw new OvsdbError('too-large', `the monitored tables hold more than ${this.#maxRows} rows`);
    }
    if (changes.length === 0) return;
    // First the listener: what waits may look at what the listener keeps.
    shield(() => this.#listener(changes));
    shield(() => {
      for (const waiter of [...this.#waiters]) waiter.check();
    });
  }
}

/** A fault of a listener or a probe is not one of the connection. */
function shield(run: () => void): void {
  try {
    run();
  } catch (error) {
    queueMicrotask(() => {
      throw error;
    });
  }
}
