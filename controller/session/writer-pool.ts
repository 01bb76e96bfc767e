import { Writer } from '../openflow/index.js';

const INITIAL_CAPACITY = 16 * 1024;
const LARGEST_KEPT = 256 * 1024;
const MOST_KEPT = 64;

/**
 * Buffers for outgoing messages, lent to the sessions that have something to say: an idle session holds none.
 * A burst's oversized buffers are not kept.
 */
export class WriterPool {
  readonly #free: Writer[] = [];

  /** An empty writer. */
  take(): Writer {
    return this.#free.pop() ?? new Writer(INITIAL_CAPACITY);
  }

  /** Takes back a writer whose bytes nobody reads any more. */
  give(writer: Writer): void {
    if (writer.buf.length > LARGEST_KEPT || this.#free.length >= MOST_KEPT) return;
    writer.pos = 0;
    this.#free.push(writer);
  }
}
