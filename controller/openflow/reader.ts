import { Refusal } from './errors.js';
import { MAX_NESTING } from './writer.js';

/** Incoming bytes and the position of what is decoded next. The generated decoders check every bound. */
export class Reader {
  readonly buf: Uint8Array;
  readonly view: DataView;
  pos: number;
  /** Conditions (generated Condition bits) that the match read last meets; -1 where nothing is known. */
  met: number;
  /** Messages around the one that is being read: a bundle holds one. */
  depth: number;
  /** Lists of actions around the one that is being read: some actions hold actions. */
  nesting: number;

  constructor(buf: Uint8Array, pos: number, view?: DataView) {
    this.buf = buf;
    this.view = view ?? new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
    this.pos = pos;
    this.met = -1;
    this.depth = 0;
    this.nesting = 0;
  }

  /** Enters a list within an element of a list of the same kind; refuses to go deeper than MAX_NESTING. */
  descend(what: string): void {
    if (++this.nesting > MAX_NESTING)
      throw new Refusal('bad-value', what, 'stands too deep within others', this.pos);
  }

  /** Refuses what does not have `count` more bytes before `end`. */
  need(end: number, count: number, what: string): void {
    if (end - this.pos < count) {
      throw new Refusal(
        'bad-length',
        what,
        `needs ${count} bytes, ${Math.max(0, end - this.pos)} are left`,
        this.pos,
      );
    }
  }

  /** Refuses bytes before `end` that nothing accounts for. */
  finish(end: number, what: string): void {
    if (this.pos !== end) {
      throw new Refusal('bad-length', what, `has ${end - this.pos} bytes too many`, this.pos);
    }
  }

  /** A copy of the bytes up to `end`. */
  bytes(end: number): Uint8Array {
    const bytes = copyBytes(this.buf, this.pos, end);
    this.pos = end;
    return bytes;
  }
}

/** A copy of the bytes from `start` to `end`; a Buffer's own slice would share them. */
export const copyBytes = (buf: Uint8Array, start: number, end: number): Uint8Array<ArrayBuffer> =>
  new Uint8Array(buf.subarray(start, end));

/** Refuses what was read at `position`. */
export function refuseRead(code: Refusal['code'], field: string, reason: string, position: number): never {
  throw new Refusal(code, field, reason, position);
}
