import { encode, type Message, type Writer } from '../openflow/index.js';
import { SessionError } from './session-error.js';
import type { WriterPool } from './writer-pool.js';

export interface OutboxLimits {
  outputHighWater: number;
  outputLimit: number;
  stallTimeout: number;
  writers: WriterPool;
}

/** What an outbox asks of the session. */
export interface OutboxEvents {
  /** Bytes wait to be taken; `urgent` when they should be taken at once if possible. */
  output(urgent: boolean): void;
  congested(congested: boolean): void;
  overflow(): void;
}

interface Waiter {
  resolve(): void;
  reject(error: SessionError): void;
}

/** The encoded messages of a session that have not been taken yet, and what happens when they become many. */
export class Outbox {
  readonly #limits: OutboxLimits;
  readonly #events: OutboxEvents;
  readonly #waiters = new Set<Waiter>();
  #writer: Writer | undefined;
  /** Bytes above which something must happen: the high-water mark, or the limit once congested. */
  #pressureAt: number;
  #congested = false;
  /** When a congested outbox that nobody empties is given up. */
  stallDeadline = Number.POSITIVE_INFINITY;

  constructor(limits: OutboxLimits, events: OutboxEvents) {
    this.#limits = limits;
    this.#events = events;
    this.#pressureAt = limits.outputHighWater;
  }

  get congested(): boolean {
    return this.#congested;
  }

  /** Encodes a message; on an `OpenflowError` nothing is added. `now` starts the stall limit when it congests. */
  write(message: Message, xid: number, now: number): void {
    let writer = this.#writer;
    if (writer === undefined) {
      writer = this.#limits.writers.take();
      this.#writer = writer;
    }
    const before = writer.pos;
    encode(writer, message, xid);
    if (before === 0) this.#events.output(false);
    if (writer.pos > this.#pressureAt) this.#pressed(now);
  }

  /** Hands over everything; undefined when there is nothing. */
  take(): Writer | undefined {
    const writer = this.#writer;
    if (writer === undefined || writer.pos === 0) return undefined;
    this.#writer = undefined;
    if (this.#congested) {
      this.#congested = false;
      this.#pressureAt = this.#limits.outputHighWater;
      this.stallDeadline = Number.POSITIVE_INFINITY;
      for (const waiter of this.#waiters) waiter.resolve();
      this.#waiters.clear();
      this.#events.congested(false);
    }
    return writer;
  }

  /** Resolves when the outbox is not congested. */
  drained(signal: AbortSignal | undefined): Promise<void> {
    if (!this.#congested) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = () => {
        this.#waiters.delete(waiter);
        reject(new SessionError('request-aborted', 'The caller gave up waiting.', { cause: signal?.reason }));
      };
      const waiter: Waiter = {
        resolve() {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
        reject(error) {
          signal?.removeEventListener('abort', onAbort);
          reject(error);
        },
      };
      if (signal?.aborted) {
        onAbort();
        return;
      }
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#waiters.add(waiter);
    });
  }

  /** Rejects everybody who waits; the bytes can still be taken. */
  fail(reason: SessionError): void {
    for (const waiter of this.#waiters) waiter.reject(reason);
    this.#waiters.clear();
    this.stallDeadline = Number.POSITIVE_INFINITY;
  }

  /** Asks for a flush first, then calls itself congested, and at last gives up. */
  #pressed(now: number): void {
    if (this.#congested) {
      this.#events.overflow();
      return;
    }
    this.#events.output(true);
    if (this.#writer === undefined || this.#writer.pos <= this.#pressureAt) return;
    this.#congested = true;
    this.#pressureAt = this.#limits.outputLimit;
    this.stallDeadline = now + this.#limits.stallTimeout;
    this.#events.congested(true);
  }
}
