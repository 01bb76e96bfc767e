import type { Message, Writer } from '../openflow/index.js';
import { type BatchFailure, type BatchOptions, CheckedBatches } from './checked-batches.js';
import { Framer } from './framer.js';
import type { SessionHandler } from './handler.js';
import { OWN_HELLO } from './hello.js';
import { InboundDispatch, type SessionState } from './inbound-dispatch.js';
import { Liveness } from './liveness.js';
import { type SessionOptions, sessionOptions } from './options.js';
import { Outbox } from './outbox.js';
import {
  type DecodedOf,
  type ReplyTo,
  type RequestMessage,
  type RequestOptions,
  replyTypeFor,
} from './requests.js';
import { SessionError } from './session-error.js';
import { SessionStatistics } from './statistics.js';
import { Transactions } from './transactions.js';

const LAST_XID = 0xffff_ffff;

/**
 * One OpenFlow 1.3 connection from the controller's side, as a state machine: bytes and the time go in
 * through `receive` and `tick`, events come out through the handler and bytes through `takeOutput`. It does
 * no I/O and has no clock; times are milliseconds of any monotonic clock.
 */
export class Session {
  readonly statistics = new SessionStatistics();

  readonly #handler: SessionHandler;
  readonly #options: SessionOptions;
  readonly #inbound: InboundDispatch;
  readonly #framer: Framer;
  readonly #transactions: Transactions;
  readonly #liveness: Liveness;
  readonly #batches = new CheckedBatches();
  readonly #outbox: Outbox;
  readonly #handshakeDeadline: number;
  #reason: SessionError | undefined;
  #constructing = true;
  #now: number;
  #lastXid = 0;

