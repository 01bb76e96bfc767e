import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import { nativeOf } from '../native-response.js';
import { argumentsOf, type Callback, later } from '../write-arguments.js';
import { type Defence, pieceCount } from './options.js';
import { fillingOf, fillUp, missingTo, padPiece } from './padding.js';
import { cut, type PieceStore } from './piece-store.js';

/** They let a cache or a client ask for something else than the whole. */
const REMOVED = ['accept-ranges', 'content-length', 'transfer-encoding', 'trailer', 'keep-alive'];
const STAMPS = ['etag', 'last-modified', 'expires'];

/**
 * From now on what is sent through `response` is a multiple of the unit: head and body each, where the body's type has room for
 * filling, else both together. What the page's script asked for comes in pieces.
 */
export function padResponse(
  request: IncomingMessage,
  response: ServerResponse,
  { defence, store, host }: { defence: Defence; store: PieceStore; host: string },
): void {
  const native = nativeOf(request, response);
  const { unit, largest } = defence;
  const chunks: Buffer[] = [];
  let length = 0;
  let begun = false;
  let streaming = false;
  /** Of a body that is streamed, as the application has said it. */
  let declared: number | undefined;
  /** A browser would decode each piece for itself. */
  const pieces = () =>
    response.hasHeader('content-encoding') ? undefined : pieceCount(request.headers['popsicl-pieces']);

  const head = (bodyLength: number) => {
    padHead(response, unit, bodyLength);
    native.writeHead(response.statusCode);
  };

  /** The answer is too long to be held: it goes on as it comes. */
  const stream = () => {
    streaming = true;
    declared = pieces() ? undefined : declaredLength(response);
    for (const name of REMOVED) response.removeHeader(name);
    if (declared !== undefined) response.setHeader('Content-Length', declared);
    else {
      // Without either, the end of the connection is the end of the body (RFC 9112 6.3): chunks would have odd sizes.
      response.removeHeader('Transfer-Encoding');
      if (request.httpVersionMajor === 1) response.setHeader('Connection', 'close');
    }
    if (pieces()) {
      forget(response);
      markPieces(response, 1, undefined);
    }
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
    chunks.push(Buffer.from(bytes));
    length += bytes.length;
    if (length > largest && !streaming) stream();
    return streaming ? flush(done) : later(done);
  };

  const end = (done: Callback | undefined): void => {
    begun = true;
    const asked = pieces();
    const content = Buffer.concat(chunks);
    if (asked && streaming) native.end(padPiece(content, unit), done);
    else if (declared !== undefined) native.end(content, done);
    else if (streaming) {
      const filling = fillingOf(String(response.getHeader('content-type') ?? ''));
      native.end(Buffer.concat([content, fillUp(content.length, unit, filling)]), done);
    } else if (asked && request.method !== 'HEAD') native.end(firstPiece(content, asked), done);
    else native.end(wholeBody(content), done);
  };

  const firstPiece = (content: Buffer, count: number): Buffer => {
    forget(response);
    const [first, ...rest] = cut(content, count);
    const id =
      rest.length > 0
        ? store.put(
            host,
            rest.map(piece => padPiece(piece, unit)),
          )
        : undefined;
    const body = padPiece(id === undefined ? content : first!, unit);
    markPieces(response, id === undefined ? 1 : count, id);
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
    const body = Buffer.concat([content, fillUp(content.length, unit, filling)]);
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

/** Answers a request for another piece. */
export function sendPiece(response: ServerResponse, piece: Buffer | undefined, unit: number): void {
  const body = piece ?? Buffer.alloc(unit);
  response.statusCode = piece ? 200 : 410;
  response.setHeader('Content-Type', 'application/octet-stream');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('Content-Length', body.length);
  padHead(response, unit, body.length);
  response.writeHead(response.statusCode);
  response.end(body);
}

function declaredLength(response: ServerResponse): number | undefined {
  const text = String(response.getHeader('content-length') ?? '');
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

function markPieces(response: ServerResponse, count: number, id: string | undefined): void {
  // A browser takes no body with these.
  if (response.statusCode === 204 || response.statusCode === 205 || response.statusCode === 304) {
    response.setHeader('Popsicl-Status', response.statusCode);
    response.statusCode = 200;
  }
  response.setHeader('Popsicl-Pieces', count);
  if (id !== undefined) response.setHeader('Popsicl-Rest', id);
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
