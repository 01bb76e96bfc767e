const HEADER_LENGTH = 8;
const MAX_LENGTH = 0xffff;

/** One message of a stream. `bytes` is valid until the framer is given its next chunk. */
export interface Frame {
  bytes: Uint8Array;
  /** Where the message starts, in bytes from the start of the stream. */
  offset: number;
}

/**
 * Cuts a stream of concatenated OpenFlow messages at the length field of each header (OpenFlow 1.3.5, 7.1).
 * It keeps at most one message, whatever the chunks are. A length below 8 leaves no next message to find:
 * that frame is the eight bytes of its header, the last one, and `lost` becomes true.
 */
export class MessageFramer {
  readonly #carry = new Uint8Array(MAX_LENGTH);
  #carried = 0;
  /** Offset in the stream of the first byte that is in no frame yet. */
  offset = 0;
  lost = false;

  *push(chunk: Uint8Array): Generator<Frame> {
    let at = 0;
    while (!this.lost && at < chunk.length) {
      if (this.#carried === 0) {
        const length = lengthAt(chunk, at, chunk.length);
        if (length !== undefined && at + length <= chunk.length) {
          yield this.#frame(chunk.subarray(at, at + length));
          at += length;
          continue;
        }
      }
      at = this.#fill(chunk, at);
      const length = lengthAt(this.#carry, 0, this.#carried);
      if (length !== undefined && this.#carried === length) {
        this.#carried = 0;
        yield this.#frame(this.#carry.subarray(0, length));
      }
    }
  }

  /** Bytes of the stream so far. */
  get position(): number {
    return this.offset + this.#carried;
  }

  /** The beginning of a message that the stream's end cut off; undefined when it ended between two. */
  end(): Frame | undefined {
    if (this.#carried === 0) return undefined;
    return { bytes: this.#carry.subarray(0, this.#carried), offset: this.offset };
  }

  #frame(bytes: Uint8Array): Frame {
    const offset = this.offset;
    this.offset += bytes.length;
    if (headerLength(bytes, 0) < HEADER_LENGTH) this.lost = true;
    return { bytes, offset };
  }

  /** Carries what the message at hand still lacks, first its header; gives the place in `chunk` after it. */
  #fill(chunk: Uint8Array, at: number): number {
    const wanted = lengthAt(this.#carry, 0, this.#carried) ?? HEADER_LENGTH;
    const taken = Math.min(wanted - this.#carried, chunk.length - at);
    this.#carry.set(chunk.subarray(at, at + taken), this.#carried);
    this.#carried += taken;
    return at + taken;
  }
}

/** Length of the frame whose header is at `start`, at least a header; undefined before the header is whole. */
function lengthAt(bytes: Uint8Array, start: number, end: number): number | undefined {
  if (end - start < HEADER_LENGTH) return undefined;
  return Math.max(headerLength(bytes, start), HEADER_LENGTH);
}

function headerLength(bytes: Uint8Array, start: number): number {
  return (bytes[start + 2]! << 8) | bytes[start + 3]!;
}
