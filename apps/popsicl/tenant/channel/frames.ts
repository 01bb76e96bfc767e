import { ChannelError } from './channel-error.js';

const LENGTH_BYTES = 4;

/** Cuts a byte stream into messages behind their lengths; a longer message than the limit is refused at its length. */
export class Frames {
  private chunks: Buffer[] = [];
  private size = 0;
  private readonly limit: number;

  /** `limit`: bytes of a message. */
  constructor(limit: number) {
    this.limit = limit;
  }

  /** The messages that are whole now, without their lengths. @throws ChannelError `message-too-long` */
  *push(chunk: Buffer): Generator<Buffer> {
    this.chunks.push(chunk);
    this.size += chunk.length;
    for (;;) {
      if (this.size < LENGTH_BYTES) return;
      const length = this.head(LENGTH_BYTES).readUInt32BE(0);
      if (length > this.limit)
        throw new ChannelError(
          'message-too-long',
          `the peer announced a message of more than ${this.limit} bytes`,
        );
      if (this.size < LENGTH_BYTES + length) return;
      const whole = this.head(LENGTH_BYTES + length);
      this.drop(LENGTH_BYTES + length);
      yield whole.subarray(LENGTH_BYTES, LENGTH_BYTES + length);
    }
  }

  /** A buffer that begins with the first `length` bytes. */
  private head(length: number): Buffer {
    if (this.chunks[0]!.length < length) this.chunks = [Buffer.concat(this.chunks)];
    return this.chunks[0]!;
  }

  private drop(length: number): void {
    const rest = this.chunks[0]!.subarray(length);
    if (rest.length > 0) this.chunks[0] = rest;
    else this.chunks.shift();
    this.size -= length;
  }
}
