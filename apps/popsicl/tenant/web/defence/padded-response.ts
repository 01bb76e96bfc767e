import type { IncomingMessage, ServerResponse } from 'node:http';
import { nativeOf } from '../native-response.js';
import { argumentsOf, type Callback, later } from '../write-arguments.js';
import type { Defence } from './options.js';
import { keepFromCaches, markPieces, padHead, REMOVED } from './padded-head.js';
import { fillingOf, fillUp, padPiece } from './padding.js';
import { pieceBody } from './piece-body.js';
import type { PieceName } from './piece-name.js';
import type { Part, Share } from './piece-store.js';

/** A piece that was asked for, of the answer that is to come. */
export interface AskedPiece {
  readonly name: PieceName;
  readonly share: Share;
}

/**
 * From now on what is sent through `response` is a multiple of the unit: head and body each, where the body's type has room for
 * filling, else both together. Of an answer that was asked for in pieces, one piece is sent.
 */
export function padResponse(
  request: IncomingMessage,
  response: ServerResponse,
  defence: Defence,
  asked?: AskedPiece,
): void {
  const padded = new PaddedResponse(request, response, defence, asked);
  Object.defineProperty(response, 'headersSent', { configurable: true, get: () => padded.begun });
  Object.assign(response, {
    writeHead(status: number) {
      padded.begun = true;
      response.statusCode = status;
      return response;
    },
    write: (chunk: unknown, encoding?: unknown, done?: unknown) =>
      padded.write(...argumentsOf(chunk, encoding, done)),
    end(chunk?: unknown, encoding?: unknown, done?: unknown) {
      const [bytes, callback] = argumentsOf(chunk, encoding, done);
      if (bytes.length > 0) padded.write(bytes, undefined);
      padded.end(callback);
      return response;
    },
    flushHeaders() {},
    writeEarlyHints(_hints: unknown, done?: () => void) {
      done?.();
    },
  });
}

/** Holds what the application writes until it knows its length, or that it is too long to be held. */
class PaddedResponse {
  /** The application takes its head for sent. */
  begun = false;
  private readonly request: IncomingMessage;
  private readonly response: ServerResponse;
  private readonly native: ReturnType<typeof nativeOf>;
  private readonly defence: Defence;
  private readonly asked: AskedPiece | undefined;
  private readonly asScript: boolean;
  private readonly chunks: Buffer[] = [];
  private length = 0;
  private streaming = false;
  /** Of a body that is streamed, as the application has said it. */
  private declared: number | undefined;
  /** Of the script's form, and too long to be held: nothing of it is sent. */
  private tooLong = false;

  constructor(
    request: IncomingMessage,
    response: ServerResponse,
    defence: Defence,
    asked: AskedPiece | undefined,
  ) {
    this.request = request;
    this.response = response;
    this.native = nativeOf(request, response);
    this.defence = defence;
    this.asked = asked;
    this.asScript = asked !== undefined && asked.name.form !== 'bytes';
    if (asked) response.on('close', asked.share.drop);
  }

  write(bytes: Buffer, done: Callback | undefined): boolean {
    this.begun = true;
    if (this.tooLong) return later(done);
    this.chunks.push(Buffer.from(bytes));
    this.length += bytes.length;
    if (this.length > this.defence.largest && !this.streaming) {
      this.tooLong = this.asScript;
      if (this.tooLong) this.chunks.length = 0;
      else this.stream();
    }
    return this.streaming ? this.flush(done) : later(done);
  }

  end(done: Callback | undefined): void {
    this.begun = true;
    const { native, asked } = this;
    const { unit } = this.defence;
    const cut = this.inPieces();
    const content = Buffer.concat(this.chunks);
    if (cut && this.streaming) native.end(padPiece(content, unit), done);
    else if (this.declared !== undefined) native.end(content, done);
    else if (this.streaming)
      native.end(Buffer.concat([content, fillUp(content.length, unit, this.filling())]), done);
    else if (cut) native.end(this.asScript ? this.ownScript(content) : this.ownPiece(content), done);
    else {
      asked?.share.give({ token: undefined, type: '', redirect: redirectOf(this.response) });
      native.end(this.wholeBody(content), done);
    }
  }

