import { randomBytes, randomInt } from 'node:crypto';
import { Http3Code, Http3Error } from './http3-error.js';
import { concat, readVarint, varint, varintLength } from './varint.js';

/** Frame types (RFC 9114 section 7.2). */
export const FrameType = {
  DATA: 0,
  HEADERS: 1,
  CANCEL_PUSH: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  GOAWAY: 7,
  MAX_PUSH_ID: 13,
} as const;

/** Types that HTTP/2 used and HTTP/3 forbids (section 7.2.8). */
const FORBIDDEN = new Set([2, 6, 8, 9]);
/** Frames that are read whole. */
const WHOLE: ReadonlySet<number> = new Set([
  FrameType.HEADERS,
  FrameType.SETTINGS,
  FrameType.GOAWAY,
  FrameType.CANCEL_PUSH,
  FrameType.MAX_PUSH_ID,
]);
const MAX_WHOLE = 65_536;

export interface FrameHandler {
  /** A frame that is complete; `payload` may be kept. */
  frame(type: number, payload: Uint8Array): void;
  /** Part of a DATA frame; `bytes` may be kept. */
  data(bytes: Uint8Array): void;
}

/** Cuts one stream into frames, in whatever pieces it comes. Unknown frames are skipped as section 9 wants. */
export class FrameReader {
  private readonly handler: FrameHandler;
  private head: Uint8Array = new Uint8Array(0);
  private type = -1;
  private remaining = 0;
  private parts: Uint8Array[] = [];

  constructor(handler: FrameHandler) {
    this.handler = handler;
  }

  /** True between two frames: the only place where a stream may end. */
  get atBoundary(): boolean {
    return this.type === -1 && this.head.length === 0;
  }

  /** Throws Http3Error. Parts of `bytes` are handed on without a copy. */
  push(bytes: Uint8Array): void {
    let rest = bytes;
    while (rest.length > 0) {
      if (this.type === -1) {
        const taken = this.header(rest);
        if (taken === undefined) return;
        rest = rest.subarray(taken);
        if (this.type === -1) continue; // a frame without payload
      }
      const payload = rest.subarray(0, Math.min(this.remaining, rest.length));
      rest = rest.subarray(payload.length);
      this.remaining -= payload.length;
      if (this.type === FrameType.DATA) {
        if (payload.length > 0) this.handler.data(payload);
      } else if (WHOLE.has(this.type)) {
        this.parts.push(payload);
      }
      if (this.remaining === 0) this.finish();
    }
  }

  private finish(): void {
    const { type, parts } = this;
    this.type = -1;
    this.parts = [];
    if (WHOLE.has(type)) this.handler.frame(type, parts.length === 1 ? parts[0]! : concat(...parts));
  }

  /** Bytes of `rest` that ended the header; undefined when it is not whole yet. */
  private header(rest: Uint8Array): number | undefined {
    const before = this.head.length;
    const head = before === 0 ? rest : concat(this.head, rest.subarray(0, 16));
    const typeLength = varintLength(head[0]!);
    const length = head.length > typeLength ? typeLength + varintLength(head[typeLength]!) : 17;
    if (head.length < length) {
      this.head = head.slice();
      return undefined;
    }
    this.head = new Uint8Array(0);
    this.type = readVarint(head, 0);
    this.remaining = readVarint(head, typeLength);
    if (FORBIDDEN.has(this.type)) {
      throw new Http3Error(Http3Code.FRAME_UNEXPECTED, `frame type ${this.type} is not for HTTP/3`);
    }
    if (Number.isNaN(this.remaining) || (WHOLE.has(this.type) && this.remaining > MAX_WHOLE)) {
      throw new Http3Error(Http3Code.EXCESSIVE_LOAD, `a frame of type ${this.type} is too long`);
    }
    if (this.type === FrameType.PUSH_PROMISE) {
      throw new Http3Error(Http3Code.ID_ERROR, 'the server pushes, which it was never allowed');
    }
    if (Number.isNaN(this.type)) this.type = -2; // unknown, beyond what a number holds
    const taken = length - before;
    if (this.remaining === 0) {
      this.parts.push(new Uint8Array(0));
      this.finish();
    }
    return taken;
  }
}

/** One whole frame. */
export function frame(type: number, payload: Uint8Array): Uint8Array {
  return concat(varint(type), varint(payload.length), payload);
}

/** A frame of a type that means nothing and that every peer skips (RFC 9114 section 7.2.8). */
export function meaninglessFrame(length: number): Uint8Array {
  return frame(0x21 + 0x1f * randomInt(1, 500), randomBytes(length));
}
