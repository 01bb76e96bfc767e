import type { Clock, Timer } from '../../../controller/host/index.js';
import type { Forwarding } from '../model.js';
import type { StoredLease } from '../store/lease-store.js';
import type { CommitQueue } from './commit-queue.js';
import { DeadlineQueue } from './deadline-queue.js';
import type { LeaseTable } from './lease-table.js';

/** Leases that are taken out of the switches at once. */
const MAX_BATCH = 4096;
const FIRST_RETRY = 1000;
const LAST_RETRY = 60_000;

export interface LeaseEndsOptions {
  readonly table: LeaseTable;
  readonly commits: CommitQueue;
  readonly forwarding: Forwarding;
  readonly clock: Clock;
  readonly now: () => number;
  /** The address is free: no switch and no store knows of it any more. */
  readonly freed: (lease: StoredLease) => void;
  readonly failed: (error: unknown) => void;
}

/**
 * The second half of a lease's life: expiry, t_remove, then the switches, then the store, and only then the pool. A step
 * that fails is tried again, and until it works the address stays out of use.
 */
export class LeaseEnds {
  private readonly options: LeaseEndsOptions;
  private readonly deadlines = new DeadlineQueue();
  private readonly removing = new Set<number>();
  private readonly retries = new Set<Timer>();

  constructor(options: LeaseEndsOptions) {
    this.options = options;
  }

  /** When `run` has something to do; Infinity when never. */
  get next(): number {
    return this.deadlines.next;
  }

  /** Follows a lease that is new or changed. */
  follow(lease: StoredLease): void {
    this.deadlines.add(lease.state === 'held' ? lease.expiresAt : lease.removeAt, lease.id);
  }

  run(): void {
    const { table } = this.options;
    const now = this.options.now();
    let due: StoredLease[] = [];
    for (;;) {
      const id = this.deadlines.take(now);
      if (id === undefined) break;
      let lease = table.get(id);
      if (lease === undefined || this.removing.has(id)) continue;
      if (lease.state === 'held') {
        // A renewed lease has a later deadline in the queue as well.
        if (lease.expiresAt > now) continue;
        lease = { ...lease, state: 'expired' };
        table.set(lease);
        if (lease.removeAt > now) this.follow(lease);
      }
      if (lease.removeAt > now) continue;
      this.removing.add(id);
      due.push(lease);
      if (due.length < MAX_BATCH) continue;
      this.remove(due, FIRST_RETRY);
      due = [];
    }
    if (due.length > 0) this.remove(due, FIRST_RETRY);
  }

  stop(): void {
    for (const timer of this.retries) timer.cancel();
  }

  private remove(leases: readonly StoredLease[], retryAfter: number): void {
    const { forwarding, commits, table, clock, freed, failed } = this.options;
    const work = forwarding.remove(leases).then(() => commits.remove(leases));
    work.then(
      () => {
        for (const lease of leases) {
          this.removing.delete(lease.id);
          if (table.delete(lease.id) !== undefined) freed(lease);
        }
      },
      (error: unknown) => {
        failed(error);
        const timer = clock.after(retryAfter, () => {
          this.retries.delete(timer);
          this.remove(leases, Math.min(LAST_RETRY, 2 * retryAfter));
        });
        this.retries.add(timer);
      },
    );
  }
}
