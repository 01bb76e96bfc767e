import { OvsdbError } from './errors.js';

export interface JsonLimits {
  /** Longest message, in bytes. */
  maxBytes: number;
  /** Deepest nesting of arrays and objects. */
  maxDepth: number;
}

export const DEFAULT_JSON_LIMITS: JsonLimits = { maxBytes: 64 * 1024 * 1024, maxDepth: 64 };

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const OPEN_BRACKET = 0x5b;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;

/**
 * Cuts a stream of concatenated JSON objects (RFC 7047, section 4: no framing but the JSON itself) into values.
 *
 * It works on bytes: the structural characters are ASCII and never part of a longer UTF-8 sequence, so chunks
 * may end anywhere. What it holds between chunks is the unfinished message, never more than `maxBytes`.
 */
export class JsonSplitter {
  readonly #limits: JsonLimits;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  /** Kind of each open bracket; index 0 is the outermost. */
  readonly #open: Uint8Array;
  #depth = 0;
  #inString = false;
  #escaped = false;
  /** The unfinished message is the first `#carriedBytes` of it. */
  #carried = new Uint8Array(0);
  #carriedBytes = 0;

  constructor(limits: JsonLimits = DEFAULT_JSON_LIMITS) {
    this.#limits = limits;
    this.#open = new Uint8Array(limits.maxDepth);
  }

  /** Bytes of the unfinished message held since the last chunk. */
  get pendingBytes(): number {
    return this.#carriedBytes;
  }

  /**
   * The objects that end within `chunk`, in order. Throws OvsdbError `malformed` or `too-large` at the first
   * byte that cannot be part of one; the splitter is of no use after that. The chunk is not kept.
   */
  *push(chunk: Uint8Array): Generator<object> {
    let start = 0;
    for (let at = 0; at < chunk.length; at++) {
      const byte = chunk[at]!;
      if (this.#inString) {
        if (this.#escaped) this.#escaped = false;
        else if (byte === BACKSLASH) this.#escaped = true;
        else if (byte === QUOTE) this.#inString = false;
        continue;
      }
      if (this.#depth === 0 && byte !== OPEN_BRACE) {
        if (!isSpace(byte))
          throw malformed(`a message begins with byte 0x${byte.toString(16)}, not with "{"`);
        start = at + 1;
      } else if (byte === QUOTE) {
        this.#inString = true;
      } else if (byte === OPEN_BRACE || byte === OPEN_BRACKET) {
        if (this.#depth === this.#limits.maxDepth) {
          throw new OvsdbError('too-large', `a message nests deeper than ${this.#limits.maxDepth} levels`);
        }
        if (this.#depth === 0) start = at;
        this.#open[this.#depth++] = byte;
      } else if (byte === CLOSE_BRACE || byte === CLOSE_BRACKET) {
        // Each closing bracket is two code points after its opening one.
        if (this.#open[--this.#depth] !== byte - 2) throw malformed('brackets of a message do not pair');
        if (this.#depth === 0) {
          const tail = chunk.subarray(start, at + 1);
          start = at + 1;
          yield this.#finish(tail);
        }
      }
    }
    if (this.#depth > 0) this.#carry(chunk.subarray(start));
  }

  #checkLength(more: number): void {
    if (this.#carriedBytes + more > this.#limits.maxBytes) {
      throw new OvsdbError('too-large', `a message is longer than ${this.#limits.maxBytes} bytes`);
    }
  }

  #carry(bytes: Uint8Array): void {
    this.#checkLength(bytes.length);
    const needed = this.#carriedBytes + bytes.length;
    if (needed > this.#carried.length) {
      const grown = new Uint8Array(Math.max(needed, 2 * this.#carried.length));
      grown.set(this.#carried.subarray(0, this.#carriedBytes));
      this.#carried = grown;
    }
    this.#carried.set(bytes, this.#carriedBytes);
    this.#carriedBytes = needed;
  }

  #finish(tail: Uint8Array): object {
    let bytes = tail;
    if (this.#carriedBytes > 0) {
      this.#carry(tail);
      bytes = this.#carried.subarray(0, this.#carriedBytes);
      this.#carried = new Uint8Array(0);
      this.#carriedBytes = 0;
    } else {
      this.#checkLength(tail.length);
    }
    let text: string;
    try {
      text = this.#decoder.decode(bytes);
    } catch (cause) {
      throw malformed('a message is not UTF-8', cause);
    }
    try {
      return JSON.parse(text) as object;
    } catch (cause) {
      throw malformed('a message is not JSON', cause);
    }
  }
}

function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function malformed(message: string, cause?: unknown): OvsdbError {
  return new OvsdbError('malformed', message, { cause });
}
