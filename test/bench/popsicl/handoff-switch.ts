import { connect, type Socket } from 'node:net';
import {
  type FrameTemplate,
  segmentTemplate,
  synTemplate,
  TcpOffset,
  timestampOf,
  word,
  writeFrame,
} from '../../../mininet/traffic/tcp-frames.js';
import { replyOf } from '../controller/emulated-switch.js';
import { FRAME, HEADER, IN_PORT, MessageCode, packetInTemplate } from '../controller/wire.js';

export interface HandoffCounters {
  started: number;
  handedOff: number;
  /** Answers that were not those expected. */
  wrong: number;
}

export interface HandoffSwitchOptions {
  datapathId: number;
  ports: number;
  /** Pseudo-address that clients connect to. */
  destination: number;
  /** ClientHello in its segments; none where the SYN itself is handed over. */
  segments: readonly Uint8Array[];
  /** Cookies of the flows that punt SYNs and other segments. */
  cookies: { syn: bigint; segment: bigint };
  /** Handoffs that are under way at the same time. */
  window: number;
  /** Called for each handoff with its nanoseconds: from each packet to its answer, without what lies between. */
  onLatency?: (nanoseconds: number) => void;
}

/** A connection under way; its place is its client port. */
interface Slot {
  source: number;
  sequence: number;
  /** Packets of the client that have not come back. */
  awaited: number;
  /** When the last packet was sent; time of the steps before. */
  sentAt: bigint;
  spent: number;
}

const FIRST_PORT = 1024;
const FIRST_SOURCE = 0x0b000001;
const SOURCES = 0x10000000;
const TIMESTAMP = 0x01020304;
const SYN_AND_ACK = 0x12;
const ETHER_TYPE_IPV4 = 0x0800;
/** Experimenter action of Nicira: ct. */
const EXPERIMENTER_ACTION = 0xffff;
const NICIRA = 0x2320;
const NXAST_CT = 35;

/**
 * A switch whose clients do nothing but open connections to one pseudo-address: SYN, ClientHello, and the next. Each
 * handoff has a source of its own. Checks what comes back: the client's own frame, behind a ct action.
 */
export class HandoffSwitch {
  readonly counters: HandoffCounters = { started: 0, handedOff: 0, wrong: 0 };
  ready = false;
  private readonly options: HandoffSwitchOptions;
  private readonly socket: Socket;
  private readonly syn: FrameTemplate;
  private readonly segments: readonly FrameTemplate[];
  private readonly headers: { syn: Buffer; segment: Buffer };
  private readonly slots: Slot[] = [];
  private readonly free: number[] = [];
  private outbox = Buffer.allocUnsafe(1 << 20);
  private length = 0;
  private carry: Buffer = Buffer.alloc(0);
  private next = 0;
  private running = false;

  constructor(port: number, options: HandoffSwitchOptions) {
    this.options = options;
    this.syn = synTemplate(options.destination);
    this.segments = options.segments.map(bytes => segmentTemplate(options.destination, bytes));
    this.headers = { syn: punt(options.cookies.syn), segment: punt(options.cookies.segment) };
    this.socket = connect({ host: '127.0.0.1', port, noDelay: true });
    this.socket.on('connect', () => {
      this.socket.write(Buffer.from([4, MessageCode.HELLO, 0, HEADER, 0, 0, 0, 1]));
    });
    this.socket.on('data', chunk => this.receive(chunk));
    this.socket.on('error', () => this.socket.destroy());
    for (let slot = 0; slot < options.window; slot++) {
      this.slots.push({ source: 0, sequence: 0, awaited: 0, sentAt: 0n, spent: 0 });
      this.free.push(slot);
    }
  }

  get closed(): boolean {
    return this.socket.destroyed;
  }

  get outstanding(): number {
    return this.slots.length - this.free.length;
  }

  /** Keeps `window` handoffs under way. */
  run(): void {
    this.running = true;
    this.start(this.free.length);
  }

  stop(): void {
    this.running = false;
  }

  /** Begins so many handoffs, as far as there are slots. */
  start(count: number): void {
    for (let left = count; left > 0 && this.free.length > 0; left--) this.open(this.free.pop()!);
    this.flush();
  }

  close(): void {
    this.socket.destroy();
  }

  private receive(chunk: Buffer): void {
    const bytes = this.carry.length === 0 ? chunk : Buffer.concat([this.carry, chunk]);
    let at = 0;
    while (bytes.length - at >= HEADER) {
      const length = bytes.readUInt16BE(at + 2);
      if (bytes.length - at < length) break;
      if (bytes[at + 1] === MessageCode.PACKET_OUT) this.packetOut(bytes, at);
      else this.request(Buffer.from(bytes.subarray(at, at + length)));
      at += length;
    }
    this.carry = at === bytes.length ? Buffer.alloc(0) : Buffer.from(bytes.subarray(at));
    if (this.running) for (let left = this.free.length; left > 0; left--) this.open(this.free.pop()!);
    this.flush();
  }

