import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { nativeOf } from '../native-response.js';
import { argumentsOf, type Callback, later } from '../write-arguments.js';
import type { Defence } from './options.js';
import { fillingOf, fillUp, missingTo, padPiece } from './padding.js';
import { pieceBody } from './piece-body.js';
import type { PieceName } from './piece-name.js';
import type { Part, Share } from './piece-store.js';

/** They let a cache or a client ask for something else than the whole. */
const REMOVED = ['accept-ranges', 'content-length', 'transfer-encoding', 'trailer', 'keep-alive'];
const STAMPS = ['etag', 'last-modified', 'expires'];

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
  { unit, largest, ladder }: Defence,
  asked?: AskedPiece,
): void {
  const native = nativeOf(request, response);
  const { share } = asked ?? {};
  if (share) response.on('close', share.drop);
  const chunks: Buffer[] = [];
  let length = 0;
  let begun = false;
  let streaming = false;
  /** Of a body that is streamed, as the application has said it. */
  let declared: number | undefined;
  /** Of the script's form, and too long to be held: nothing of it is sent. */
  let tooLong = false;
  const asScript = asked !== undefined && asked.name.form !== 'bytes';
  /** A browser would decode each piece for itself, and follow each redirect. */
  const isPlain = () => !response.hasHeader('content-encoding') && redirectOf(response) === undefined;
  const inPieces = () => asScript || (asked !== undefined && isPlain());

  const head = (bodyLength: number) => {
    padHead(response, unit, bodyLength);
    native.writeHead(response.statusCode);
  };

  /** The answer is too long to be held: it goes on as it comes. */
  const stream = () => {
    streaming = true;
    const cut = inPieces();
    declared = cut ? undefined : declaredLength(response);
    for (const name of REMOVED) response.removeHeader(name);
    if (declared !== undefined) response.setHeader('Content-Length', declared);
    else {
      // Without either, the end of the connection is the end of the body (RFC 9112 6.3): chunks would have odd sizes.
      response.removeHeader('Transfer-Encoding');
      if (request.httpVersionMajor === 1) response.setHeader('Connection', 'close');
    }
    if (cut) {
      forget(response);
      // Those who come for the others get nothing, of the same answer.
      markPieces(response, 1, share!.cut(Buffer.alloc(0), '').part.token);
    } else share?.give({ token: undefined, type: '' });
    head(declared ?? 0);
  };

  const flush = (done: Callback | undefined): boolean => {
    const all = Buffer.concat(chunks);
    const whole = all.length - (all.length % unit);
    chunks.splice(0, chunks.length, all.subarray(whole));
    length = all.length - whole;
    return whole > 0 ? native.write(all.subarray(0, whole), done) : later(done);
  };

  const write = (bytes: Buffer, done: Callback | undefined): boolean => {
    begun = true;
    if (tooLong) return later(done);
    chunks.push(Buffer.from(bytes));
    length += bytes.length;
    if (length > largest && !streaming) {
      tooLong = asScript;
      if (tooLong) chunks.length = 0;
      else stream();
    }
    return streaming ? flush(done) : later(done);
  };

  const end = (done: Callback | undefined): void => {
    begun = true;
    const cut = inPieces();
    const content = Buffer.concat(chunks);
    if (cut && streaming) native.end(padPiece(content, unit), done);
    else if (declared !== undefined) native.end(content, done);
    else if (streaming) {
      const filling = fillingOf(String(response.getHeader('content-type') ?? ''));
      native.end(Buffer.concat([content, fillUp(content.length, unit, filling)]), done);
    } else if (cut) native.end(asScript ? ownScript(content) : ownPiece(content), done);
    else {
      share?.give({ token: undefined, type: '', redirect: redirectOf(response) });
      native.end(wholeBody(content), done);
    }
  };

  const ownPiece = (content: Buffer): Buffer => {
    forget(response);
    const { part, count } = share!.cut(content, '');
    markPieces(response, count, part.token);
    return sent(padPiece(part.content, unit));
  };

  /** Only what a script tag would run is handed to the page's script. */
  const ownScript = (content: Buffer): Buffer => {
    const type = String(response.getHeader('content-type') ?? '');
    const whole = response.statusCode === 200 && isPlain() && !tooLong;
    const { part } = whole ? share!.cut(content, type) : { part: undefined };
    if (!whole) share!.give({ token: undefined, type: '' });
    forget(response);
    for (const name of ['content-encoding', 'location', 'link', 'refresh']) response.removeHeader(name);
    response.statusCode = 200;
    const piece = pieceBody(part, asked!.name, unit);
    response.setHeader('Content-Type', piece.type);
    return sent(piece.body);
  };

  const sent = (body: Buffer): Buffer => {
    response.setHeader('Content-Length', body.length);
    head(body.length);
    return body;
  };

  const wholeBody = (content: Buffer): Buffer | undefined => {
    for (const name of REMOVED) response.removeHeader(name);
    const bodiless = response.statusCode === 204 || response.statusCode === 304;
    if (bodiless) {
      head(0);
      return undefined;
    }
    const filling =
      content.length === 0 ? 'none' : fillingOf(String(response.getHeader('content-type') ?? ''));
    const body = Buffer.concat([content, fillUp(content.length, unit, filling, ladder)]);
    response.setHeader('Content-Length', body.length);
    head(request.method === 'HEAD' ? 0 : body.length);
    return body;
  };

  Object.defineProperty(response, 'headersSent', { configurable: true, get: () => begun });
  Object.assign(response, {
    writeHead(status: number) {
      begun = true;
      response.statusCode = status;
      return response;
    },
    write: (chunk: unknown, encoding?: unknown, done?: unknown) =>
      write(...argumentsOf(chunk, encoding, done)),
    end(chunk?: unknown, encoding?: unknown, done?: unknown) {
      const [bytes, callback] = argumentsOf(chunk, encoding, done);
      if (bytes.length > 0) write(bytes, undefined);
      end(callback);
      return response;
    },
    flushHeaders() {},
    writeEarlyHints(_hints: unknown, done?: () => void) {
      done?.();
    },
  });
}