  /** A browser would decode each piece for itself, and follow each redirect. */
  private get isPlain(): boolean {
    return !this.response.hasHeader('content-encoding') && redirectOf(this.response) === undefined;
  }

  private inPieces(): boolean {
    return this.asScript || (this.asked !== undefined && this.isPlain);
  }

  private get type(): string {
    return String(this.response.getHeader('content-type') ?? '');
  }

  private filling(): ReturnType<typeof fillingOf> {
    return fillingOf(this.type);
  }

  private head(bodyLength: number): void {
    padHead(this.response, this.defence.unit, bodyLength);
    this.native.writeHead(this.response.statusCode);
  }

  /** The answer is too long to be held: it goes on as it comes. */
  private stream(): void {
    const { request, response, asked } = this;
    this.streaming = true;
    const cut = this.inPieces();
    this.declared = cut ? undefined : declaredLength(response);
    for (const name of REMOVED) response.removeHeader(name);
    if (this.declared !== undefined) response.setHeader('Content-Length', this.declared);
    else {
      // Without either, the end of the connection is the end of the body (RFC 9112 6.3): chunks would have odd sizes.
      response.removeHeader('Transfer-Encoding');
      if (request.httpVersionMajor === 1) response.setHeader('Connection', 'close');
    }
    if (cut) {
      keepFromCaches(response);
      // Those who come for the others get nothing, of the same answer.
      markPieces(response, 1, asked!.share.cut(Buffer.alloc(0), '').part.token);
    } else asked?.share.give({ token: undefined, type: '' });
    this.head(this.declared ?? 0);
  }

  private flush(done: Callback | undefined): boolean {
    const all = Buffer.concat(this.chunks);
    const whole = all.length - (all.length % this.defence.unit);
    this.chunks.splice(0, this.chunks.length, all.subarray(whole));
    this.length = all.length - whole;
    return whole > 0 ? this.native.write(all.subarray(0, whole), done) : later(done);
  }

  private ownPiece(content: Buffer): Buffer {
    keepFromCaches(this.response);
    const { part, count } = this.asked!.share.cut(content, '');
    markPieces(this.response, count, part.token);
    return this.sent(padPiece(part.content, this.defence.unit));
  }

  /** Only what a script tag would run is handed to the page's script. */
  private ownScript(content: Buffer): Buffer {
    const { response } = this;
    const { share, name } = this.asked!;
    const whole = response.statusCode === 200 && this.isPlain && !this.tooLong;
    const { part } = whole ? share.cut(content, this.type) : { part: undefined };
    if (!whole) share.give({ token: undefined, type: '' });
    keepFromCaches(response);
    for (const header of ['content-encoding', 'location', 'link', 'refresh']) response.removeHeader(header);
    response.statusCode = 200;
    const piece = pieceBody(part, name, this.defence.unit);
    response.setHeader('Content-Type', piece.type);
    return this.sent(piece.body);
  }

  private sent(body: Buffer): Buffer {
    this.response.setHeader('Content-Length', body.length);
    this.head(body.length);
    return body;
  }

  private wholeBody(content: Buffer): Buffer | undefined {
    const { request, response } = this;
    const { unit, ladder } = this.defence;
    for (const name of REMOVED) response.removeHeader(name);
    if (response.statusCode === 204 || response.statusCode === 304) {
      this.head(0);
      return undefined;
    }
    const filling = content.length === 0 ? 'none' : this.filling();
    const body = Buffer.concat([content, fillUp(content.length, unit, filling, ladder)]);
    response.setHeader('Content-Length', body.length);
    this.head(request.method === 'HEAD' ? 0 : body.length);
    return body;
  }
}

function redirectOf(response: ServerResponse): Part['redirect'] | undefined {
  const { statusCode: status } = response;
  const location = response.getHeader('location');
  const leads = status >= 300 && status < 400 && status !== 304 && location !== undefined;
  return leads ? { status, location: String(location) } : undefined;
}

function declaredLength(response: ServerResponse): number | undefined {
  const text = String(response.getHeader('content-length') ?? '');
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
