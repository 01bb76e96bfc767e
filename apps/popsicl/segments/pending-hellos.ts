import { TlsHelloReader } from '../../../controller/packet/index.js';
import { ConnectionHash } from './connection-hash.js';
import type { PuntedSegment } from './punted-segment.js';
import type { SourceLimits } from './source-limits.js';

/** Segments of one ClientHello; a client that cuts it finer waits for acknowledgements in vain. */
const MAX_SEGMENTS = 64;
/** Bytes from the first of the stream that are looked at: the window that the SYN-ACK offers. */
const WINDOW = 16_384;
/** Memory of one entry beside its frames. */
const OVERHEAD = 3072;

interface HeldFrame {
  readonly sequence: number;
  readonly length: number;
  /** Copy of the whole frame. */
  readonly frame: Uint8Array;
  /** Where the payload begins in it. */
  readonly payload: number;
}

/** A connection whose ClientHello has not come whole. */
export class PendingHello {
  readonly key: number;
  readonly place: number;
  readonly deadline: number;
  /** What all segments of the connection acknowledge: the cookie, and nothing more. */
  readonly acknowledgement: number;
  /** Sequence number of the first byte of the stream; -1 until its segment has come. */
  base = -1;
  /** Next byte that the reader waits for. */
  next = 0;
  readonly reader = new TlsHelloReader(WINDOW);
  bytes = OVERHEAD;
  private held: HeldFrame[] = [];
  /** Set once the ClientHello is whole and its tenant gets ready: the client's frames so far, and what comes meanwhile. */
  private waiting: Uint8Array[] | undefined;

  constructor(key: number, place: number, deadline: number, acknowledgement: number) {
    this.key = key;
    this.place = place;
    this.deadline = deadline;
    this.acknowledgement = acknowledgement;
  }

  /** The client's frames, in the order of the stream. */
  get frames(): Uint8Array[] {
    return this.waiting ?? this.held.map(({ frame }) => frame);
  }

  get isHandedOver(): boolean {
    return this.waiting !== undefined;
  }

  /** From now on frames only wait. */
  handOver(): void {
    this.waiting = [];
    this.held = [];
  }

  keep(frame: Uint8Array): void {
    if (this.waiting === undefined || this.waiting.length >= MAX_SEGMENTS) return;
    this.waiting.push(frame.slice());
    this.bytes += frame.length;
  }

  /** Whether the stream is longer by this segment than what was held. False for one that is too much, too far or known. */
  hold(segment: PuntedSegment): boolean {
    const { held } = this;
    const { sequence, payloadLength: length, bytes, frameStart, payloadEnd, payloadStart } = segment;
    if (held.length >= MAX_SEGMENTS || this.isOutside(sequence, length)) return false;
    if (held.some(one => one.sequence === sequence && one.length >= length)) return false;
    const frame = bytes.slice(frameStart, payloadEnd);
    const at = held.findIndex(one => ((one.sequence - sequence) | 0) > 0);
    held.splice(at < 0 ? held.length : at, 0, {
      sequence,
      length,
      frame,
      payload: payloadStart - frameStart,
    });
    this.bytes += frame.length;
    return true;
  }

  /** Lets the reader have what is there without a gap. Throws its TlsError. */
  feed(): void {
    if (this.base < 0) return;
    for (const { sequence, length, frame, payload } of this.held) {
      const known = (this.next - sequence) | 0;
      if (known < 0) return;
      if (known >= length) continue;
      this.reader.push(frame, payload + known, payload + length);
      this.next = (sequence + length) >>> 0;
    }
  }

  private isOutside(sequence: number, length: number): boolean {
    const first = this.base >= 0 ? this.base : (this.held[0]?.sequence ?? sequence);
    const distance = (sequence - first) | 0;
    return distance < (this.base >= 0 ? 0 : -WINDOW) || distance + length > WINDOW;
  }
}

/** All of them, bounded in number, bytes and time, and by source. */
export class PendingHellos {
  private readonly entries = new Map<number, PendingHello>();
  private readonly sources: SourceLimits;
  private readonly limits: { entries: number; bytes: number; seconds: number };
  private readonly hash = new ConnectionHash();
  private held = 0;

  constructor(sources: SourceLimits, limits: { entries: number; bytes: number; seconds: number }) {
    this.sources = sources;
    this.limits = limits;
  }

  get size(): number {
    return this.entries.size;
  }

  get bytes(): number {
    return this.held;
  }

  find(segment: PuntedSegment): PendingHello | undefined {
    return this.entries.size === 0 ? undefined : this.entries.get(this.keyOf(segment));
  }

  /** Undefined when there is no room, at all or for this source. */
  open(segment: PuntedSegment, now: number): PendingHello | undefined {
    if (this.entries.size >= this.limits.entries || this.held >= this.limits.bytes) return undefined;
    const key = this.keyOf(segment);
    const before = this.entries.get(key);
    if (before !== undefined) this.drop(before);
    const place = this.sources.placeOf(segment);
    if (!this.sources.hold(place)) return undefined;
    const pending = new PendingHello(key, place, now + this.limits.seconds, segment.acknowledgement);
    this.entries.set(pending.key, pending);
    this.held += pending.bytes;
    return pending;
  }

  /** As `PendingHello.hold`; also false when all of them together hold too much. */
  hold(pending: PendingHello, segment: PuntedSegment): boolean {
    if (this.held >= this.limits.bytes) return false;
    const before = pending.bytes;
    const isNew = pending.hold(segment);
    this.held += pending.bytes - before;
    return isNew;
  }

  /** Lets frames wait until the tenant is ready: these, and those that `keep` is told of. */
  handOver(pending: PendingHello, frames: readonly Uint8Array[]): void {
    pending.handOver();
    for (const frame of frames) this.add(pending, frame);
  }

  /** Keeps a frame that came while the tenant gets ready; the client sends again what there is no room for. */
  keep(pending: PendingHello, frame: Uint8Array): void {
    if (this.held < this.limits.bytes) this.add(pending, frame);
  }

  private add(pending: PendingHello, frame: Uint8Array): void {
    const before = pending.bytes;
    pending.keep(frame);
    this.held += pending.bytes - before;
  }

  drop(pending: PendingHello): void {
    if (this.entries.get(pending.key) !== pending) return;
    this.entries.delete(pending.key);
    this.held -= pending.bytes;
    this.sources.release(pending.place);
  }

  /** Drops what has waited too long. Returns how many. */
  expire(now: number): number {
    let count = 0;
    // Deadlines are in the order of the entries.
    for (const pending of this.entries.values()) {
      if (pending.deadline > now) break;
      this.drop(pending);
      count++;
    }
    return count;
  }

  /** 53 bits of the hash. */
  private keyOf(segment: PuntedSegment): number {
    const low = this.hash.ofEnds(segment);
    return (this.hash.high & 0x1f_ffff) * 0x1_0000_0000 + low;
  }
}
