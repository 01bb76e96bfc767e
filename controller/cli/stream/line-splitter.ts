const NEWLINE = 0x0a;

export interface Line {
  /** Counted from 1. */
  number: number;
  /** Text without its end; undefined when the line is longer than the splitter takes. */
  text: string | undefined;
}

/** Cuts chunks of UTF-8 into lines and keeps at most `maxBytes` of one. The last line needs no newline. */
export class LineSplitter {
  readonly #maxBytes: number;
  #pieces: Uint8Array[] = [];
  #length = 0;
  #number = 1;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  *push(chunk: Uint8Array): Generator<Line> {
    let start = 0;
    for (;;) {
      const end = chunk.indexOf(NEWLINE, start);
      if (end < 0) break;
      this.#keep(chunk.subarray(start, end), false);
      yield this.#take();
      start = end + 1;
    }
    this.#keep(chunk.subarray(start), true);
  }

  *end(): Generator<Line> {
    if (this.#length > 0) yield this.#take();
  }

  /** `copy` where the piece outlives its chunk. */
  #keep(piece: Uint8Array, copy: boolean): void {
    this.#length += piece.length;
    if (this.#length > this.#maxBytes) this.#pieces = [];
    else if (piece.length > 0) this.#pieces.push(copy ? piece.slice() : piece);
  }

  #take(): Line {
    const tooLong = this.#length > this.#maxBytes;
    const text = tooLong ? undefined : Buffer.concat(this.#pieces).toString('utf8');
    this.#pieces = [];
    this.#length = 0;
    return { number: this.#number++, text };
  }
}
