import { Refusal } from './errors.js';

/** Longest OpenFlow message: its length is an unsigned 16-bit integer. */
export const MAX_MESSAGE_LENGTH = 0xffff;
/** Deepest list within elements of lists of the same kind: actions within actions. */
export const MAX_NESTING = 16;

/**
 * Outgoing bytes: messages one after another in `buf` up to `pos`. A plain object with plain fields, because
 * the generated encoders work on them directly. `buf` and `view` are replaced when the buffer grows.
 */
export class Writer {
  buf: Uint8Array;
  view: DataView;
  pos: number;
  /** Start of the message that is being written. */
  start: number;
  /** Conditions (generated Condition bits) that the match written last meets; -1 where nothing is known. */
  met: number;
  /** Lists of actions around the one that is being written: some actions hold actions. */
  nesting: number;

  constructor(initialCapacity = 4096) {
    this.buf = new Uint8Array(initialCapacity);
    this.view = new DataView(this.buf.buffer);
    this.pos = 0;
    this.start = 0;
    this.met = -1;
    this.nesting = 0;
  }

  /** Enters a list within an element of a list of the same kind; refuses to go deeper than MAX_NESTING. */
  descend(what: string): void {
    if (++this.nesting > MAX_NESTING) throw new Refusal('bad-value', what, 'stands too deep within others');
  }

  /** The bytes written so far; valid until the next write. */
  bytes(): Uint8Array {
    return this.buf.subarray(0, this.pos);
  }

  /** Makes room for `count` more bytes. */
  reserve(count: number): void {
    if (this.buf.length - this.pos < count) this.grow(count);
  }

  private grow(count: number): void {
    if (this.pos + count - this.start > 2 * MAX_MESSAGE_LENGTH) {
      throw new Refusal('too-long', '', 'makes the message longer than 65535 bytes');
    }
    let capacity = Math.max(64, this.buf.length * 2);
    while (capacity < this.pos + count) capacity *= 2;
    const larger = new Uint8Array(capacity);
    larger.set(this.buf.subarray(0, this.pos));
    this.buf = larger;
    this.view = new DataView(larger.buffer);
  }
}
