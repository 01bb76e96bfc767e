import { connect, type Socket } from 'node:net';
import { PacketInReel } from './packet-in-reel.js';
import {
  BUNDLE_FLOW_MOD,
  barrierLikeReply,
  COOKIE_AT,
  FEATURES_REPLY_LENGTH,
  FRAME_EXPECTED_PORT,
  FRAME_LENGTH,
  FRAME_SEQUENCE,
  HEADER,
  isBundledFlowMod,
  isMissToController,
  isOwnFrame,
  MessageCode,
  Multipart,
  PACKET_IN_LENGTH,
  writeDescriptionReply,
  writeEmptyMultipartReply,
  writeFeaturesReply,
  writeHeader,
  writePortDescReply,
} from './wire.js';

/** What one emulated switch has sent and seen since `start`. */
export interface SwitchCounters {
  /** PACKET_INs sent. */
  sent: number;
  /** PACKET_OUTs that answered one, to the right port. */
  answered: number;
  /** PACKET_OUTs that answered one, to a wrong port or to none. */
  misdirected: number;
  /** PACKET_OUTs that answered one a second time. */
  repeated: number;
  /** FLOW_MODs seen. */
  flowMods: number;
  /** ERRORs seen. */
  errors: number;
}

export interface SwitchOptions {
  datapathId: number;
  ports: number;
  /** PACKET_INs kept outstanding. */
  window: number;
  /** Called for each right answer, with the time in nanoseconds that it took; latency mode only. */
  onLatency?: (nanoseconds: number) => void;
}

/** Room for whatever is not a PACKET_IN. */
const SMALLEST_OUTBOX = 8 * 1024;
const RECEIVE = 1024 * 1024;
/** All switches of the process read into it, one after the other. */
const received = new Uint8Array(RECEIVE);

/**
 * One switch as a controller sees it: completes any controller's handshake, teaches it one host a port, then
 * keeps `window` PACKET_INs outstanding, each between two known hosts on different ports. The payload carries
 * a sequence number, so that an answer is recognised by what it is about and a lost one is noticed.
 */
export class EmulatedSwitch {
  readonly counters: SwitchCounters = noCounts();
  ready = false;
  /** PACKET_INs that have not been answered. */
  outstanding = 0;
  private readonly options: SwitchOptions;
  private readonly socket: Socket;
  private readonly reel: PacketInReel;
  private readonly learnt: boolean[];
  /** By the low bits of the sequence number: 1 while its answer is awaited. */
  private readonly awaited: Uint8Array;
  private outbox: Buffer;
  private outboxLength = 0;
  private carry: Uint8Array | undefined;
  private running = false;
  private firstSequence = 0;
  private sequence = 0;
  private sentAt = 0n;

  constructor(host: string, port: number, options: SwitchOptions) {
    this.options = options;
    this.reel = new PacketInReel(options.datapathId, options.ports);
    this.learnt = new Array(options.ports + 1).fill(false);
    this.outbox = Buffer.allocUnsafeSlow(SMALLEST_OUTBOX + options.window * PACKET_IN_LENGTH);
    let slots = 1;
    while (slots < 4 * options.window) slots *= 2;
    this.awaited = new Uint8Array(slots);
    const callback = (length: number, bytes: Uint8Array) => {
      this.receive(bytes, length);
      return true;
    };
    this.socket = connect({ host, port, noDelay: true, onread: { buffer: received, callback } });
    this.socket.on('connect', () => this.hello());
    this.socket.on('error', () => this.socket.destroy());
  }

  get closed(): boolean {
    return this.socket.destroyed;
  }

  /** Every host was answered for at least once, so the controller knows all of them. */
  get taught(): boolean {
    return this.learnt.every((known, port) => port === 0 || known);
  }

  /** Sends one frame from each host to the host of the next port: teaches the controller where they are. */
  teach(): void {
    const at = this.reserve(this.options.ports * PACKET_IN_LENGTH);
    this.reel.writeLesson(this.outbox, at);
    this.flush();
  }

  /** Begins to keep `window` PACKET_INs outstanding, and to count. */
  start(): void {
    Object.assign(this.counters, noCounts());
    this.awaited.fill(0);
    this.outstanding = 0;
    this.firstSequence = this.sequence;
    this.running = true;
    this.refill();
    this.flush();
  }

  /** Sends nothing new; answers to what is outstanding still count. */
  stop(): void {
    this.running = false;
  }

  close(): void {
    this.socket.destroy();
  }

  private hello(): void {
    writeHeader(this.outbox, this.reserve(HEADER), MessageCode.HELLO, HEADER, 1);
    this.flush();
  }