  /** The output holds a HELLO afterwards; the handler is not called for it. */
  constructor(handler: SessionHandler, options: Partial<SessionOptions>, now: number) {
    this.#handler = handler;
    this.#options = sessionOptions(options);
    this.#now = now;
    this.#transactions = new Transactions(this.#options);
    this.#liveness = new Liveness(this.#options.probeAfter, this.#options.probeTimeout, now);
    this.#handshakeDeadline = now + this.#options.handshakeTimeout;
    this.#outbox = new Outbox(this.#options, {
      output: urgent => {
        if (!this.#constructing) handler.output(this, urgent);
      },
      congested: congested => {
        if (!congested) this.#liveness.heard(this.#now);
        handler.congested?.(this, congested);
      },
      overflow: () => this.close(overflow(this.#options.outputLimit)),
    });
    const targets = {
      session: this,
      handler,
      transactions: this.#transactions,
      batches: this.#batches,
      statistics: this.statistics,
      write: (message: Message, xid?: number) => this.#write(message, xid),
    };
    this.#inbound = new InboundDispatch(targets, this.#options, now);
    this.#framer = new Framer(this.#inbound);
    this.#write(OWN_HELLO);
    this.#constructing = false;
  }

  get state(): SessionState {
    return this.#inbound.state;
  }

  /** The switch's FEATURES_REPLY; set from `ready` on. */
  get features(): DecodedOf<'features-reply'> | undefined {
    return this.#inbound.features;
  }

  /** Why the session ended; undefined while it lives. */
  get reason(): SessionError | undefined {
    return this.#reason;
  }

  /** The switch's datapath id; undefined before `ready`. */
  get datapathId(): bigint | undefined {
    return this.features?.datapathId;
  }

  /** More output waits than the high-water mark allows: hold back what can wait until `drained()`. */
  get congested(): boolean {
    return this.#outbox.congested;
  }

  /** The time of the next `tick` that will do something; it may be called earlier and more often. */
  get deadline(): number {
    if (this.state === 'closed') return Number.POSITIVE_INFINITY;
    const own =
      this.state !== 'ready'
        ? this.#handshakeDeadline
        : this.#outbox.congested
          ? Number.POSITIVE_INFINITY
          : this.#liveness.deadline;
    return Math.min(own, this.#transactions.deadline, this.#outbox.stallDeadline);
  }

  /**
   * Takes `buf[start, end)`, the next bytes from the switch, cut anywhere. The bytes may be reused
   * afterwards.
   */
  receive(buf: Uint8Array, start: number, end: number, now: number): void {
    if (this.state === 'closed') return;
    this.#now = now;
    this.#inbound.now = now;
    const before = this.statistics.messagesIn;
    try {
      this.#framer.receive(buf, start, end);
    } catch (cause) {
      this.close(new SessionError('handler-failed', 'The handler of a message failed.', { cause }));
    }
    if (this.statistics.messagesIn !== before) this.#liveness.heard(now);
  }

  /** Says what time it is: starts and ends time limits, and asks a silent switch whether it is alive. */
  tick(now: number): void {
    if (this.state === 'closed') return;
    this.#now = now;
    this.#transactions.tick(now);
    if (now >= this.#outbox.stallDeadline) {
      this.close(new SessionError('output-stalled', 'The switch does not read what is sent to it.'));
    } else if (this.state !== 'ready') {
      if (now < this.#handshakeDeadline) return;
      const limit = `${this.#options.handshakeTimeout} ms`;
      const missing = this.state === 'greeting' ? 'HELLO' : 'FEATURES_REPLY';
      this.close(new SessionError('handshake-timeout', `No ${missing} came within ${limit}.`));
    } else if (!this.#outbox.congested) {
      // While it is congested no probe gets through: the stall limit holds instead.
      const verdict = this.#liveness.check(now);
      if (verdict === 'probe') this.#write({ type: 'echo-request' });
      else if (verdict === 'lost')
        this.close(new SessionError('liveness-timeout', 'The switch fell silent.'));
    }
  }

  /**
   * The bytes to send next, if any; the caller gives the writer back to the pool when they are on their way.
   */
  takeOutput(): Writer | undefined {
    return this.#outbox.take();
  }

  /** Resolves when the session is not congested; rejects when it ends or `signal` fires. */
  drained(options: { signal?: AbortSignal | undefined } = {}): Promise<void> {
    if (this.#reason !== undefined) return Promise.reject(this.#reason);
    return this.#outbox.drained(options.signal);
  }

  /**
   * Sends a message under a new xid, which it returns. Throws an `OpenflowError` when the message cannot be
   * encoded and a `SessionError` when the session is not `ready`; nothing is sent then. An ERROR in answer
   * comes to the handler as a message with this xid.
   */
  send(message: Message): number {
    if (this.state !== 'ready') throw this.#unavailable();
    return this.#write(message);
  }

  /**
   * Sends a request and resolves with its reply, the parts of a multipart reply joined. Rejects with an
   * `OpenflowReplyError` (refused by the switch), an `OpenflowError` (cannot be encoded) or a `SessionError`.
   */
  async request<Request extends RequestMessage>(
    message: Request,
    options: RequestOptions = {},
  ): Promise<ReplyTo<Request>> {
    if (this.state !== 'ready') throw this.#unavailable();
    const replyType = replyTypeFor(message.type);
    if (replyType === undefined) {
      throw new SessionError('no-reply-defined', `OpenFlow defines no reply to a ${message.type}.`);
    }
    const refusal = this.#transactions.refusal(options);
    if (refusal !== undefined) throw refusal;
    let xid = this.#nextXid();
    while (this.#transactions.has(xid)) xid = this.#nextXid();
    const reply = this.#transactions.add(xid, message.type, replyType, options);
    try {
      this.#write(message, xid);
    } catch (error) {
      this.#transactions.abandon(xid, error as Error);
    }
    return (await reply) as ReplyTo<Request>;
  }

  /** Resolves when the switch has processed everything sent before (OpenFlow 1.3.5 section 7.3.8). */
  async barrier(options: RequestOptions = {}): Promise<void> {
    await this.request({ type: 'barrier-request' }, options);
  }

  /**
   * Sends a message and a barrier. Resolves when the switch has carried it out, rejects when it was refused.
   */
  async sendChecked(message: Message, options: RequestOptions = {}): Promise<void> {
    const [failure] = await this.sendAll([message], options);
    if (failure !== undefined) throw failure.error;
  }

  /**
   * Sends messages and a barrier, waiting for `drained()` in between as necessary. Resolves, when the switch
   * has processed all, with those that failed, in no particular order; one failure does not stop the others.
   */
  sendAll(messages: Iterable<Message>, options: BatchOptions = {}): Promise<readonly BatchFailure[]> {
    return this.#batches.send(this, messages, options);
  }

  /**
   * Ends the session: pending calls are rejected with `reason`. What `takeOutput` still has should be sent.
   */
  close(reason: SessionError = new SessionError('closed', 'The controller closed the session.')): void {
    if (this.state === 'closed') return;
    this.#inbound.state = 'closed';
    this.#reason = reason;
    this.#framer.reset();
    this.#transactions.failAll(reason);
    this.#outbox.fail(reason);
    this.#handler.closed(this, reason);
  }

  #unavailable(): SessionError {
    return this.#reason ?? new SessionError('not-ready', 'The switch has not identified itself yet.');
  }

  #nextXid(): number {
    this.#lastXid = this.#lastXid === LAST_XID ? 1 : this.#lastXid + 1;
    return this.#lastXid;
  }

  #write(message: Message, xid = this.#nextXid()): number {
    this.#outbox.write(message, xid, this.#now);
    this.statistics.messagesOut++;
    return xid;
  }
}

function overflow(limit: number): SessionError {
  return new SessionError('output-overflow', `More than ${limit} bytes wait for the switch to read them.`);
}
