import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import {
  type PseudonymServer,
  type PseudonymServerOptions,
  servePseudonyms,
} from '../../node/pseudonym-server.js';
import { TenantError } from '../../tenant-error.js';
import { protect, type TenantWebOptions } from '../tenant-web.js';

export interface WebProxyOptions extends TenantWebOptions {
  /** The server as it is, such as `http://127.0.0.1:8080`. */
  readonly upstream: string;
  /** Terminates TLS for pseudonyms, by these files; absent: another server before it does. */
  readonly tls?: PseudonymServerOptions | undefined;
  /** Where requests come in. */
  readonly host: string;
  readonly port: number;
}

export interface WebProxy {
  readonly port: number;
  close(): Promise<void>;
}

/** They belong to one connection (RFC 9110 7.6.1). */
const HOP_BY_HOP = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
];
HOP_BY_HOP.push('trailer', 'transfer-encoding', 'upgrade');

/**
 * The middleware before a server that cannot have it within: nginx with its site, or whatever speaks HTTP. Behind what terminates
 * TLS, or terminating it; Host passes as it is.
 *
 * @throws TenantError `bad-configuration`
 */
export async function startWebProxy(options: WebProxyOptions): Promise<WebProxy> {
  const upstream = readUpstream(options.upstream);
  const pseudonyms = options.tls && servePseudonyms(options.tls);
  const listener = (asked: IncomingMessage, response: ServerResponse) => forward(upstream, asked, response);
  const server: Server = pseudonyms ? createTlsServer(pseudonyms.tls, listener) : createServer(listener);
  protect(server, options);
  if (pseudonyms) guard(server, pseudonyms);
  server.on('upgrade', (asked: IncomingMessage, socket: Duplex, head: Buffer) =>
    forwardUpgrade(upstream, asked, socket, head),
  );
  await listen(server, options.host, options.port);
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise(resolve => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** Before everything else: a connection is for the pseudonym that its client has proven, and for no other. */
function guard(server: Server, pseudonyms: PseudonymServer): void {
  const emit = server.emit.bind(server) as (event: string | symbol, ...args: unknown[]) => boolean;
  server.emit = (event: string | symbol, ...args: unknown[]) => {
    if (event === 'request' || event === 'checkContinue' || event === 'checkExpectation') {
      const [asked, response] = args as [IncomingMessage, ServerResponse];
      pseudonyms.guard(asked, response, () => emit(event, ...args));
      return true;
    }
    if (event !== 'upgrade' && event !== 'connect') return emit(event, ...args);
    const [asked, socket] = args as [IncomingMessage, TLSSocket];
    if (pseudonyms.isForItsOwn(asked)) emit(event, ...args);
    else socket.destroy();
    return true;
  };
}

function readUpstream(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol === 'http:' && url.pathname === '/' && url.search === '' && url.username === '')
    return url;
  throw new TenantError('bad-configuration', '`upstream` is no server: it reads http://HOST:PORT');
}

function ask(upstream: URL, asked: IncomingMessage, headers: string[]) {
  const { hostname, port } = upstream;
  const host = hostname.replace(/^\[|\]$/g, '');
  return request({ host, port: port || 80, method: asked.method, path: asked.url, headers, setHost: false });
}

function forward(upstream: URL, asked: IncomingMessage, response: ServerResponse): void {
  // Node sends the body of a GET without its length or chunks, which the server would read as the next request.
  const chunks = isChunked(asked) ? ['Transfer-Encoding', 'chunked'] : [];
  const sent = ask(upstream, asked, [...endToEnd(asked), 'X-Forwarded-Proto', 'https', ...chunks]);
  sent.on('response', answer => {
    response.writeHead(answer.statusCode!, answer.statusMessage, answersHeaders(answer));
    pipeline(answer, response, () => {});
  });
  sent.on('error', () => {
    if (response.headersSent) response.destroy();
    else
      response.writeHead(502, { 'Content-Type': 'text/plain' }).end('The server behind does not answer.\n');
  });
  response.on('close', () => sent.destroy());
  pipeline(asked, sent, () => {});
}

/** WebSockets and the like: from the answer on, bytes pass as they are. */
function forwardUpgrade(upstream: URL, asked: IncomingMessage, socket: Duplex, head: Buffer): void {
  const { upgrade = '' } = asked.headers;
  const refuse = () =>
    socket.end('HTTP/1.1 502 Bad Gateway\r\nConnection: close\r\nContent-Length: 0\r\n\r\n');
  // Its bytes come only after the answer: the server would take those of somebody else's request for them.
  if (isChunked(asked) || asked.headers['content-length'] !== undefined) {
    refuse();
    return;
  }
  const sent = ask(upstream, asked, [...endToEnd(asked), 'Connection', 'Upgrade', 'Upgrade', upgrade]);
  sent.on('upgrade', (answer, other, first) => {
    const lines = pairs(answer.rawHeaders).map(([name, value]) => `${name}: ${value}`);
    socket.write(`${['HTTP/1.1 101 Switching Protocols', ...lines].join('\r\n')}\r\n\r\n`);
    socket.write(first);
    other.write(head);
    pipeline(socket, other, socket, () => {});
  });
  sent.on('response', answer => {
    answer.resume();
    refuse();
  });
  sent.on('error', refuse);
  socket.on('error', () => sent.destroy());
  sent.end();
}

function isChunked({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined;
}

function answersHeaders(answer: IncomingMessage): string[] {
  return pairs(answer.rawHeaders)
    .filter(([name]) => !HOP_BY_HOP.includes(name.toLowerCase()))
    .flat();
}

/** As they came, but for the connection's own, and for those that the middleware has changed. */
function endToEnd({ headers, rawHeaders }: IncomingMessage): string[] {
  const named = new Set(
    String(headers.connection ?? '')
      .toLowerCase()
      .split(/\s*,\s*/),
  );
  // These two are nobody's to take away: they say where the request ends, and whose it is.
  named.delete('content-length');
  named.delete('host');
  const changed = new Set(['accept-encoding', 'referer', 'range', 'if-range']);
  const kept = pairs(rawHeaders).filter(([name]) => {
    const key = name.toLowerCase();
    return !HOP_BY_HOP.includes(key) && !named.has(key) && !changed.has(key) && key !== 'x-forwarded-proto';
  });
  for (const name of changed) if (headers[name] !== undefined) kept.push([name, String(headers[name])]);
  return kept.flat();
}

function pairs(raw: readonly string[]): [name: string, value: string][] {
  return Array.from({ length: raw.length / 2 }, (_, at) => [raw[2 * at]!, raw[2 * at + 1]!]);
}

function listen(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', () =>
      reject(new TenantError('bad-configuration', '`listen`: nothing can listen there')),
    );
    server.listen(port, host, resolve);
  });
}
