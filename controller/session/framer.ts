const HEADER_LENGTH = 8;
const SMALLEST_CARRY = 512;
const NONE = new Uint8Array();

/** What a framer found. Each method returns false to stop the framer: the rest of the bytes is dropped. */
export interface FrameSink {
  /** The eight header bytes at `offset` announce a message of `length` bytes, before its body is awaited. */
  header(buf: Uint8Array, offset: number, length: number): boolean;
  /** A whole message lies at `offset`; its bytes are valid only during the call. */
  frame(buf: Uint8Array, view: DataView, offset: number, length: number): boolean;
}

/**
 * Cuts a byte stream into OpenFlow messages by the header's length field (OpenFlow 1.3.5 section 7.1). Whole
 * messages are handed on where they lie; only a message split between two chunks is copied, into a buffer that
 * grows with what has arrived rather than with what the header promises.
 */
export class Framer {
  readonly #sink: FrameSink;
  #carry: Uint8Array | undefined;
  #have = 0;
  /** The buffer of the last chunk, as it came and as it is handed on. */
  #source: Uint8Array | undefined;
  #bytes: Uint8Array = NONE;
  #view: DataView = new DataView(NONE.buffer);

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Bytes of a split message that wait for the rest. */
  get carried(): number {
    return this.#have;
  }

  /** Takes `buf[start, end)`, the next bytes of the stream, in chunks of any size. */
  receive(buf: Uint8Array, start: number, end: number): void {
    let pos = start;
    while (this.#have > 0) {
      if (pos === end) return;
      pos = this.#complete(buf, pos, end);
      if (pos < 0) return;
    }
    if (buf !== this.#source) this.#layOver(buf);
    const bytes = this.#bytes;
    const view = this.#view;
    while (end - pos >= HEADER_LENGTH) {
      const length = (bytes[pos + 2]! << 8) | bytes[pos + 3]!;
      if (!this.#sink.header(bytes, pos, length)) return;
      if (end - pos < length) break;
      if (!this.#sink.frame(bytes, view, pos, length)) return;
      pos += length;
    }
    if (pos < end) this.#append(buf, pos, end);
  }

  /** Forgets a split message. */
  reset(): void {
    this.#carry = undefined;
    this.#have = 0;
    this.#source = undefined;
    this.#bytes = NONE;
    this.#view = new DataView(NONE.buffer);
  }

  /** A Node Buffer is handed on as a plain Uint8Array: its `slice` shares memory, theirs copies. */
  #layOver(buf: Uint8Array): void {
    this.#source = buf;
    this.#bytes = new Uint8Array(buf.buffer, buf.byteOffset, buf.byteLength);
    this.#view = new DataView(buf.buffer, buf.byteOffset, buf.byteLength);
  }

  /** Adds to the split message; the position after what it took, or -1 when the sink stopped. */
  #complete(buf: Uint8Array, start: number, end: number): number {
    let pos = start;
    if (this.#have < HEADER_LENGTH) {
      pos = Math.min(end, pos + HEADER_LENGTH - this.#have);
      this.#append(buf, start, pos);
      if (this.#have < HEADER_LENGTH) return pos;
      if (!this.#sink.header(this.#carry!, 0, this.#promised())) return -1;
    }
    const length = this.#promised();
    const until = Math.min(end, pos + length - this.#have);
    this.#append(buf, pos, until);
    if (this.#have < length) return until;
    const message = this.#carry!;
    this.#carry = undefined;
    this.#have = 0;
    const view = new DataView(message.buffer, message.byteOffset, message.byteLength);
    return this.#sink.frame(message, view, 0, length) ? until : -1;
  }

  #promised(): number {
    return (this.#carry![2]! << 8) | this.#carry![3]!;
  }

  #append(buf: Uint8Array, start: number, end: number): void {
    const needed = this.#have + end - start;
    let carry = this.#carry;
    if (carry === undefined || carry.length < needed) {
      const grown = new Uint8Array(Math.max(SMALLEST_CARRY, 2 * needed));
      if (carry !== undefined) grown.set(carry.subarray(0, this.#have));
      carry = grown;
      this.#carry = grown;
    }
    carry.set(buf.subarray(start, end), this.#have);
    this.#have = needed;
  }
}
