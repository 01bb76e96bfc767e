import { WriterPool } from '../session/index.js';

/** What the loop drives: one connection. */
export interface LoopMember {
  /** Writes what its session has to say. */
  flush(now: number): void;
  tick(now: number): void;
}

/** Takes the first `length` bytes of `buffer` at `now`. */
export interface LoopReader {
  receive(length: number, buffer: Uint8Array, now: number): void;
}

const RECEIVE_BUFFER_LENGTH = 128 * 1024;
const TICK_INTERVAL = 100;
/** A tick so late that bytes may wait unread in every socket. */
const LATE_TICK = 1000;

/**
 * What the connections of a process share: one receive buffer, one pool of writers, one flush of all that have
 * something to say at the end of a turn of the event loop, and one timer.
 */
export class TransportLoop {
  readonly writers = new WriterPool();
  /** Bytes of the read in progress; every read of every connection goes here. */
  readonly receiveBuffer = new Uint8Array(RECEIVE_BUFFER_LENGTH);
  readonly #members = new Set<LoopMember>();
  #dirty: LoopMember[] = [];
  #spare: LoopMember[] = [];
  #timer: NodeJS.Timeout | undefined;
  #lastTick = 0;
  #isReading = false;

  /** Open connections. */
  get members(): number {
    return this.#members.size;
  }

  /** Milliseconds of the monotonic clock that every session gets. */
  now(): number {
    return performance.now();
  }

  /** Ticks `member` from now on. */
  add(member: LoopMember): void {
    this.#members.add(member);
    if (this.#timer !== undefined) return;
    this.#lastTick = this.now();
    this.#timer = setInterval(() => this.#tick(), TICK_INTERVAL);
    this.#timer.unref();
  }

  remove(member: LoopMember): void {
    this.#members.delete(member);
    if (this.#members.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Flushes `member` when the code that runs now is done, together with all others that ask for it. */
  flushSoon(member: LoopMember): void {
    this.#dirty.push(member);
    if (this.#dirty.length === 1 && !this.#isReading) process.nextTick(flushAll, this);
  }

  /** Hands over what a socket has read; who asks for a flush meanwhile has it at the end, without a tick of its own. */
  read(reader: LoopReader, length: number, buffer: Uint8Array): void {
    const now = this.now();
    // Whoever has asked before waits for the tick that is on its way.
    this.#isReading = this.#dirty.length === 0;
    try {
      reader.receive(length, buffer, now);
    } finally {
      if (this.#isReading) {
        this.#isReading = false;
        if (this.#dirty.length > 0) this.flush();
      }
    }
  }

  /** Flushes those that have asked for it. */
  flush(): void {
    const dirty = this.#dirty;
    this.#dirty = this.#spare;
    const now = this.now();
    for (const member of dirty) member.flush(now);
    dirty.length = 0;
    this.#spare = dirty;
  }

  #tick(): void {
    const now = this.now();
    const late = now - this.#lastTick > LATE_TICK;
    this.#lastTick = now;
    // The process was stopped or busy: what the switches sent meanwhile is read before anybody is called silent.
    if (late) return;
    for (const member of this.#members) member.tick(now);
  }
}

function flushAll(loop: TransportLoop): void {
  loop.flush();
}

let shared: TransportLoop | undefined;

/** The loop of all connections that were given none of their own. */
export function sharedLoop(): TransportLoop {
  shared ??= new TransportLoop();
  return shared;
}