  private request(message: Buffer): void {
    if (message[1] === MessageCode.ERROR) this.counters.wrong++;
    // The flows are there when their bundle is committed, and the controller asks for nothing more.
    if (message[1] === MessageCode.EXPERIMENTER || message[1] === MessageCode.BARRIER_REQUEST)
      this.ready = true;
    const reply = replyOf(message, this.options);
    if (reply !== undefined) reply.copy(this.outbox, this.reserve(reply.length));
  }

  private open(place: number): void {
    const slot = this.slots[place]!;
    this.counters.started++;
    slot.source = FIRST_SOURCE + (this.next++ % SOURCES);
    slot.sequence = (slot.source * 0x9e37) >>> 0;
    slot.awaited = 1;
    slot.spent = 0;
    this.punt(place, this.headers.syn, this.syn, { sequence: slot.sequence, acknowledgement: 0, echo: 0 });
    slot.sentAt = this.now();
  }

  private packetOut(bytes: Buffer, at: number): void {
    const actions = bytes.readUInt16BE(at + 16);
    const frame = at + 24 + actions;
    if (bytes.length - frame < TcpOffset.checksum || bytes.readUInt16BE(frame + 12) !== ETHER_TYPE_IPV4)
      return;
    const isAnswer = (bytes[frame + TcpOffset.flags]! & SYN_AND_ACK) === SYN_AND_ACK;
    const client = frame + (isAnswer ? TcpOffset.destination : TcpOffset.source);
    const port = bytes.readUInt16BE(frame + (isAnswer ? TcpOffset.destinationPort : TcpOffset.sourcePort));
    const place = port - FIRST_PORT;
    const slot = this.slots[place];
    if (slot === undefined || slot.awaited === 0 || word(bytes, client) !== slot.source) {
      this.counters.wrong++;
      return;
    }
    if (isAnswer) this.hello(place, slot, bytes, frame);
    else if (isHandoff(bytes, at + 24, frame)) this.handedOff(place, slot);
    else this.counters.wrong++;
  }

  private hello(place: number, slot: Slot, bytes: Buffer, frame: number): void {
    if (this.options.onLatency) slot.spent += Number(this.now() - slot.sentAt);
    const acknowledgement = (word(bytes, frame + TcpOffset.sequence) + 1) >>> 0;
    const echo = timestampOf(bytes, frame);
    let sequence = (slot.sequence + 1) >>> 0;
    slot.awaited = this.segments.length;
    for (const [index, template] of this.segments.entries()) {
      this.punt(place, this.headers.segment, template, { sequence, acknowledgement, echo });
      sequence = (sequence + this.options.segments[index]!.length) >>> 0;
    }
    slot.sentAt = this.now();
  }

  private handedOff(place: number, slot: Slot): void {
    if (--slot.awaited > 0) return;
    this.counters.handedOff++;
    this.options.onLatency?.(slot.spent + Number(this.now() - slot.sentAt));
    this.free.push(place);
  }

  private punt(
    place: number,
    header: Buffer,
    template: FrameTemplate,
    numbers: { sequence: number; acknowledgement: number; echo: number },
  ): void {
    const length = FRAME + template.bytes.length;
    const at = this.reserve(length);
    header.copy(this.outbox, at);
    this.outbox.writeUInt16BE(length, at + 2);
    this.outbox.writeUInt16BE(template.bytes.length, at + 12);
    const { source } = this.slots[place]!;
    writeFrame(this.outbox, at + FRAME, template, {
      ...{ source, port: FIRST_PORT + place, timestamp: TIMESTAMP },
      ...numbers,
    });
  }

  private now(): bigint {
    return this.options.onLatency ? process.hrtime.bigint() : 0n;
  }

  private reserve(length: number): number {
    if (this.length + length > this.outbox.length) this.flush();
    const at = this.length;
    this.length += length;
    return at;
  }

  private flush(): void {
    if (this.length === 0) return;
    this.socket.write(this.outbox.subarray(0, this.length));
    this.length = 0;
    // The kernel has copied the bytes, or the socket still needs them.
    if (this.socket.writableLength > 0) this.outbox = Buffer.allocUnsafe(this.outbox.length);
  }
}

/** The PACKET_IN before the frame. */
function punt(cookie: bigint): Buffer {
  const message = packetInTemplate().subarray(0, FRAME);
  message.writeBigUInt64BE(cookie, 16);
  message.writeUInt32BE(1, IN_PORT);
  return message;
}

/** Whether a ct action is among those from `at` to `end`. */
function isHandoff(bytes: Buffer, at: number, end: number): boolean {
  for (let action = at; action + 10 <= end; action += Math.max(bytes.readUInt16BE(action + 2), 8)) {
    const isNicira = bytes.readUInt16BE(action) === EXPERIMENTER_ACTION && word(bytes, action + 4) === NICIRA;
    if (isNicira && bytes.readUInt16BE(action + 8) === NXAST_CT) return true;
  }
  return false;
}
