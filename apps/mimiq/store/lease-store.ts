import type { AliasState, Lease, SwitchId } from '../model.js';
import type { TimeMark } from '../steady-time.js';

/** A lease, and the request that it answers: who asks the same again gets the same. */
export interface StoredLease extends Lease {
  /** Unique among the client's requests; leases of one set share it. */
  readonly request: string;
}

/** Everything that outlives the process. */
export interface StoredState {
  readonly leases: StoredLease[];
  readonly aliases: AliasState[];
  readonly sids: [SwitchId, number][];
  /** From here on no lease ever had an id. */
  readonly nextId: number;
  /** At most MARK_AGE older than the last commit. */
  readonly time: TimeMark | undefined;
  /** 16 random bytes that name this allocator to DHCPv6 clients, the same for ever. */
  readonly identity: Uint8Array;
}

/** What changes among aliases; durable before they are used. */
export interface AliasChange {
  readonly put: readonly AliasState[];
  /** Aliases that ended. */
  readonly remove: readonly AliasState[];
  readonly sids: readonly { readonly switchId: SwitchId; readonly sid: number }[];
  /** Switches that are forgotten. */
  readonly forget: readonly SwitchId[];
}

/** One transaction. */
export interface StoreChange {
  /** New leases, and changed ones by their id. */
  readonly put?: readonly StoredLease[];
  /** Leases whose addresses are free again. */
  readonly remove?: readonly StoredLease[];
  readonly aliases?: AliasChange;
  readonly nextId: number;
  readonly time: TimeMark;
}

/**
 * Where leases and aliases are kept. A commit is all or nothing, in the order of the calls, and on the disk when it resolves;
 * when it rejects, nothing of it need have happened, but it may have.
 */
export interface LeaseStore {
  load(): Promise<StoredState>;
  commit(change: StoreChange): Promise<void>;
  close(): Promise<void>;
}
