import { ClientError } from '../client-error.js';
import { BodyQueue } from './body-queue.js';
import { decodeFieldSection } from './field-section.js';
import { type FrameHandler, FrameReader, FrameType } from './frame-reader.js';
import { Http3Code, Http3Error } from './http3-error.js';
import { contentLength, malformed, type ResponseHead, responseHead } from './message.js';

export interface Response extends ResponseHead {
  /** One reader; leaving its loop early cancels the stream. */
  readonly body: AsyncIterable<Uint8Array>;
}

/** One request's stream, and the response that comes back on it (RFC 9114 section 4.1). */
export class RequestStream implements FrameHandler {
  readonly id: number;
  readonly response: Promise<Response>;
  readonly body: BodyQueue;
  /** Bytes of the request that QUIC has not taken yet; the last one ends the stream when `outFinished`. */
  out: Uint8Array[] = [];
  outFinished = false;
  outDone = false;
  /** Called when `out` has become empty. */
  drained: (() => void) | undefined;
  /** True once the response has come whole or has failed. */
  done = false;
  private readonly reader = new FrameReader(this);
  private readonly headRequest: boolean;
  private readonly connects: boolean;
  private settle!: { resolve: (response: Response) => void; reject: (error: Error) => void };
  private head: ResponseHead | undefined;
  private trailers = false;
  private expected: number | undefined;
  private received = 0;

  constructor(id: number, method: string, resume: () => void, cancel: () => void) {
    this.id = id;
    this.headRequest = method === 'HEAD';
    this.connects = method === 'CONNECT';
    this.body = new BodyQueue(resume, cancel);
    this.response = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.response.catch(() => undefined);
  }

  /** True once a CONNECT was answered with success. */
  get isTunnel(): boolean {
    return this.connects && this.head !== undefined && this.head.status < 300;
  }

  get answered(): boolean {
    return this.head !== undefined;
  }

  /** Throws Http3Error. */
  push(bytes: Uint8Array): void {
    this.reader.push(bytes);
  }

  /** The server ended the stream. Throws Http3Error when the response is not whole. */
  end(): void {
    if (!this.reader.atBoundary) throw new Http3Error(Http3Code.FRAME_ERROR, 'a stream ended within a frame');
    if (this.head === undefined) throw malformed('a stream ended without a response');
    const bodiless = this.headRequest || this.head.status === 304;
    if (!bodiless && this.expected !== undefined && this.expected !== this.received) {
      throw malformed(
        `a response of ${this.expected} bytes was announced, and ${this.received} bytes were sent`,
      );
    }
    this.done = true;
    this.body.end();
  }

  fail(error: Error): void {
    if (this.done) return;
    this.done = true;
    this.out = [];
    this.outDone = true;
    this.settle.reject(error);
    this.body.fail(error);
    this.drained?.();
  }

  frame(type: number, payload: Uint8Array): void {
    if (type !== FrameType.HEADERS) {
      throw new Http3Error(Http3Code.FRAME_UNEXPECTED, `frame type ${type} stands in a response`);
    }
    if (this.trailers) throw new Http3Error(Http3Code.FRAME_UNEXPECTED, 'headers stand behind trailers');
    const fields = decodeFieldSection(payload);
    if (this.head !== undefined) {
      if (fields.some(([name]) => name.startsWith(':'))) throw malformed('trailers hold a pseudo-header');
      this.trailers = true;
      return;
    }
    const head = responseHead(fields);
    if (head.status < 200) return;
    if (!this.connects || head.status >= 300) this.expected = contentLength(head.headers);
    this.head = head;
    this.settle.resolve({ ...head, body: this.body });
  }

  data(bytes: Uint8Array): void {
    if (this.head === undefined || this.trailers) {
      throw new Http3Error(Http3Code.FRAME_UNEXPECTED, 'a body stands before or behind its response');
    }
    this.received += bytes.length;
    if (this.expected !== undefined && this.received > this.expected) {
      throw malformed('a response is longer than announced');
    }
    this.body.push(bytes);
  }
}

/** A stream that the server reset before its response was whole. */
export function streamReset(code: number): ClientError {
  return code === Http3Code.REQUEST_REJECTED
    ? new ClientError('request-refused', 'the server did not take the request')
    : new ClientError('stream-reset', `the server broke the response off with code 0x${code.toString(16)}`);
}
