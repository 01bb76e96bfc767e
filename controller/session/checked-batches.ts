import { type Message, OpenflowError } from '../openflow/index.js';
import { OpenflowReplyError } from './reply-error.js';
import type { DecodedOf, RequestOptions } from './requests.js';

/** One message of a batch that was not carried out, and why. */
export interface BatchFailure {
  /** Position of the message in the batch. */
  index: number;
  /** `OpenflowError`: it could not be encoded and was not sent. `OpenflowReplyError`: the switch refused it. */
  error: OpenflowError | OpenflowReplyError;
}

export interface BatchOptions extends RequestOptions {
  /**
   * Runs after the last message was sent; the batch is over when it resolves. ERRORs count until then. A barrier when
   * absent; for a bundle, its close and commit.
   */
  finish?: (() => Promise<unknown>) | undefined;
}

/** What a batch needs of a session. */
export interface BatchSender {
  readonly congested: boolean;
  send(message: Message): number;
  drained(options: RequestOptions): Promise<void>;
  barrier(options: RequestOptions): Promise<void>;
}

/** Messages sent one after the other have consecutive ids, so a batch is a few runs of them. */
interface Run {
  readonly firstXid: number;
  readonly firstIndex: number;
  readonly types: Message['type'][];
}

class CheckedBatch {
  readonly failures: BatchFailure[] = [];
  readonly #runs: Run[] = [];

  sent(index: number, xid: number, type: Message['type']): void {
    const last = this.#runs.at(-1);
    if (
      last !== undefined &&
      xid === last.firstXid + last.types.length &&
      index === last.firstIndex + last.types.length
    ) {
      last.types.push(type);
    } else {
      this.#runs.push({ firstXid: xid, firstIndex: index, types: [type] });
    }
  }

  refused(xid: number, error: DecodedOf<'error'>): boolean {
    for (const run of this.#runs) {
      const type = run.types[xid - run.firstXid];
      if (type === undefined) continue;
      const index = run.firstIndex + xid - run.firstXid;
      this.failures.push({ index, error: new OpenflowReplyError(type, error) });
      return true;
    }
    return false;
  }
}

/** Batches of messages that have no reply, each followed by a barrier: what the switch refused by then is known. */
export class CheckedBatches {
  readonly #open = new Set<CheckedBatch>();

  /** Sends `messages`, then a barrier or what `finish` says; resolves with those that failed. */
  async send(
    sender: BatchSender,
    messages: Iterable<Message>,
    options: BatchOptions,
  ): Promise<readonly BatchFailure[]> {
    const batch = new CheckedBatch();
    this.#open.add(batch);
    try {
      let index = 0;
      for (const message of messages) {
        if (sender.congested) await sender.drained(options);
        try {
          batch.sent(index, sender.send(message), message.type);
        } catch (error) {
          if (!(error instanceof OpenflowError)) throw error;
          batch.failures.push({ index, error });
        }
        index++;
      }
      await (options.finish === undefined ? sender.barrier(options) : options.finish());
    } finally {
      this.#open.delete(batch);
    }
    return batch.failures;
  }

  /** An ERROR with `xid` arrived; false when no open batch sent that message. */
  refused(xid: number, error: DecodedOf<'error'>): boolean {
    for (const batch of this.#open) {
      if (batch.refused(xid, error)) return true;
    }
    return false;
  }
}
