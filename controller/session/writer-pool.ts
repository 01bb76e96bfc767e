import { Writer } from '../openflow/index.js';

const INITIAL_CAPACITY = 2 * 1024;
const LARGEST_KEPT = 256 * 1024;
const MOST_KEPT_BYTES = 4 * 1024 * 1024;

/**
 * Buffers for outgoing messages, lent to the sessions that have something to say: an idle session holds none. Many
 * that have little to say find many small ones; a burst's oversized buffers are not kept.
 */
export class WriterPool {
  readonly #free: Writer[] = [];
  #freeBytes = 0;

  /** An empty writer. */
  take(): Writer {
    const writer = this.#free.pop();
    if (writer === undefined) return new Writer(INITIAL_CAPACITY);
    this.#freeBytes -= writer.buf.length;
    return writer;
  }

  /** Takes back a writer whose bytes nobody reads any more. */
  give(writer: Writer): void {
    const { length } = writer.buf;
    if (length > LARGEST_KEPT || this.#freeBytes + length > MOST_KEPT_BYTES) return;
    writer.pos = 0;
    this.#freeBytes += length;
    this.#free.push(writer);
  }
}
