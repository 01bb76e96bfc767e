import { BodyQueue } from '../client/http3/body-queue.js';
import { decodeFieldSection, encodeFieldSection } from '../client/http3/field-section.js';
import {
  type FrameHandler,
  FrameReader,
  FrameType,
  frame,
  meaninglessFrame,
} from '../client/http3/frame-reader.js';
import { Http3Code, Http3Error } from '../client/http3/http3-error.js';
import type { Field } from '../client/http3/static-table.js';

/** What a request's stream needs of its connection. */
export interface RequestPort {
  /** Bytes of `out` may be written now. */
  writable(): void;
  /** The body has room again. */
  resume(): void;
  /** The client is one that is known. */
  known(): void;
  /** Tells the client to send no more of it: a stream that stays open counts against those that the client may have. */
  stopReading(): void;
  /** Stops reading and writing, with a code of HTTP/3. */
  cancel(code: number): void;
}

/** One request as a server sees it (RFC 9114 sections 4.1 and 4.4), and the way to answer it. */
export class RequestFromClient implements FrameHandler {
  method = '';
  authority = '';
  path = '';
  readonly headers: Field[] = [];
  readonly body: BodyQueue;
  /** Bytes that QUIC has not taken yet; the last one ends the stream when `outFinished`. */
  out: Uint8Array[] = [];
  outFinished = false;
  outDone = false;
  /** True once the whole request has come. */
  received = false;
  /** True once the client needs or sends no more. */
  gone = false;
  private readonly reader = new FrameReader(this);
  private readonly port: RequestPort;
  private readonly ready: () => void;
  private readonly waiting: (() => void)[] = [];
  private begun = false;

  /** `ready` is called when the request's header has come. */
  constructor(port: RequestPort, ready: () => void) {
    this.port = port;
    this.ready = ready;
    this.body = new BodyQueue(
      () => port.resume(),
      () => port.cancel(Http3Code.NO_ERROR),
    );
  }

  /** Answers without what else the client sends, of which nothing is kept. */
  refuse(status: number): void {
    this.body.discard();
    this.respond(status);
    this.end();
    this.port.stopReading();
  }

  /** The client may stay, however many others come. */
  known(): void {
    this.port.known();
  }

  /** Sends the header of the answer. */
  respond(status: number, headers: readonly Field[] = []): void {
    this.put(frame(FrameType.HEADERS, encodeFieldSection([[':status', String(status)], ...headers])));
  }

  /** Sends a part of the body; resolves when QUIC has taken it, or when nobody wants it any more. */
  async write(bytes: Uint8Array): Promise<void> {
    if (bytes.length > 0) this.put(frame(FrameType.DATA, bytes));
    if (this.out.length > 0 && !this.gone) await new Promise<void>(resolve => this.waiting.push(resolve));
  }

  end(): void {
    // quiche does not send an end again that was lost alone.
    if (!this.gone) this.out.push(meaninglessFrame(1));
    this.outFinished = true;
    this.port.writable();
  }

  /** Breaks the answer off, so that nobody takes it for whole. */
  abort(code: number = Http3Code.GENERAL_PROTOCOL_ERROR): void {
    if (!this.outDone || !this.gone) this.port.cancel(code);
    this.lost();
  }

  /** Throws Http3Error. */
  push(bytes: Uint8Array): void {
    this.reader.push(bytes);
  }

  /** The client has sent all of it. Throws Http3Error. */
  ended(): void {
    if (!this.reader.atBoundary || !this.begun) {
      throw new Http3Error(Http3Code.FRAME_ERROR, 'a request broke off', 'stream');
    }
    this.received = true;
    this.body.end();
  }

  /** The client has gone away, or broke the request off. */
  lost(): void {
    this.gone = true;
    this.out = [];
    this.body.fail(new Http3Error(Http3Code.REQUEST_CANCELLED, 'the client went away', 'stream'));
    this.drained();
  }

  drained(): void {
    for (const resolve of this.waiting.splice(0)) resolve();
  }

  frame(type: number, payload: Uint8Array): void {
    if (type !== FrameType.HEADERS) {
      throw new Http3Error(Http3Code.FRAME_UNEXPECTED, `frame type ${type} stands in a request`);
    }
    const fields = decodeFieldSection(payload);
    if (this.begun) return; // trailers
    this.begun = true;
    const pseudo = new Map<string, string>();
    for (const [name, value] of fields) {
      if (!name.startsWith(':')) this.headers.push([name, value]);
      else if (this.headers.length > 0 || pseudo.has(name)) throw malformed();
      else pseudo.set(name, value);
    }
    this.method = pseudo.get(':method') ?? '';
    this.authority = pseudo.get(':authority') ?? '';
    this.path = pseudo.get(':path') ?? '';
    const connects = this.method === 'CONNECT';
    if (this.method === '' || connects === pseudo.has(':path')) throw malformed();
    this.ready();
  }

  data(bytes: Uint8Array): void {
    if (!this.begun) throw new Http3Error(Http3Code.FRAME_UNEXPECTED, 'a body stands before its request');
    this.body.push(bytes);
  }

  private put(bytes: Uint8Array): void {
    if (this.gone) return;
    this.out.push(bytes);
    this.port.writable();
  }
}

function malformed(): Http3Error {
  return new Http3Error(Http3Code.MESSAGE_ERROR, 'the header of a request is malformed', 'stream');
}
