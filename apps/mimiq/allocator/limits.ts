import { AllocationError } from '../allocation-error.js';
import type { Attachment } from '../model.js';
import type { AllocatorConfig } from './config.js';
import type { LeaseTable } from './lease-table.js';

const SECOND = 1000;

/** Who may have how much. An address counts until it is free again, or a client could use the pool up by giving back. */
export class Limits {
  private readonly limits: AllocatorConfig['limits'];
  private readonly table: LeaseTable;
  private readonly retryAfter: number;

  constructor(config: AllocatorConfig, table: LeaseTable) {
    this.limits = config.limits;
    this.table = table;
    this.retryAfter = Math.max(SECOND, config.removeAfter * SECOND);
  }

  /** Throws AllocationError `client-limit` or `port-limit` when the client may not have `more` addresses. */
  check(attachment: Attachment, more: number): void {
    const { perClient, perPort } = this.limits;
    const { retryAfter } = this;
    if (this.table.countOfClient(attachment) + more > perClient) {
      throw new AllocationError('client-limit', `a client has at most ${perClient} addresses`, {
        retryAfter,
      });
    }
    if (this.table.countOfPort(attachment) + more > perPort) {
      throw new AllocationError('port-limit', `a port has at most ${perPort} addresses`, { retryAfter });
    }
  }

  /** Throws AllocationError `busy` when too much is on its way. */
  checkPending(pending: number): void {
    if (pending <= this.limits.pending) return;
    throw new AllocationError('busy', 'too many requests are on their way', { retryAfter: SECOND });
  }

  /** The pool has nothing left. */
  exhausted(): AllocationError {
    const { retryAfter } = this;
    return new AllocationError('exhausted', 'no address is free', { retryAfter });
  }
}
