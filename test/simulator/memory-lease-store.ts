import { randomBytes } from 'node:crypto';
import type { AliasState, SwitchId } from '../../apps/mimiq/model.js';
import type { TimeMark } from '../../apps/mimiq/steady-time.js';
import type {
  LeaseStore,
  StoreChange,
  StoredLease,
  StoredState,
} from '../../apps/mimiq/store/lease-store.js';

/** Keeps everything as long as the object lives. */
export class MemoryLeaseStore implements LeaseStore {
  private readonly leases = new Map<number, StoredLease>();
  private readonly aliases = new Map<number, AliasState>();
  private readonly sids = new Map<SwitchId, number>();
  private readonly identity = randomBytes(16);
  private nextId = 1;
  private time: TimeMark | undefined;

  async load(): Promise<StoredState> {
    return {
      leases: [...this.leases.values()],
      aliases: [...this.aliases.values()],
      sids: [...this.sids],
      nextId: this.nextId,
      time: this.time,
      identity: this.identity,
    };
  }

  async commit(change: StoreChange): Promise<void> {
    for (const { id } of change.remove ?? []) this.leases.delete(id);
    for (const lease of change.put ?? []) this.leases.set(lease.id, lease);
    for (const state of change.aliases?.remove ?? []) this.aliases.delete(state.alias);
    for (const state of change.aliases?.put ?? []) this.aliases.set(state.alias, state);
    for (const switchId of change.aliases?.forget ?? []) this.sids.delete(switchId);
    for (const { switchId, sid } of change.aliases?.sids ?? []) this.sids.set(switchId, sid);
    this.nextId = change.nextId;
    this.time = change.time;
  }

  async close(): Promise<void> {}
}
