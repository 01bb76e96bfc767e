import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import { type Clock, systemClock } from '../../../controller/host/clock.js';
import type { AddressSource } from './address-source.js';
import { ClientError } from './client-error.js';
import { type HopCounts, HoppingConnection } from './hopping-connection.js';
import type { Response } from './http3/request-stream.js';
import type { RequestBody } from './http3/session.js';
import type { Field } from './http3/static-table.js';
import type { QuicheConfig } from './quic/binding.js';
import { clientConfig } from './quic/config.js';
import type { TlsOptions } from './quic/tls.js';
import { type StrategyRules, strategyFor } from './strategy/options.js';
import { createStrategy } from './strategy/strategy.js';

export interface ClientOptions {
  readonly addresses: AddressSource;
  readonly tls?: TlsOptions;
  readonly strategies?: StrategyRules;
  /** Addresses to use instead of asking DNS, by `host:port`. */
  readonly resolve?: ReadonlyMap<string, readonly string[]>;
  /** Only addresses of this family. */
  readonly family?: 4 | 6;
  /** Milliseconds; see QuicOptions. */
  readonly connectTimeout?: number;
  readonly linger?: number;
  readonly pathTimeout?: number;
  readonly freshPort?: boolean;
  /**
   * When the server validates an address: before traffic moves there (make before break, the default), or with the traffic. The
   * latter makes nearly all hops of a strategy that asks for several a round trip, and costs time, most where packets are lost.
   */
  readonly validate?: 'before' | 'with-traffic';
  /** Told of each hop that was not made, and why. */
  readonly refused?: (error: ClientError) => void;
  readonly clock?: Clock;
}

export interface Request {
  /** GET, or POST with a body. */
  readonly method?: string;
  readonly headers?: readonly Field[];
  readonly body?: RequestBody;
  readonly signal?: AbortSignal;
}

/** Methods that may be made again when nobody answered (RFC 9110 section 9.2.2). */
const IDEMPOTENT = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE']);
const LOST_BEFORE_ANSWER = new Set([
  'connection-closed',
  'connection-lost',
  'address-ended',
  'request-refused',
]);

/** HTTP/3 over hopping connections: one connection for each origin, or as many as are asked for. */
export class MimiqClient {
  private readonly options: ClientOptions;
  private readonly config: QuicheConfig;
  private readonly connections = new Map<string, Promise<HoppingConnection>>();
  private past = { made: 0, refused: 0, baselinePackets: 0 };

  /** Throws ClientError, also when the authorities cannot be read. */
  constructor(options: ClientOptions) {
    this.options = options;
    this.config = clientConfig(options.tls ?? {});
  }

  /**
   * Makes one request on the origin's connection. Rejects with ClientError. A request that may be made twice is made again,
   * once, on a new connection when the old one ended before there was an answer.
   */
  async request(url: string | URL, request: Request = {}): Promise<Response> {
    const target = httpsUrl(url);
    try {
      return await this.requestOnce(target, request);
    } catch (error) {
      const method = methodOf(request);
      const streamed = request.body !== undefined && !(request.body instanceof Uint8Array);
      const again = error instanceof ClientError && LOST_BEFORE_ANSWER.has(error.code);
      const safe = IDEMPOTENT.has(method) || (error as ClientError).code === 'request-refused';
      if (!again || !safe || streamed || request.signal?.aborted) throw error;
      return await this.requestOnce(target, request);
    }
  }

  /**
   * A stream of bytes to `authority` (HOST:PORT) through the proxy at `exit`, over the connection that other tunnels through it
   * use: see `HoppingConnection.tunnel`. Rejects with ClientError.
   */
  async tunnel(
    exit: string | URL,
    authority: string,
    upload: AsyncIterable<Uint8Array>,
    headers: readonly Field[] = [],
  ): Promise<Response> {
    const connection = await this.connectionTo(httpsUrl(exit));
    return connection.tunnel(authority, upload, headers);
  }

