import {
  type DecodedMessage,
  decode,
  HEADER_LENGTH,
  type Message,
  OpenflowError,
  PacketInView,
  VERSION,
} from '../openflow/index.js';
import type { CheckedBatches } from './checked-batches.js';
import { badRequest, complaintAbout, helloFailed } from './complaints.js';
import type { FrameSink } from './framer.js';
import type { SessionHandler } from './handler.js';
import { negotiate } from './hello.js';
import { HeaderType, inboundKind, readXid } from './inbound.js';
import { OpenflowReplyError } from './reply-error.js';
import type { DecodedOf } from './requests.js';
import type { Session } from './session.js';
import { SessionError } from './session-error.js';
import type { SessionStatistics } from './statistics.js';
import { TokenBucket } from './token-bucket.js';
import type { Transactions } from './transactions.js';

/** `greeting`: HELLO is awaited; `identifying`: FEATURES_REPLY is awaited. */
export type SessionState = 'greeting' | 'identifying' | 'ready' | 'closed';

/** The parts of a session that messages from the switch go to. */
export interface InboundTargets {
  readonly session: Session;
  readonly handler: SessionHandler;
  readonly transactions: Transactions;
  readonly batches: CheckedBatches;
  readonly statistics: SessionStatistics;
  /** Encodes a message, under a new xid when none is given; returns the xid. */
  write(message: Message, xid?: number): number;
}

export interface InboundLimits {
  maxMessageLength: number;
  errorReplyRate: number;
}

/** A HELLO holds a version bitmap and nothing else of use. */
const LONGEST_HELLO = 1024;

/**
 * Decides what each message from the switch means: a step of the handshake, a reply, an event, or nonsense.
 */
export class InboundDispatch implements FrameSink {
  state: SessionState = 'greeting';
  /** The switch's FEATURES_REPLY; set from `ready` on. */
  features: DecodedOf<'features-reply'> | undefined;
  /** The time of the bytes that are being dispatched, in milliseconds. */
  now: number;

  readonly #targets: InboundTargets;
  readonly #statistics: SessionStatistics;
  readonly #maxMessageLength: number;
  readonly #complaints: TokenBucket;
  #featuresXid = 0;

  constructor(targets: InboundTargets, limits: InboundLimits, now: number) {
    this.#targets = targets;
    this.#statistics = targets.statistics;
    this.#maxMessageLength = limits.maxMessageLength;
    this.#complaints = new TokenBucket(limits.errorReplyRate, now);
    this.now = now;
  }

  header(buf: Uint8Array, offset: number, length: number): boolean {
    if (length < HEADER_LENGTH) {
      return this.#unframed('framing-lost', buf, offset, length);
    }
    if (this.state !== 'greeting') {
      return length <= this.#maxMessageLength || this.#unframed('message-too-long', buf, offset, length);
    }
    const type = buf[offset + 1]!;
    const greets = type === HeaderType.HELLO || type === HeaderType.ERROR;
    if (greets && buf[offset]! > 0 && length <= LONGEST_HELLO) return true;
    this.#close(new SessionError('hello-expected', 'The peer did not begin with an OpenFlow HELLO.'));
    return false;
  }

  frame(buf: Uint8Array, view: DataView, offset: number, length: number): boolean {
    this.#statistics.messagesIn++;
    const type = buf[offset + 1]!;
    if (type === HeaderType.PACKET_IN && this.state === 'ready' && buf[offset] === VERSION) {
      this.#packetIn(buf, view, offset, length);
    } else if (this.state === 'greeting') {
      this.#greeted(buf, offset);
    } else {
      this.#dispatch(type, buf, offset, length);
    }
    return !this.#closed();
  }

