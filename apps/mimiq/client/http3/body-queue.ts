/** Unread bytes above which the stream is left to QUIC's flow control. */
const HIGH_WATER = 1 << 20;

/** A body between the stream it comes from and the one reader that takes it. */
export class BodyQueue implements AsyncIterable<Uint8Array> {
  private readonly chunks: Uint8Array[] = [];
  private queued = 0;
  private ended = false;
  private unwanted = false;
  private failure: Error | undefined;
  private wake: (() => void) | undefined;
  private readonly resume: () => void;
  private readonly cancel: () => void;

  /** `resume` is called when a full queue has room again, `cancel` when the reader stops early. */
  constructor(resume: () => void, cancel: () => void) {
    this.resume = resume;
    this.cancel = cancel;
  }

  get full(): boolean {
    return this.queued >= HIGH_WATER;
  }

  /** Nobody will read it: what is there and what comes is dropped. */
  discard(): void {
    const wasFull = this.full;
    this.unwanted = true;
    this.chunks.length = 0;
    this.queued = 0;
    if (wasFull) this.resume();
  }

  push(chunk: Uint8Array): void {
    if (this.unwanted) return;
    this.chunks.push(chunk);
    this.queued += chunk.length;
    this.wake?.();
  }

  end(): void {
    this.ended = true;
    this.wake?.();
  }

  fail(error: Error): void {
    if (this.ended) return;
    this.failure ??= error;
    this.wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void, void> {
    let whole = false;
    try {
      for (;;) {
        const chunk = this.chunks.shift();
        if (chunk !== undefined) {
          const wasFull = this.full;
          this.queued -= chunk.length;
          if (wasFull && !this.full) this.resume();
          yield chunk;
        } else if (this.failure !== undefined) {
          throw this.failure;
        } else if (this.ended) {
          whole = true;
          return;
        } else {
          await new Promise<void>(resolve => {
            this.wake = resolve;
          });
          this.wake = undefined;
        }
      }
    } finally {
      if (!whole && this.failure === undefined && !this.ended) this.cancel();
    }
  }
}