/** Answers a request for a piece of what another request asked the application for. */
export function sendPiece(
  response: ServerResponse,
  part: Part | undefined,
  name: PieceName,
  unit: number,
): void {
  const script = name.form !== 'bytes';
  const { redirect } = part ?? {};
  const { type, body } = pieceBody(part, name, unit);
  // A script that is not there says so itself.
  response.statusCode = redirect && !script ? redirect.status : part || script ? 200 : 410;
  if (redirect && !script) response.setHeader('Location', redirect.location);
  response.setHeader('Content-Type', type);
  response.setHeader('Cache-Control', 'no-store');
  if (!redirect && !script) response.setHeader('Popsicl-Answer', part?.token ?? 'none');
  response.setHeader('Content-Length', body.length);
  padHead(response, unit, body.length);
  response.writeHead(response.statusCode);
  response.end(body);
}

/** Answers a request for so many bytes that mean nothing. */
export function sendDecoy(response: ServerResponse, length: number, unit: number): void {
  const name: PieceName = { object: '', number: 0, count: undefined, form: 'bytes' };
  sendPiece(
    response,
    { token: undefined, content: Buffer.alloc(Math.max(0, length - 1)), type: '' },
    name,
    unit,
  );
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

/** Says that the answer is the one of the application, and cut. */
function markPieces(response: ServerResponse, count: number, token: string | undefined): void {
  // A browser takes no body with these.
  if (response.statusCode === 204 || response.statusCode === 205 || response.statusCode === 304) {
    response.setHeader('Popsicl-Status', response.statusCode);
    response.statusCode = 200;
  }
  response.setHeader('Popsicl-Pieces', count);
  response.setHeader('Popsicl-Answer', token ?? 'none');
}

/** A piece is nothing that may be kept: the others would be missing. */
function forget(response: ServerResponse): void {
  for (const name of [...REMOVED, ...STAMPS]) response.removeHeader(name);
  response.setHeader('Cache-Control', 'no-store');
}

/**
 * Makes head and body a multiple of the unit, by a header of its own. All that Node would add is set here, so that the size of
 * the head is known. HTTP/2 compresses heads: there only bodies are padded.
 */
function padHead(response: ServerResponse, unit: number, bodyLength: number): void {
  if (response.req.httpVersionMajor > 1) return;
  const keep = response.shouldKeepAlive && response.getHeader('connection') !== 'close';
  response.sendDate = false;
  response.setHeader('Date', new Date().toUTCString());
  response.setHeader('Connection', keep ? 'keep-alive' : 'close');
  response.setHeader('X-Padding', '');
  response.statusMessage = STATUS_CODES[response.statusCode] ?? 'Unknown';
  let length = `HTTP/1.1 ${response.statusCode} ${response.statusMessage}\r\n\r\n`.length;
  for (const name of response.getHeaderNames()) {
    const value = response.getHeader(name)!;
    for (const line of Array.isArray(value) ? value : [String(value)])
      length += `${name}: ${line}\r\n`.length;
  }
  response.setHeader('X-Padding', 'x'.repeat(missingTo(length + bodyLength, unit)));
}