  #packetIn(buf: Uint8Array, view: DataView, offset: number, length: number): void {
    let packet: PacketInView;
    try {
      packet = PacketInView.from(buf, view, offset, length);
    } catch (error) {
      this.#malformed(error, buf, offset, length);
      return;
    }
    this.#statistics.packetsIn++;
    this.#targets.handler.packetIn(this.#targets.session, packet);
  }

  #greeted(buf: Uint8Array, offset: number): void {
    if (buf[offset + 1] === HeaderType.ERROR) {
      this.#close(new SessionError('hello-refused', 'The switch answered the HELLO with an ERROR.'));
      return;
    }
    const refusal = negotiate(buf, offset);
    if (refusal !== undefined) {
      this.#targets.write(helloFailed('incompatible', refusal.message), readXid(buf, offset));
      this.#close(refusal);
      return;
    }
    this.state = 'identifying';
    this.#featuresXid = this.#targets.write({ type: 'features-request' });
  }

  #dispatch(type: number, buf: Uint8Array, offset: number, length: number): void {
    const { handler, session, transactions, write } = this.#targets;
    const xid = readXid(buf, offset);
    if (type === HeaderType.HELLO) {
      write(badRequest('bad-type', buf, offset, length), xid);
      this.#close(new SessionError('unexpected-hello', 'The switch sent a second HELLO.'));
      return;
    }
    const kind = inboundKind(type);
    if (kind === 'request') {
      this.#statistics.unexpected++;
      const code = buf[offset] === VERSION ? 'bad-type' : 'bad-version';
      this.#complain(code, buf, offset, length);
      return;
    }
    // A multipart reply with xid 0 is an update of a flow monitor, which answers no call.
    const unsolicited = kind === 'event' || (type === HeaderType.MULTIPART_REPLY && xid === 0);
    if (!unsolicited && this.state === 'ready' && !transactions.has(xid)) {
      if (type !== HeaderType.ECHO_REPLY) this.#statistics.lateReplies++;
      return;
    }
    let message: DecodedMessage;
    try {
      message = decode(buf, offset);
    } catch (error) {
      this.#malformed(error, buf, offset, length);
      return;
    }
    if (message.type === 'echo-request') write({ type: 'echo-reply', data: message.data }, xid);
    else if (this.state === 'identifying') this.#identified(message, xid);
    else if (message.type === 'error') this.#refused(message, xid);
    else if (!unsolicited || transactions.awaits(xid, message.type)) transactions.reply(xid, message, length);
    else handler.message(session, message);
  }

  #identified(message: DecodedMessage, xid: number): void {
    if (xid !== this.#featuresXid || (message.type !== 'features-reply' && message.type !== 'error')) {
      this.#statistics.unexpected++;
    } else if (message.type === 'error') {
      const refusal = new OpenflowReplyError('features-request', message);
      this.#close(new SessionError('features-refused', refusal.message, { cause: refusal }));
    } else if (message.auxiliaryId !== 0) {
      const text = `The connection is auxiliary (id ${message.auxiliaryId}); only main connections are served.`;
      this.#targets.write(helloFailed('eperm', text), xid);
      this.#close(new SessionError('auxiliary-connection', text));
    } else {
      this.features = message;
      this.state = 'ready';
      this.#targets.handler.ready(this.#targets.session);
    }
  }

  #refused(message: DecodedOf<'error'>, xid: number): void {
    const { handler, session, transactions, batches } = this.#targets;
    if (transactions.refused(message) || batches.refused(xid, message)) return;
    handler.message(session, message);
  }

  #malformed(error: unknown, buf: Uint8Array, offset: number, length: number): void {
    if (!(error instanceof OpenflowError)) throw error;
    this.#statistics.malformed++;
    const code = complaintAbout(error, buf[offset + 1]!);
    if (code !== undefined) this.#complain(code, buf, offset, length);
    const xid = readXid(buf, offset);
    if (this.state === 'identifying' && xid === this.#featuresXid) {
      this.#close(
        new SessionError('malformed-features', `The FEATURES_REPLY is malformed: ${error.message}`),
      );
      return;
    }
    const { handler, session, transactions } = this.#targets;
    transactions.malformed(xid, error);
    handler.malformed?.(session, error);
  }

  /** Answers a message with a BAD_REQUEST error, at a bounded rate. */
  #complain(
    errorCode: 'bad-version' | 'bad-type' | 'bad-len',
    buf: Uint8Array,
    offset: number,
    length: number,
  ): void {
    if (!this.#complaints.take(this.now)) return;
    this.#targets.write(badRequest(errorCode, buf, offset, length), readXid(buf, offset));
  }

  /** Ends the session over a length after which the next message cannot be found. */
  #unframed(
    code: 'framing-lost' | 'message-too-long',
    buf: Uint8Array,
    offset: number,
    length: number,
  ): false {
    this.#targets.write(badRequest('bad-len', buf, offset, HEADER_LENGTH), readXid(buf, offset));
    this.#close(new SessionError(code, `A message claims a length of ${length} bytes.`));
    return false;
  }

  #close(reason: SessionError): void {
    this.#targets.session.close(reason);
  }

  /** A method, so that the compiler does not assume that the state stays the same across calls. */
  #closed(): boolean {
    return this.state === 'closed';
  }
}
