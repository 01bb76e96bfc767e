import { AllocationError } from '../allocation-error.js';
import { ForwardingError } from '../forwarding-error.js';
import type { Forwarding } from '../model.js';
import type { TimeMark } from '../steady-time.js';
import type { LeaseStore, StoredLease } from '../store/lease-store.js';

/** Leases of one transaction at most, so that one commit does not hold the controller up for long. */
const MAX_BATCH = 4096;
/** When a switch that did not answer may do so again, in milliseconds. */
const RETRY_AFTER = 1000;

interface Entry {
  readonly put: readonly StoredLease[];
  readonly remove: readonly StoredLease[];
  readonly install: boolean;
  readonly resolve: () => void;
  readonly reject: (error: Error) => void;
}

export interface CommitQueueOptions {
  readonly store: LeaseStore;
  readonly forwarding: Forwarding;
  /** What every transaction notes besides. */
  readonly progress: () => { nextId: number; time: TimeMark };
  /** Runs `work` soon, when what is there already has been handled and answered; default setImmediate. */
  readonly soon?: ((work: () => void) => void) | undefined;
  /** Told of leases that are durable and not yet confirmed; what it throws fails them. */
  readonly recorded?: ((leases: readonly StoredLease[]) => void) | undefined;
}

/**
 * Group commit: whatever is read at once, or arrives while the disk works, becomes one transaction, one fsync
 * and one batch of rules. So batches grow with the load by themselves. Rules of several batches may be on their way.
 */
export class CommitQueue {
  private readonly options: CommitQueueOptions;
  private entries: Entry[] = [];
  private scheduled = false;
  private outstanding = 0;

  constructor(options: CommitQueueOptions) {
    this.options = options;
  }

  /** Leases that are not durable and confirmed yet. */
  get pending(): number {
    return this.outstanding;
  }

  /**
   * Resolves when the leases are durable and, with `install`, the switches confirmed their rules. Rejects with
   * AllocationError `store-failed` or `rule-refused` when that is not so for one of them.
   */
  put(put: readonly StoredLease[], install: boolean): Promise<void> {
    return this.add(put, [], install);
  }

  /** Resolves when the leases are durably forgotten. */
  remove(leases: readonly StoredLease[]): Promise<void> {
    return this.add([], leases, false);
  }

  private add(put: readonly StoredLease[], remove: readonly StoredLease[], install: boolean): Promise<void> {
    this.outstanding += put.length;
    const done = new Promise<void>((resolve, reject) => {
      this.entries.push({ put, remove, install, resolve, reject });
    }).finally(() => {
      this.outstanding -= put.length;
    });
    if (!this.scheduled) this.schedule();
    return done;
  }

  private schedule(): void {
    this.scheduled = true;
    (this.options.soon ?? setImmediate)(() => {
      void this.flush().then(() => {
        this.scheduled = false;
        if (this.entries.length > 0) this.schedule();
      });
    });
  }

  /** Never rejects. */
  private async flush(): Promise<void> {
    const batch = this.takeBatch();
    if (batch.length === 0) return;
    const put = batch.flatMap(entry => entry.put);
    const install = batch.filter(entry => entry.install);
    const leases = install.flatMap(entry => entry.put);
    const { store, forwarding, progress, recorded } = this.options;
    try {
      await store.commit({ put, remove: batch.flatMap(entry => entry.remove), ...progress() });
      if (leases.length > 0) recorded?.(leases);
    } catch (cause) {
      const error = new AllocationError('store-failed', 'the lease could not be stored', { cause });
      for (const entry of batch) entry.reject(error);
      return;
    }
    for (const entry of batch) if (!entry.install) entry.resolve();
    if (install.length === 0) return;
    forwarding.install(leases).then(
      () => {
        for (const entry of install) entry.resolve();
      },
      (cause: unknown) => rejectRefused(install, cause),
    );
  }

  private takeBatch(): Entry[] {
    let size = 0;
    let length = 0;
    while (length < this.entries.length && size < MAX_BATCH) {
      const { put, remove } = this.entries[length++]!;
      size += put.length + remove.length;
    }
    return this.entries.splice(0, length);
  }
}

/** Entries without a refused lease are in force. */
function rejectRefused(entries: readonly Entry[], cause: unknown): void {
  const refused = cause instanceof ForwardingError ? new Set(cause.leases.map(lease => lease.id)) : undefined;
  const isAway = cause instanceof ForwardingError && cause.code === 'switch-unreachable';
  const error = new AllocationError('rule-refused', 'a switch did not take the rules of an address', {
    cause,
    ...(isAway ? { retryAfter: RETRY_AFTER } : {}),
  });
  for (const entry of entries) {
    if (refused === undefined || entry.put.some(lease => refused.has(lease.id))) entry.reject(error);
    else entry.resolve();
  }
}
