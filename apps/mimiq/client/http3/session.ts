import { randomInt } from 'node:crypto';
import { ClientError } from '../client-error.js';
import { CONTROL_STREAM, ControlStream } from './control-stream.js';
import { encodeFieldSection } from './field-section.js';
import { FrameType, frame, meaninglessFrame } from './frame-reader.js';
import { Http3Code, Http3Error } from './http3-error.js';
import { type RequestHead, requestFields } from './message.js';
import { PeerStreams } from './peer-streams.js';
import { RequestStream, type Response, streamReset } from './request-stream.js';

/** What HTTP/3 needs of a QUIC connection. */
export interface QuicStreams {
  /** Requests that the server lets this end open now. */
  streamsLeft(): number;
  /**
   * Bytes taken; the end of the stream is taken only with all of them, and where there are none, -1 says that it was not.
   * Undefined: the server stopped reading.
   */
  write(id: number, bytes: Uint8Array, end: boolean): number | undefined;
  /** Undefined when there is nothing now; a number is the code that the server reset the stream with. */
  read(id: number): { bytes: Uint8Array; end: boolean } | number | undefined;
  /** Stops reading, and with `reset` writing too. */
  cancel(id: number, code: number, reset: boolean): void;
  /** Closes the connection because the server broke HTTP/3. */
  abort(error: Http3Error): void;
  /** Something was written or read outside of the callbacks. */
  flush(): void;
}

export type RequestBody = Uint8Array | AsyncIterable<Uint8Array>;

const PADDING = 1150;
const DECOY = 24;

/** The client's end of one HTTP/3 connection (RFC 9114): no sockets, no clock. */
export class Http3Session {
  private readonly quic: QuicStreams;
  private readonly control: ControlStream;
  private readonly requests = new Map<number, RequestStream>();
  private readonly peer: PeerStreams;
  private readonly waiting: (() => void)[] = [];
  private nextId = 0;
  private closedBy: Error | undefined;

  constructor(quic: QuicStreams) {
    this.quic = quic;
    this.peer = new PeerStreams(() => this.goaway());
    this.control = new ControlStream(bytes => this.quic.write(CONTROL_STREAM, bytes, false) ?? 0);
  }

  /** Requests without a whole response; tunnels that are open do not count, since they may be idle for long. */
  get pending(): number {
    return this.requests.size - this.tunnels + this.waiting.length;
  }

  /** Open tunnels (RFC 9114 section 4.4). */
  get tunnels(): number {
    let count = 0;
    for (const stream of this.requests.values()) if (stream.isTunnel) count++;
    return count;
  }

  /** False once the server takes no more requests here. */
  get open(): boolean {
    return this.closedBy === undefined && this.peer.goaway === undefined;
  }

  /** Resolves with the response's head; rejects with ClientError. */
  async request(head: RequestHead, body?: RequestBody, signal?: AbortSignal): Promise<Response> {
    const fields = encodeFieldSection(requestFields(head));
    signal?.throwIfAborted();
    while (this.open && this.quic.streamsLeft() === 0) {
      await new Promise<void>(resolve => this.waiting.push(resolve));
      signal?.throwIfAborted();
    }
    if (this.closedBy !== undefined) throw this.closedBy;
    if (!this.open)
      throw new ClientError('request-refused', 'the server takes no more requests on this connection');
    const id = this.nextId;
    this.nextId += 4;
    const stream = new RequestStream(
      id,
      head.method,
      () => this.resume(id),
      () => this.cancel(id, new ClientError('aborted', 'the reader stopped before the end of the body')),
    );
    this.requests.set(id, stream);
    const abort = () =>
      this.cancel(id, new ClientError('aborted', 'the request was aborted', { cause: signal?.reason }));
    signal?.addEventListener('abort', abort, { once: true });
    stream.out.push(frame(FrameType.HEADERS, fields));
    if (body === undefined || body instanceof Uint8Array) {
      if (body !== undefined && body.length > 0) stream.out.push(frame(FrameType.DATA, body));
      stream.outFinished = true;
      this.writable(id);
    } else {
      this.writable(id);
      void this.upload(stream, body);
    }
    this.quic.flush();
    return stream.response;
  }

  /**
   * Sends a frame that means nothing (RFC 9114 section 7.2.8), long enough to fill a packet: an address that the server has
   * not validated yet is sent at most three times what came from it (RFC 9000 section 8).
   */
  pad(): void {
    this.sendMeaningless(PADDING);
  }

