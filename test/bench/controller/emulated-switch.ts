import { connect, type Socket } from 'node:net';
import {
  barrierLikeReply,
  bundledMessage,
  COOKIE,
  FEATURES_REPLY_LENGTH,
  FRAME,
  HEADER,
  IN_PORT,
  isMissToController,
  MessageCode,
  Multipart,
  outputOf,
  packetInTemplate,
  writeDescriptionReply,
  writeEmptyMultipartReply,
  writeFeaturesReply,
  writeHeader,
  writePortDescReply,
} from './wire.js';

/** What one emulated switch has sent and seen since `resetCounters`. */
export interface SwitchCounters {
  /** PACKET_INs sent. */
  sent: number;
  /** PACKET_OUTs that answered one, to the right port. */
  answered: number;
  /** PACKET_OUTs that answered one, to a wrong port or to none. */
  misdirected: number;
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

const OUTBOX = 256 * 1024;

/**
 * One switch as a controller sees it: completes any controller's handshake, teaches it one host a port, then
 * keeps `window` PACKET_INs outstanding, each between two known hosts on different ports. The payload carries
 * a sequence number, so that an answer is recognised by what it is about and a lost one is noticed.
 */
export class EmulatedSwitch {
  readonly counters: SwitchCounters = { sent: 0, answered: 0, misdirected: 0, flowMods: 0, errors: 0 };
  ready = false;
  private readonly options: SwitchOptions;
  private readonly socket: Socket;
  private readonly outbox = Buffer.alloc(OUTBOX);
  private outboxLength = 0;
  private carry: Buffer = Buffer.alloc(0);
  private readonly template: Buffer;
  private readonly missCookie = Buffer.alloc(8);
  private readonly learnt: boolean[];
  private running = false;
  private outstanding = 0;
  private pair = 0;
  private sequence = 0;
  private sentAt = 0n;

  constructor(host: string, port: number, options: SwitchOptions) {
    this.options = options;
    this.template = packetInTemplate();
    this.learnt = new Array(options.ports + 1).fill(false);
    this.socket = connect({ host, port, noDelay: true });
    this.socket.on('connect', () => this.hello());
    this.socket.on('data', data => this.receive(data));
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
    for (let port = 1; port <= this.options.ports; port++) {
      this.packetIn(port, (port % this.options.ports) + 1);
    }
    this.flush();
  }

  start(): void {
    this.resetCounters();
    this.running = true;
    this.outstanding = 0;
    this.refill();
  }

  stop(): void {
    this.running = false;
  }

  resetCounters(): void {
    Object.assign(this.counters, { sent: 0, answered: 0, misdirected: 0, flowMods: 0, errors: 0 });
  }

  close(): void {
    this.socket.destroy();
  }

  private hello(): void {
    writeHeader(this.outbox, 0, MessageCode.HELLO, HEADER, 1);
    this.outboxLength = HEADER;
    this.flush();
  }

  private receive(data: Buffer): void {
    let bytes = data;
    if (this.carry.length > 0) {
      bytes = Buffer.concat([this.carry, data]);
      this.carry = Buffer.alloc(0);
    }
    let at = 0;
    while (bytes.length - at >= HEADER) {
      const length = bytes.readUInt16BE(at + 2);
      if (length < HEADER) {
        this.socket.destroy();
        return;
      }
      if (bytes.length - at < length) break;
      this.message(bytes, at, length);
      at += length;
    }
    if (at < bytes.length) this.carry = Buffer.from(bytes.subarray(at));
    if (this.running) this.refill();
    this.flush();
  }

  private message(bytes: Buffer, at: number, length: number): void {
    const code = bytes[at + 1]!;
    if (code === MessageCode.PACKET_OUT) this.packetOut(bytes, at, length);
    else if (code === MessageCode.FLOW_MOD) this.flowMod(bytes, at);
    else this.request(code, bytes, at, length);
  }

