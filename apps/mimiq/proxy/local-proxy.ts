import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import type { MimiqClient } from '../client/client.js';
import { ClientError } from '../client/client-error.js';
import { ExitError } from '../exit/exit-error.js';
import type { ExitTunnel } from './exit-tunnel.js';
import { overTunnel } from './http1-over-tunnel.js';
import { Http3Hosts } from './http3-hosts.js';

export interface ProxyOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  readonly client: MimiqClient;
  /** For what does not go over HTTP/3; undefined refuses that. */
  readonly tunnel: ExitTunnel | undefined;
  /** HOST or HOST:PORT that are known to speak HTTP/3. */
  readonly http3: readonly string[];
  /** What becomes of each request; names no path and no address of the client. */
  readonly tell: (text: string) => void;
}

/** Fields that are between the application and this proxy (RFC 9110 section 7.6.1). */
const HOP_BY_HOP = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);
const VIA = '3 cloakflow-mimiq';

/**
 * An HTTP proxy for applications of this machine. A plain request goes to the server by HTTP/3 over a hopping connection,
 * also when it names `http:`; what cannot go that way, and every CONNECT, goes through the tunnel, or is refused and told why.
 */
export class LocalProxy {
  private readonly options: ProxyOptions;
  private readonly hosts: Http3Hosts;
  private readonly server: Server;
  private readonly sockets = new Set<Duplex>();

  private constructor(options: ProxyOptions) {
    this.options = options;
    this.hosts = new Http3Hosts(options.http3);
    this.server = createServer((request, response) => void this.plain(request, response));
    this.server.on(
      'connect',
      (request: IncomingMessage, socket: Duplex, head: Buffer) => void this.connect(request, socket, head),
    );
  }

  /** Rejects with ExitError `listen-failed`. */
  static async listen(options: ProxyOptions): Promise<LocalProxy> {
    const proxy = new LocalProxy(options);
    await new Promise<void>((resolve, reject) => {
      proxy.server.once('error', cause =>
        reject(new ExitError('listen-failed', `cannot listen on TCP port ${options.port}`, { cause })),
      );
      proxy.server.listen(options.port, options.host, resolve);
    });
    return proxy;
  }

  get port(): number {
    return (this.server.address() as { port: number }).port;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    this.server.closeAllConnections();
    await new Promise<void>(resolve => this.server.close(() => resolve()));
  }

  private async plain(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { tell, tunnel } = this.options;
    const target = absolute(request.url ?? '');
    if (target === undefined) {
      return refuse(response, 400, 'this is a proxy: ask it for http://HOST/PATH or https://HOST/PATH');
    }
    const gone = new AbortController();
    response.on('close', () => gone.abort());
    let why = `${target.host} was found not to speak HTTP/3`;
    if (this.hosts.mayTry(target.host)) {
      try {
        await this.overHttp3(target, request, response, gone.signal);
        return;
      } catch (error) {
        why = error instanceof Error ? error.message : String(error);
        if (response.headersSent || gone.signal.aborted) {
          // What was sent of the answer must not be taken for all of it.
          response.destroy();
          return;
        }
        if (!this.hosts.silent(target.host, error)) {
          tell(`${target.host}: failed: ${why}`);
          return refuse(response, 502, why);
        }
      }
    }
    if (tunnel === undefined || target.protocol === 'https:') {
      tell(`${target.host}: refused: ${why}`);
      return refuse(response, 502, `${why}; no other way hides who asks (an exit would: --exit)`);
    }
    tell(`${target.host}: through the exit, since ${why}`);
    await overTunnel(tunnel, target, request, response).catch((error: Error) => {
      if (response.headersSent) response.destroy();
      else refuse(response, 502, error.message);
    });
  }

  private async overHttp3(
    target: URL,
    request: IncomingMessage,
    response: ServerResponse,
    signal: AbortSignal,
  ): Promise<void> {
    const { client, tell } = this.options;
    const url = new URL(target);
    url.protocol = 'https:';
    const headers = pairs(request.rawHeaders).filter(([name]) => !HOP_BY_HOP.has(name.toLowerCase()));
    const hasBody =
      request.headers['transfer-encoding'] !== undefined ||
      Number(request.headers['content-length'] ?? 0) > 0;
    const answer = await client.request(url, {
      method: request.method ?? 'GET',
      headers,
      signal,
      ...(hasBody && { body: request as AsyncIterable<Uint8Array> }),
    });
    this.hosts.speaks(target.host);
    tell(`${target.host}: HTTP/3 over a hopping connection`);
    response.writeHead(answer.status, [...answer.headers, ['via', VIA]].flat() as string[]);
    for await (const chunk of answer.body) {
      if (!response.write(chunk)) await drained(response);
    }
    response.end();
  }

  private async connect(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    const { tunnel, tell } = this.options;
    const target = request.url ?? '';
    socket.on('error', () => undefined);
    this.sockets.add(socket);
    socket.on('close', () => this.sockets.delete(socket));
    if (tunnel === undefined) {
      const why =
        'CONNECT needs an exit (--exit): the proxy cannot look into TLS. Ask for http://HOST/ instead';
      tell(`${target}: refused: ${why}`);
      socket.end(`HTTP/1.1 502 Bad Gateway\r\nContent-Length: ${why.length + 1}\r\n\r\n${why}\n`);
      return;
    }
    if (head.length > 0) socket.unshift(head);
    let open = false;
    try {
      await tunnel.carry(socket, target, () => {
        open = true;
        tell(`${target}: through the exit`);
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      });
    } catch (error) {
      const why = error instanceof ClientError ? error.message : String(error);
      tell(`${target}: failed: ${why}`);
      if (open) socket.destroy();
      else
        socket.end(
          `HTTP/1.1 502 Bad Gateway\r\nContent-Length: ${Buffer.byteLength(why) + 1}\r\n\r\n${why}\n`,
        );
    }
  }
}

/** Undefined for what is no absolute http(s) URL. */
function absolute(url: string): URL | undefined {
  if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) return undefined;
  return new URL(url);
}

function pairs(raw: readonly string[]): [string, string][] {
  const result: [string, string][] = [];
  for (let index = 0; index + 1 < raw.length; index += 2) result.push([raw[index]!, raw[index + 1]!]);
  return result;
}

function refuse(response: ServerResponse, status: number, why: string): void {
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8' });
  response.end(`cloakflow: ${why}\n`);
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = () => {
      response.off('drain', done).off('close', done);
      resolve();
    };
    response.on('drain', done).on('close', done);
  });
}
