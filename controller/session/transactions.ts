import type { DecodedMessage, Message } from '../openflow/index.js';
import { MultipartReassembly } from './multipart-reassembly.js';
import { OpenflowReplyError } from './reply-error.js';
import { type DecodedOf, isReplyOf, type ReplyType, type RequestOptions } from './requests.js';
import { SessionError } from './session-error.js';

interface Pending {
  readonly xid: number;
  /** Type of the request, and of the reply that answers it. */
  readonly request: Message['type'];
  readonly replyType: ReplyType;
  readonly timeout: number;
  deadline: number;
  readonly resolve: (reply: DecodedMessage) => void;
  readonly reject: (error: Error) => void;
  readonly reassembly: MultipartReassembly | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onAbort: () => void;
}

/** Bounds that hold for every call of a session. */
export interface TransactionLimits {
  requestTimeout: number;
  maxPendingRequests: number;
  maxReplyBytes: number;
  maxReplyParts: number;
}

/**
 * The calls of one session that wait for a reply, by transaction id. Each ends exactly once: with its reply, with the
 * ERROR that names its xid, at its time limit, by its signal, or with the session.
 */
export class Transactions {
  readonly #limits: TransactionLimits;
  readonly #pending = new Map<number, Pending>();
  /** Calls made since the last time signal: their time limits start at the next one. */
  #undated: Pending[] = [];
  #earliest = Number.POSITIVE_INFINITY;

  constructor(limits: TransactionLimits) {
    this.#limits = limits;
  }

  get size(): number {
    return this.#pending.size;
  }

  /** When `tick` is next wanted; 0 when there are calls whose time limit has not started. */
  get deadline(): number {
    return this.#undated.length > 0 ? 0 : this.#earliest;
  }

  has(xid: number): boolean {
    return this.#pending.has(xid);
  }

  /** Whether a message of type `type` answers the call `xid`. */
  awaits(xid: number, type: Message['type']): boolean {
    const pending = this.#pending.get(xid);
    return pending !== undefined && isReplyOf(type, pending.replyType);
  }

  /** The error of a call that cannot be made now: too many are pending, or its signal has fired already. */
  refusal(options: RequestOptions): SessionError | undefined {
    if (options.signal?.aborted) return aborted(options.signal);
    if (this.#pending.size < this.#limits.maxPendingRequests) return undefined;
    return new SessionError('too-many-requests', `${this.#pending.size} requests wait for replies already.`);
  }

  /** Waits for a reply of `replyType` to the `request` that was sent with `xid`. */
  add(
    xid: number,
    request: Message['type'],
    replyType: ReplyType,
    options: RequestOptions,
  ): Promise<DecodedMessage> {
    return new Promise((resolve, reject) => {
      const pending: Pending = {
        xid,
        request,
        replyType,
        timeout: options.timeout ?? this.#limits.requestTimeout,
        deadline: Number.POSITIVE_INFINITY,
        resolve,
        reject,
        reassembly:
          request === 'multipart-request'
            ? new MultipartReassembly(
                options.maxReplyBytes ?? this.#limits.maxReplyBytes,
                this.#limits.maxReplyParts,
                options.onPart,
              )
            : undefined,
        signal: options.signal,
        onAbort: () => this.#fail(pending, aborted(options.signal!)),
      };
      options.signal?.addEventListener('abort', pending.onAbort, { once: true });
      this.#pending.set(xid, pending);
      this.#undated.push(pending);
    });
  }

  /** A reply of `length` bytes on the wire arrived for the pending call `xid`. */
  reply(xid: number, message: DecodedMessage, length: number): void {
    const pending = this.#pending.get(xid)!;
    if (!isReplyOf(message.type, pending.replyType)) {
      this.#fail(
        pending,
        new SessionError('unexpected-reply', `A ${message.type} answered the ${pending.request}.`),
      );
      return;
    }
    if (pending.reassembly === undefined) {
      this.#forget(pending);
      pending.resolve(message);
      return;
    }
    const outcome = pending.reassembly.add(message as DecodedOf<'multipart-reply'>, length);
    if (outcome === undefined) {
      // Once between two ticks, however many parts come.
      if (pending.deadline !== Number.POSITIVE_INFINITY) this.#undated.push(pending);
      pending.deadline = Number.POSITIVE_INFINITY;
      return;
    }
    if (outcome instanceof SessionError) {
      this.#fail(pending, outcome);
      return;
    }
    this.#forget(pending);
    pending.resolve(outcome);
  }

  /** An ERROR message arrived; false when no call waits under its xid. */
  refused(error: DecodedOf<'error'>): boolean {
    const pending = this.#pending.get(error.xid);
    if (pending === undefined) return false;
    this.#fail(pending, new OpenflowReplyError(pending.request, error));
    return true;
  }

  /** The reply to `xid` cannot be read; false when no call waits under that xid. */
  malformed(xid: number, cause: Error): boolean {
    const pending = this.#pending.get(xid);
    if (pending === undefined) return false;
    const text = `The reply to the ${pending.request} is malformed: ${cause.message}`;
    this.#fail(pending, new SessionError('malformed-reply', text, { cause }));
    return true;
  }

  /** The call `xid` could not be sent. */
  abandon(xid: number, error: Error): void {
    const pending = this.#pending.get(xid);
    if (pending !== undefined) this.#fail(pending, error);
  }

  /** Starts the time limits of new calls and of the next parts of replies, and ends those whose time is over. */
  tick(now: number): void {
    for (const pending of this.#undated) {
      pending.deadline = now + pending.timeout;
      if (pending.deadline < this.#earliest) this.#earliest = pending.deadline;
    }
    if (this.#undated.length > 0) this.#undated = [];
    if (now < this.#earliest) return;
    this.#earliest = Number.POSITIVE_INFINITY;
    if (this.#pending.size === 0) return;
    for (const pending of this.#pending.values()) {
      if (pending.deadline <= now) this.#fail(pending, late(pending));
      else if (pending.deadline < this.#earliest) this.#earliest = pending.deadline;
    }
  }

  /** Ends every call with `reason`. */
  failAll(reason: SessionError): void {
    for (const pending of this.#pending.values()) this.#fail(pending, reason);
    this.#undated = [];
    this.#earliest = Number.POSITIVE_INFINITY;
  }

  #fail(pending: Pending, error: Error): void {
    this.#forget(pending);
    pending.reject(error);
  }

  #forget(pending: Pending): void {
    this.#pending.delete(pending.xid);
    pending.signal?.removeEventListener('abort', pending.onAbort);
  }
}

function aborted(signal: AbortSignal): SessionError {
  return new SessionError('request-aborted', 'The caller gave the request up.', { cause: signal.reason });
}

function late(pending: Pending): SessionError {
  const limit = `${pending.timeout} ms`;
  return new SessionError('request-timeout', `No reply to the ${pending.request} came within ${limit}.`);
}
