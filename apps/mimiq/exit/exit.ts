import { createHash, timingSafeEqual } from 'node:crypto';
import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket } from 'node:net';
import { Http3Server, type Http3ServerOptions } from './http3-server.js';
import { isPublic } from './public-addresses.js';
import type { RequestFromClient } from './request-from-client.js';

export interface ExitOptions extends Omit<Http3ServerOptions, 'request'> {
  /** Who shows it may use the exit. */
  readonly token: string;
  /** Takes clients to addresses that are not of the public Internet, too. */
  readonly allowPrivate: boolean;
}

const CONNECT_ERROR = 0x10f; // H3_CONNECT_ERROR, RFC 9114 section 8.1
const CONNECT_TIMEOUT = 10_000;

/**
 * The far end of a tunnel, outside the network of the clients (the paper's QUIC-based VPN): opens TCP connections for who shows
 * the token, by HTTP/3's CONNECT. Rejects with ExitError and ClientError.
 */
export function startExit(options: ExitOptions): Promise<Http3Server> {
  const expected = digest(`Bearer ${options.token}`);
  return Http3Server.listen({
    ...options,
    request: request => {
      void serve(request, expected, options.allowPrivate).catch(() => request.abort(CONNECT_ERROR));
    },
  });
}

async function serve(request: RequestFromClient, expected: Buffer, allowPrivate: boolean): Promise<void> {
  const shown = request.headers.find(([name]) => name === 'proxy-authorization')?.[1] ?? '';
  if (!timingSafeEqual(digest(shown), expected)) return refuse(request, 407);
  request.known();
  if (request.method !== 'CONNECT') return refuse(request, 405);
  const match = /^(\[[0-9a-f:.]+\]|[^:[\]]+):(\d{1,5})$/i.exec(request.authority);
  if (match === null) return refuse(request, 400);
  const host = match[1]!.replace(/^\[|\]$/g, '');
  const port = Number(match[2]);
  const target = port >= 1 && port <= 65_535 ? await addressOf(host, allowPrivate) : undefined;
  if (target === undefined) return refuse(request, 403);
  const socket = await opened(target, port);
  if (socket === undefined) return refuse(request, 502);
  if (request.gone) {
    socket.destroy();
    return;
  }
  request.respond(200);
  await Promise.all([upload(request, socket), download(request, socket)]);
}

/** Undefined for what has no address that clients may be taken to. */
async function addressOf(host: string, allowPrivate: boolean): Promise<string | undefined> {
  const all = isIP(host)
    ? [host]
    : await lookup(host, { all: true }).then(
        each => each.map(a => a.address),
        () => [],
      );
  return all.find(address => allowPrivate || isPublic(address));
}

function opened(host: string, port: number): Promise<Socket | undefined> {
  return new Promise(resolve => {
    const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
    const timer = setTimeout(() => socket.destroy(new Error('timeout')), CONNECT_TIMEOUT);
    socket.once('connect', () => {
      clearTimeout(timer);
      resolve(socket);
    });
    // Later errors end the streams below.
    socket.on('error', () => {
      clearTimeout(timer);
      resolve(undefined);
    });
  });
}

async function upload(request: RequestFromClient, socket: Socket): Promise<void> {
  try {
    for await (const chunk of request.body) {
      if (!socket.write(chunk) && !socket.destroyed) await settled(socket);
    }
    socket.end();
  } catch {
    // Broken off, not ended (RFC 9114 section 4.4).
    socket.resetAndDestroy();
  }
}

async function download(request: RequestFromClient, socket: Socket): Promise<void> {
  try {
    for await (const chunk of socket.iterator({ destroyOnReturn: false })) {
      await request.write(chunk as Buffer);
      if (request.gone) break;
    }
    if (request.gone) socket.resetAndDestroy();
    else request.end();
  } catch {
    request.abort(CONNECT_ERROR);
  }
}

/** Resolves when the socket takes more, or is closed. */
function settled(socket: Socket): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      socket.off('drain', done).off('close', done);
      resolve();
    };
    socket.on('drain', done).on('close', done);
  });
}

function refuse(request: RequestFromClient, status: number): void {
  request.refuse(status);
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