  private receive(chunk: Uint8Array, chunkLength: number): void {
    let bytes = chunk;
    let end = chunkLength;
    if (this.carry !== undefined) {
      bytes = new Uint8Array(this.carry.length + chunkLength);
      bytes.set(this.carry);
      bytes.set(chunk.subarray(0, chunkLength), this.carry.length);
      end = bytes.length;
      this.carry = undefined;
    }
    let at = 0;
    while (end - at >= HEADER) {
      const length = (bytes[at + 2]! << 8) | bytes[at + 3]!;
      if (length < HEADER) {
        this.socket.destroy();
        return;
      }
      if (end - at < length) break;
      const code = bytes[at + 1];
      if (code === MessageCode.PACKET_OUT) this.packetOut(bytes, at, length);
      else if (code === MessageCode.FLOW_MOD) this.flowMod(bytes, at);
      else this.request(Buffer.from(bytes.subarray(at, at + length)));
      at += length;
    }
    if (at < end) this.carry = bytes.slice(at, end);
    if (this.running) this.refill();
    this.flush();
  }

  /** Whatever is not on the hot path, as a copy. */
  private request(message: Buffer): void {
    const code = message[1];
    if (code === MessageCode.ERROR) this.counters.errors++;
    if (code === MessageCode.FEATURES_REQUEST) this.ready = true;
    if (isBundledFlowMod(message)) this.flowMod(message, BUNDLE_FLOW_MOD);
    const reply = replyOf(message, this.options);
    if (reply) this.append(reply);
  }

  /** PACKET_INs carry the cookie of the flow that punts them: that of the table-miss entry. */
  private flowMod(bytes: Uint8Array, at: number): void {
    this.counters.flowMods++;
    if (!this.running && isMissToController(bytes, at)) {
      this.reel.setCookie(bytes.subarray(at + COOKIE_AT, at + COOKIE_AT + 8));
    }
  }

  /** Credits come back by sequence: only a PACKET_OUT (7.3.7) that carries one of our frames counts. */
  private packetOut(bytes: Uint8Array, at: number, length: number): void {
    const actionsLength = (bytes[at + 16]! << 8) | bytes[at + 17]!;
    const frame = at + 24 + actionsLength;
    if (frame + FRAME_LENGTH > at + length || !isOwnFrame(bytes, frame)) return;
    const expected = bytes[frame + FRAME_EXPECTED_PORT]!;
    const isSingle = actionsLength === 16 && bytes[at + 24] === 0 && bytes[at + 25] === 0;
    const port = isSingle ? uint32(bytes, at + 28) : 0;
    const sequence = uint32(bytes, frame + FRAME_SEQUENCE);
    // A lesson has no sequence number; what an earlier run asked counts for nothing.
    if (sequence === 0 || sequence <= this.firstSequence) {
      if (port === expected) this.learnt[expected] = true;
      return;
    }
    const slot = sequence & (this.awaited.length - 1);
    if (this.awaited[slot] === 0) {
      this.counters.repeated++;
      return;
    }
    this.awaited[slot] = 0;
    this.outstanding--;
    if (port !== expected) this.counters.misdirected++;
    else {
      this.counters.answered++;
      this.options.onLatency?.(Number(process.hrtime.bigint() - this.sentAt));
    }
  }

  private refill(): void {
    const missing = this.options.window - this.outstanding;
    if (missing <= 0) return;
    const at = this.reserve(missing * PACKET_IN_LENGTH);
    this.reel.write(this.outbox, at, missing, this.sequence + 1);
    const mask = this.awaited.length - 1;
    for (let next = 1; next <= missing; next++) this.awaited[(this.sequence + next) & mask] = 1;
    this.sequence += missing;
    this.outstanding += missing;
    this.counters.sent += missing;
    if (this.options.onLatency) this.sentAt = process.hrtime.bigint();
  }

  private append(message: Buffer): void {
    message.copy(this.outbox, this.reserve(message.length));
  }

  private reserve(length: number): number {
    if (this.outboxLength + length > this.outbox.length) this.flush();
    const at = this.outboxLength;
    this.outboxLength += length;
    return at;
  }

  private flush(): void {
    if (this.outboxLength === 0) return;
    this.socket.write(this.outbox.subarray(0, this.outboxLength));
    this.outboxLength = 0;
    // The kernel has copied the bytes, or the socket still needs them.
    if (this.socket.writableLength > 0) this.outbox = Buffer.allocUnsafe(this.outbox.length);
  }
}

/** What an empty switch answers to a request; undefined where no answer is due. May change `message`. */
export function replyOf(
  message: Buffer,
  { datapathId, ports }: { datapathId: number; ports: number },
): Buffer | undefined {
  const xid = message.readUInt32BE(4);
  switch (message[1]) {
    case MessageCode.ECHO_REQUEST:
      message[1] = MessageCode.ECHO_REPLY;
      return message;
    case MessageCode.FEATURES_REQUEST: {
      const reply = Buffer.alloc(FEATURES_REPLY_LENGTH);
      writeFeaturesReply(reply, 0, xid, datapathId);
      return reply;
    }
    case MessageCode.MULTIPART_REQUEST: {
      const kind = message.readUInt16BE(HEADER);
      if (kind === Multipart.PORT_DESC) return writePortDescReply(xid, datapathId, ports);
      return kind === Multipart.DESC ? writeDescriptionReply(xid) : writeEmptyMultipartReply(xid, kind);
    }
    default:
      return barrierLikeReply(message);
  }
}

function noCounts(): SwitchCounters {
  return { sent: 0, answered: 0, misdirected: 0, repeated: 0, flowMods: 0, errors: 0 };
}

function uint32(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}
