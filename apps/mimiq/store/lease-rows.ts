import type { SqlValue, Statement } from '../../../controller/store/index.js';
import type { AliasChange } from '../aliases/aliases.js';
import type { TimeMark } from '../allocator/steady-time.js';
import type { AliasState, LeaseState, SwitchId } from '../model.js';
import type { StoreChange, StoredLease } from './lease-store.js';

export type Row = Record<string, unknown>;

/** A change as the database takes it. */
export interface ChangedRows {
  /** Columns in the order of the table; the address in hexadecimal. */
  readonly put: readonly LeaseRow[];
  /** Addresses in hexadecimal. */
  readonly remove: readonly string[];
  readonly nextId: number;
  readonly time: TimeMark;
}

export type LeaseRow = readonly [address: string, id: number, ...rest: (string | number | null)[]];

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

export function rowsOf({ put = [], remove = [], nextId, time }: StoreChange): ChangedRows {
  return { put: put.map(leaseRow), remove: remove.map(hexOf), nextId, time };
}

/** What several changes, one after the other, come to. */
export function inOne(changes: readonly ChangedRows[]): ChangedRows {
  if (changes.length === 1) return changes[0]!;
  const { nextId, time } = changes.at(-1)!;
  const put = new Map<string, LeaseRow>();
  const remove = new Set<string>();
  for (const change of changes) {
    for (const address of change.remove) {
      put.delete(address);
      remove.add(address);
    }
    for (const row of change.put) put.set(row[0], row);
  }
  return { put: [...put.values()], remove: [...remove], nextId, time };
}

/** Removals come first. A batch of any size is one statement, whose parameter is a JSON list. */
export function leaseStatements({ put, remove }: ChangedRows): Statement[] {
  const removal = listStatement(
    'DELETE FROM lease WHERE address IN (SELECT unhex(value) FROM json_each(?))',
    remove,
  );
  if (put.length === 1) return [...removal, { sql: PUT_LEASE, parameters: put[0]! as readonly SqlValue[] }];
  return [...removal, ...listStatement(PUT_LEASES, put)];
}

export function aliasStatements({ put, remove, forget, sids }: AliasChange): Statement[] {
  return [
    ...listStatement(
      'DELETE FROM alias WHERE alias IN (SELECT value FROM json_each(?))',
      remove.map(({ alias }) => alias),
    ),
    ...listStatement(PUT_ALIASES, put.map(aliasRow)),
    ...listStatement('DELETE FROM sid WHERE switch IN (SELECT value FROM json_each(?))', forget),
    ...listStatement(
      'INSERT OR REPLACE INTO sid SELECT value->>0, value->>1 FROM json_each(?)',
      sids.map(({ switchId, sid }) => [switchId, sid]),
    ),
  ];
}

function listStatement(sql: string, values: readonly unknown[]): Statement[] {
  return values.length > 0 ? [{ sql, parameters: [JSON.stringify(values)] }] : [];
}

export function hexOf({ address }: StoredLease): string {
  return Buffer.from(address.buffer, address.byteOffset, address.length).toString('hex');
}

function leaseRow(lease: StoredLease): LeaseRow {
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

export function leaseOf(row: Row): StoredLease {
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

export function aliasOf(row: Row): AliasState {
  return {
    sid: Number(row.sid),
    alias: Number(row.alias),
    switchId: row.switch as SwitchId,
    createdAt: Number(row.created_at),
    usableUntil: Number(row.usable_until),
    validUntil: Number(row.valid_until),
  };
}