  /** The same, so short that its datagram has the size of one that asks a path for an answer. */
  decoy(): void {
    this.sendMeaningless(randomInt(DECOY));
  }

  private sendMeaningless(length: number): void {
    this.control.offer(meaninglessFrame(length));
  }

  /** QUIC has bytes or an end for this stream. */
  readable(id: number): void {
    try {
      for (;;) {
        const stream = this.requests.get(id);
        if (stream?.body.full) return;
        const piece = this.quic.read(id);
        if (piece === undefined) return;
        if (typeof piece === 'number') {
          if (id % 4 === 3) this.peer.end(id);
          this.finish(id, streamReset(piece));
          return;
        }
        if (id % 4 === 3) this.peer.push(id, piece.bytes);
        else stream?.push(piece.bytes);
        if (piece.end) {
          if (id % 4 === 3) this.peer.end(id);
          stream?.end();
          // Of a tunnel only one direction has ended.
          if (stream?.isTunnel !== true || stream.outDone) this.finish(id);
          return;
        }
      }
    } catch (error) {
      this.broken(id, error);
    }
  }

  /** QUIC takes bytes of this stream again. */
  writable(id: number): void {
    if (id === CONTROL_STREAM) this.control.writable();
    const stream = this.requests.get(id);
    if (stream === undefined || stream.outDone) return;
    for (;;) {
      const bytes = stream.out[0] ?? new Uint8Array(0);
      const last = stream.outFinished && stream.out.length <= 1;
      if (bytes.length === 0 && !last) break;
      const taken = this.quic.write(id, bytes, last);
      if (taken === undefined) {
        // The server needs no more of the request; its response may still come.
        stream.out = [];
        stream.outDone = true;
        break;
      }
      if (taken < bytes.length) {
        if (taken > 0) stream.out[0] = bytes.subarray(taken);
        return;
      }
      stream.out.shift();
      if (last) {
        stream.outDone = true;
        if (stream.done) this.finish(id);
        break;
      }
    }
    stream.drained?.();
  }

  /** The server may have allowed more requests. */
  moreStreams(): void {
    for (let left = this.quic.streamsLeft(); left > 0 && this.waiting.length > 0; left--)
      this.waiting.shift()!();
  }

  /** The connection has ended: every request without a whole response fails. */
  close(error: Error): void {
    this.closedBy ??= error;
    for (const id of [...this.requests.keys()]) this.finish(id, error);
    for (const wake of this.waiting.splice(0)) wake();
  }

  private async upload(stream: RequestStream, body: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const chunk of body) {
        if (stream.outDone) return;
        if (chunk.length > 0) stream.out.push(frame(FrameType.DATA, chunk));
        this.writable(stream.id);
        this.quic.flush();
        if (stream.out.length > 0) {
          await new Promise<void>(resolve => {
            stream.drained = resolve;
          });
          stream.drained = undefined;
        }
      }
      // quiche does not send an end again that was lost alone.
      stream.out.push(meaninglessFrame(1));
      stream.outFinished = true;
      this.writable(stream.id);
      this.quic.flush();
    } catch (cause) {
      this.cancel(stream.id, new ClientError('aborted', 'the body of the request broke off', { cause }));
    }
  }

  private resume(id: number): void {
    this.readable(id);
    this.quic.flush();
  }

  private cancel(id: number, error: ClientError): void {
    const stream = this.requests.get(id);
    if (stream === undefined || stream.done) return;
    this.quic.cancel(id, Http3Code.REQUEST_CANCELLED, true);
    this.finish(id, error);
    this.quic.flush();
  }

  private finish(id: number, error?: Error): void {
    const stream = this.requests.get(id);
    if (stream === undefined) return;
    if (error !== undefined) stream.fail(error);
    this.requests.delete(id);
  }

  private broken(id: number, error: unknown): void {
    if (!(error instanceof Http3Error)) throw error;
    if (error.scope === 'stream') {
      this.quic.cancel(id, error.http3Code, true);
      this.finish(id, error);
    } else {
      this.quic.abort(error);
    }
  }

  /** Requests that the server says it never looked at may be made again elsewhere (section 5.2). */
  private goaway(): void {
    const limit = this.peer.goaway!;
    for (const id of [...this.requests.keys()]) {
      if (id >= limit)
        this.finish(id, new ClientError('request-refused', 'the server did not take the request'));
    }
    for (const wake of this.waiting.splice(0)) wake();
  }
}
