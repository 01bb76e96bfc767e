import { openStore, type SqlValue, type Statement, type Store } from '../../../controller/store/index.js';
import type { AliasState, LeaseState, SwitchId } from '../model.js';
import { MARK_AGE, type TimeMark } from '../steady-time.js';
import type { LeaseStore, StoreChange, StoredLease, StoredState } from './lease-store.js';
import { MIGRATIONS } from './migrations.js';

type Row = Record<string, unknown>;

/** A lease of another id on the address, which must not be there, violates NOT NULL. */
const CHANGE_LEASE = `ON CONFLICT (address) DO UPDATE SET
    id = CASE WHEN id = excluded.id THEN id END,
    expires_at = excluded.expires_at, remove_at = excluded.remove_at, state = excluded.state`;
const PUT_LEASE = `INSERT INTO lease VALUES (unhex(?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) ${CHANGE_LEASE}`;
/** In the order of the tree: random addresses would visit its pages in a random one. */
const PUT_LEASES = `INSERT INTO lease
  SELECT unhex(value->>0), value->>1, value->>2, value->>3, value->>4, value->>5, value->>6, value->>7, value->>8,
    value->>9, value->>10
  FROM json_each(?) WHERE true ORDER BY 1
  ${CHANGE_LEASE}`;
const PUT_ALIASES = `INSERT OR REPLACE INTO alias
  SELECT value->>0, value->>1, value->>2, value->>3, value->>4, value->>5 FROM json_each(?)`;

/** Milliseconds after which SQLite's log is emptied when something was deleted: until then it may have what is gone from the file. */
const LOG_LIFE = 60_000;

/** Ids that are noted as used at once. */
const ID_BLOCK = 4096;

/**
 * Leases in an SQLite file. A batch of any size is one statement, whose parameter is a JSON list. What is deleted is
 * overwritten in the file, and leaves its log within a minute: they do not tell who had an address last week.
 */
export class SqliteLeaseStore implements LeaseStore {
  private readonly store: Store;
  /** What the file says of ids and time. */
  private noted: { nextId: number; time: TimeMark } | undefined;

  private readonly logLife: number;
  private emptying: NodeJS.Timeout | undefined;

  private constructor(store: Store, logLife: number) {
    this.store = store;
    this.logLife = logLife;
  }

  /** Makes the file where it is missing. Throws StoreError. */
  static async open(path: string, logLife: number = LOG_LIFE): Promise<SqliteLeaseStore> {
    const store = await openStore(path, MIGRATIONS, { erases: true });
    const leases = new SqliteLeaseStore(store, logLife);
    // One that was killed left its log.
    leases.emptyLogSoon();
    return leases;
  }

  async load(): Promise<StoredState> {
    const [progress] = await this.store.read<Row>('SELECT * FROM allocator');
    const leases = await this.store.read<Row>('SELECT * FROM lease');
    const aliases = await this.store.read<Row>('SELECT * FROM alias');
    const sids = await this.store.read<Row>('SELECT * FROM sid');
    const { steady, monotonic, boot } = progress!;
    return {
      leases: leases.map(leaseOf),
      aliases: aliases.map(aliasOf),
      sids: sids.map(row => [row.switch as SwitchId, Number(row.sid)]),
      nextId: Number(progress!.next_id),
      time:
        boot === null
          ? undefined
          : { steady: Number(steady), monotonic: Number(monotonic), boot: String(boot) },
      identity: new Uint8Array(progress!.identity as Uint8Array),
    };
  }

  async commit(change: StoreChange): Promise<void> {
    const { remove = [], put = [], aliases, nextId, time } = change;
    const statements: Statement[] = [];
    const isNoted = this.isNoted(nextId, time);
    if (!isNoted) {
      statements.push({
        sql: 'UPDATE allocator SET next_id = max(next_id, ?), steady = ?, monotonic = ?, boot = ?',
        parameters: [nextId + ID_BLOCK, time.steady, time.monotonic, time.boot],
      });
    }
    const add = (sql: string, values: readonly unknown[]) => {
      if (values.length > 0) statements.push({ sql, parameters: [JSON.stringify(values)] });
    };
    add('DELETE FROM lease WHERE address IN (SELECT unhex(value) FROM json_each(?))', remove.map(hexOf));
    if (put.length === 1) statements.push({ sql: PUT_LEASE, parameters: leaseRow(put[0]!) });
    else add(PUT_LEASES, put.map(leaseRow));
    if (aliases !== undefined) {
      add(
        'DELETE FROM alias WHERE alias IN (SELECT value FROM json_each(?))',
        aliases.remove.map(({ alias }) => alias),
      );
      add(PUT_ALIASES, aliases.put.map(aliasRow));
      add('DELETE FROM sid WHERE switch IN (SELECT value FROM json_each(?))', aliases.forget);
      const sids = aliases.sids.map(({ switchId, sid }) => [switchId, sid]);
      add('INSERT OR REPLACE INTO sid SELECT value->>0, value->>1 FROM json_each(?)', sids);
    }
    await this.store.write(statements);
    if (remove.length > 0 || aliases !== undefined) this.emptyLogSoon();
    if (!isNoted) this.noted = { nextId: nextId + ID_BLOCK, time };
  }

  close(): Promise<void> {
    clearTimeout(this.emptying);
    return this.store.close();
  }

  private emptyLogSoon(): void {
    this.emptying ??= setTimeout(() => {
      this.emptying = undefined;
      // Where the disk is full it has to wait for another deletion.
      this.store.read('PRAGMA wal_checkpoint(TRUNCATE)').catch(() => undefined);
    }, this.logLife).unref();
  }

  /** Ids are noted in blocks and time once in MARK_AGE, so that most commits have nothing but leases. */
  private isNoted(nextId: number, { steady, boot }: TimeMark): boolean {
    const { noted } = this;
    if (noted === undefined || nextId > noted.nextId) return false;
    return noted.time.boot === boot && steady - noted.time.steady < MARK_AGE;
  }
}

function hexOf({ address }: StoredLease): string {
  return Buffer.from(address.buffer, address.byteOffset, address.length).toString('hex');
}

function leaseRow(lease: StoredLease): SqlValue[] {
  const { id, attachment, alias, notBefore, expiresAt, removeAt, state, request } = lease;
  const { switchId, port, mac } = attachment;
  return [
    hexOf(lease),
    id,
    switchId,
    port,
    mac,
    alias ?? null,
    notBefore,
    expiresAt,
    removeAt,
    state,
    request,
  ];
}

function leaseOf(row: Row): StoredLease {
  return {
    id: Number(row.id),
    address: new Uint8Array(row.address as Uint8Array),
    attachment: { switchId: row.switch as SwitchId, port: Number(row.port), mac: Number(row.mac) },
    alias: row.alias === null ? undefined : Number(row.alias),
    notBefore: Number(row.not_before),
    expiresAt: Number(row.expires_at),
    removeAt: Number(row.remove_at),
    state: row.state as LeaseState,
    request: row.request as string,
  };
}

function aliasRow(state: AliasState): unknown[] {
  const { alias, sid, switchId, createdAt, usableUntil, validUntil } = state;
  return [alias, sid, switchId, createdAt, usableUntil, validUntil];
}

function aliasOf(row: Row): AliasState {
  return {
    sid: Number(row.sid),
    alias: Number(row.alias),
    switchId: row.switch as SwitchId,
    createdAt: Number(row.created_at),
    usableUntil: Number(row.usable_until),
    validUntil: Number(row.valid_until),
  };
}
