import type { Clock } from '../../../controller/host/index.js';
import type { Forwarding } from '../model.js';
import type { Random } from '../random.js';
import type { TimeSource } from '../steady-time.js';
import type { LeaseStore, StoredLease } from '../store/lease-store.js';
import type { AllocatorConfig } from './config.js';

export interface AllocatorOptions {
  readonly config: AllocatorConfig;
  readonly store: LeaseStore;
  readonly forwarding: Forwarding;
  readonly clock: Clock;
  readonly time?: TimeSource;
  readonly random?: Random;
  readonly soon?: (work: () => void) => void;
  /** Told of durable leases before their clients are. */
  readonly recorded?: (leases: readonly StoredLease[]) => void;
  /** Told of failures that are tried again. */
  readonly failed?: (error: unknown) => void;
}

/** How many addresses of which family; `request` makes it the same request when it comes again. */
export interface Allocation {
  readonly family: 4 | 6;
  readonly count: number;
  readonly request: string;
  /** Whether the request may be made anew when its leases have ended. */
  readonly repeatable?: boolean;
}
