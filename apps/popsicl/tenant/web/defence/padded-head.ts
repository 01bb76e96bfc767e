import { type ServerResponse, STATUS_CODES } from 'node:http';
import { missingTo } from './padding.js';

/** They let a cache or a client ask for something else than the whole. */
export const REMOVED = ['accept-ranges', 'content-length', 'transfer-encoding', 'trailer', 'keep-alive'];
const STAMPS = ['etag', 'last-modified', 'expires'];

/** Says that the answer is the one of the application, and cut. */
export function markPieces(response: ServerResponse, count: number, token: string | undefined): void {
  // A browser takes no body with these.
  if (response.statusCode === 204 || response.statusCode === 205 || response.statusCode === 304) {
    response.setHeader('Popsicl-Status', response.statusCode);
    response.statusCode = 200;
  }
  response.setHeader('Popsicl-Pieces', count);
  response.setHeader('Popsicl-Answer', token ?? 'none');
}

/** A piece is nothing that may be kept: the others would be missing. */
export function keepFromCaches(response: ServerResponse): void {
  for (const name of [...REMOVED, ...STAMPS]) response.removeHeader(name);
  response.setHeader('Cache-Control', 'no-store');
}

/**
 * Makes head and body a multiple of the unit, by a header of its own. All that Node would add is set here, so that the size of
 * the head is known. HTTP/2 compresses heads: there only bodies are padded.
 */
export function padHead(response: ServerResponse, unit: number, bodyLength: number): void {
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
