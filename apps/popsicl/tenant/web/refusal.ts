import type { ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';

const SIZE = 512;
const BODY = 'Not found\n'.padEnd(SIZE, ' ');
const HEADERS = {
  'Content-Type': 'text/plain; charset=utf-8',
  'Content-Length': String(SIZE),
  'Cache-Control': 'no-store',
  'Referrer-Policy': 'no-referrer',
  'X-Content-Type-Options': 'nosniff',
} as const;

/**
 * The one answer to everything that lacks the capability, of every tenant: the tenant's own page for 404 would tell by its size
 * and by what it loads whose it is.
 */
export function refuse(response: ServerResponse): void {
  for (const name of response.getHeaderNames()) response.removeHeader(name);
  for (const [name, value] of Object.entries(HEADERS)) response.setHeader(name, value);
  response.statusCode = 404;
  response.end(BODY);
}

export function refuseUpgrade(socket: Duplex): void {
  const lines = Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}`);
  socket.on('error', () => {});
  socket.end(`${['HTTP/1.1 404 Not Found', ...lines, 'Connection: close'].join('\r\n')}\r\n\r\n${BODY}`);
}