  /** A connection of its own, on an address of its own. Rejects with ClientError. */
  async connect(url: string | URL): Promise<HoppingConnection> {
    const target = httpsUrl(url);
    const host = target.hostname.replace(/^\[|\]$/g, '');
    const port = Number(target.port || 443);
    const { tls, addresses, clock = systemClock, refused } = this.options;
    const strategy = strategyFor(host, this.options.strategies ?? NEVER);
    let failure: unknown;
    for (const address of await this.resolve(host, port)) {
      try {
        return await HoppingConnection.connect({
          remote: { host: address, port },
          serverName: isIP(host) === 0 ? host : undefined,
          identity: tls?.insecure ? undefined : host,
          config: this.config,
          addresses,
          clock,
          strategy: createStrategy(strategy),
          hops: strategy.type !== 'never',
          connectTimeout: this.options.connectTimeout ?? 10_000,
          linger: this.options.linger ?? 300,
          pathTimeout: this.options.pathTimeout ?? 1_500,
          freshPort: this.options.freshPort ?? true,
          proveFirst: this.options.validate !== 'with-traffic',
          ...(refused && { refused }),
        });
      } catch (error) {
        failure = error;
        if (error instanceof ClientError && error.code === 'certificate-rejected') break;
      }
    }
    throw failure;
  }

  /** Hops of all connections so far. */
  async hops(): Promise<HopCounts> {
    const sum = { ...this.past };
    for (const opening of this.connections.values()) {
      const connection = await opening.catch(() => undefined);
      if (connection !== undefined) add(sum, connection.hops);
    }
    return sum;
  }

  /** Closes all connections of `request`. */
  async close(): Promise<void> {
    const opening = [...this.connections.values()];
    this.connections.clear();
    for (const connection of await Promise.allSettled(opening)) {
      if (connection.status === 'fulfilled') connection.value.close();
    }
  }

  private async requestOnce(target: URL, request: Request): Promise<Response> {
    const connection = await this.connectionTo(target);
    const headers = [...(request.headers ?? [])];
    if (
      request.body instanceof Uint8Array &&
      !headers.some(([name]) => name.toLowerCase() === 'content-length')
    ) {
      headers.push(['content-length', String(request.body.length)]);
    }
    const head = {
      method: methodOf(request),
      scheme: 'https',
      authority: target.host,
      path: `${target.pathname}${target.search}`,
      headers,
    };
    return connection.request(head, request.body, request.signal);
  }

  private async connectionTo(target: URL): Promise<HoppingConnection> {
    const existing = this.connections.get(target.origin);
    if (existing !== undefined) {
      const connection = await existing;
      if (connection.open) return connection;
      if (this.connections.get(target.origin) === existing) {
        this.connections.delete(target.origin);
        add(this.past, connection.hops);
      }
      return this.connectionTo(target);
    }
    const opening = this.connect(target);
    this.connections.set(target.origin, opening);
    opening.catch(() => this.connections.delete(target.origin));
    return opening;
  }

  private async resolve(host: string, port: number): Promise<readonly string[]> {
    const { family, resolve } = this.options;
    const given = resolve?.get(`${host}:${port}`);
    const all = given ?? (isIP(host) === 0 ? await this.ask(host) : [host]);
    const usable = all.filter(address => family === undefined || isIP(address) === family);
    if (usable.length > 0) return usable;
    throw new ClientError('resolve-failed', `${host} has no${family ? ` IPv${family}` : ''} address`);
  }

  private async ask(host: string): Promise<string[]> {
    try {
      return (await lookup(host, { all: true })).map(({ address }) => address);
    } catch (cause) {
      throw new ClientError('resolve-failed', `${host} cannot be resolved`, { cause });
    }
  }
}

const NEVER: StrategyRules = { default: { type: 'never' }, destinations: [] };

function methodOf(request: Request): string {
  return request.method ?? (request.body === undefined ? 'GET' : 'POST');
}

function httpsUrl(url: string | URL): URL {
  let target: URL;
  try {
    target = new URL(url);
  } catch (cause) {
    throw new ClientError('bad-url', 'the address is not a URL', { cause });
  }
  if (target.protocol !== 'https:') {
    throw new ClientError('bad-url', `HTTP/3 needs https:, not ${target.protocol}`);
  }
  return target;
}

function add(sum: { made: number; refused: number; baselinePackets: number }, counts: HopCounts): void {
  sum.made += counts.made;
  sum.refused += counts.refused;
  sum.baselinePackets += counts.baselinePackets;
}