  private request(code: number, bytes: Buffer, at: number, length: number): void {
    const xid = bytes.readUInt32BE(at + 4);
    switch (code) {
      case MessageCode.ERROR:
        this.counters.errors++;
        break;
      case MessageCode.ECHO_REQUEST: {
        const reply = this.reserve(length);
        bytes.copy(this.outbox, reply, at, at + length);
        this.outbox[reply + 1] = MessageCode.ECHO_REPLY;
        break;
      }
      case MessageCode.FEATURES_REQUEST:
        writeFeaturesReply(this.outbox, this.reserve(FEATURES_REPLY_LENGTH), xid, this.options.datapathId);
        this.ready = true;
        break;
      case MessageCode.MULTIPART_REQUEST:
        this.multipart(bytes.readUInt16BE(at + HEADER), xid);
        break;
      default: {
        const nested = bundledMessage(bytes, at, length);
        if (nested !== undefined && bytes[nested + 1] === MessageCode.FLOW_MOD) this.flowMod(bytes, nested);
        const reply = barrierLikeReply(bytes, at, length);
        if (reply) reply.copy(this.outbox, this.reserve(reply.length));
      }
    }
  }

  /** PACKET_INs carry the cookie of the flow that punts them: that of the table-miss entry. */
  private flowMod(bytes: Buffer, at: number): void {
    this.counters.flowMods++;
    if (!this.running && isMissToController(bytes, at))
      bytes.copy(this.missCookie, 0, at + HEADER, at + HEADER + 8);
  }

  private multipart(kind: number, xid: number): void {
    let reply: Buffer;
    if (kind === Multipart.PORT_DESC) {
      reply = writePortDescReply(xid, this.options.datapathId, this.options.ports);
    } else if (kind === Multipart.DESC) {
      reply = writeDescriptionReply(xid);
    } else {
      reply = writeEmptyMultipartReply(xid, kind);
    }
    reply.copy(this.outbox, this.reserve(reply.length));
  }

  /** Credits come back by sequence: only a PACKET_OUT that carries one of our frames counts. */
  private packetOut(bytes: Buffer, at: number, length: number): void {
    const answer = outputOf(bytes, at, length);
    if (answer === undefined) return;
    const { port, expected } = answer;
    if (!this.running) {
      if (port === expected) this.learnt[expected] = true;
      return;
    }
    this.outstanding--;
    if (port !== expected) this.counters.misdirected++;
    else {
      this.counters.answered++;
      this.options.onLatency?.(Number(process.hrtime.bigint() - this.sentAt));
    }
  }

  private refill(): void {
    const { ports, window } = this.options;
    if (this.options.onLatency && this.outstanding < window) this.sentAt = process.hrtime.bigint();
    while (this.outstanding < window) {
      this.pair = (this.pair + 1) % (ports * (ports - 1));
      const from = Math.floor(this.pair / (ports - 1));
      const other = this.pair % (ports - 1);
      const to = other >= from ? other + 1 : other;
      this.packetIn(from + 1, to + 1);
      this.outstanding++;
      this.counters.sent++;
    }
    this.flush();
  }

  private packetIn(from: number, to: number): void {
    const at = this.reserve(this.template.length);
    const { outbox } = this;
    this.template.copy(outbox, at);
    this.sequence = (this.sequence + 1) >>> 0;
    outbox.writeUInt32BE(this.sequence, at + 4);
    this.missCookie.copy(outbox, at + COOKIE);
    outbox.writeUInt32BE(from, at + IN_PORT);
    const frame = at + FRAME;
    const datapath = this.options.datapathId;
    outbox.writeUInt32BE(datapath, frame + 1);
    outbox[frame + 5] = to;
    outbox.writeUInt32BE(datapath, frame + 7);
    outbox[frame + 11] = from;
    outbox.writeUInt32BE(this.sequence, frame + 18);
    outbox[frame + 22] = to;
  }

  private reserve(length: number): number {
    if (this.outboxLength + length > OUTBOX) this.flush();
    const at = this.outboxLength;
    this.outboxLength += length;
    return at;
  }

  private flush(): void {
    if (this.outboxLength === 0) return;
    this.socket.write(Buffer.from(this.outbox.subarray(0, this.outboxLength)));
    this.outboxLength = 0;
  }
}
