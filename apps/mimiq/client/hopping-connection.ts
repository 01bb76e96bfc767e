import { randomInt } from 'node:crypto';
import type { Clock, Timer } from '../../../controller/host/clock.js';
import { ClientError, HOP_REFUSALS } from './client-error.js';
import type { Http3Error } from './http3/http3-error.js';
import type { RequestHead } from './http3/message.js';
import type { Response } from './http3/request-stream.js';
import { Http3Session, type QuicStreams, type RequestBody } from './http3/session.js';
import type { Field } from './http3/static-table.js';
import { QuicConnection } from './quic/connection.js';
import type { QuicHandler, QuicOptions } from './quic/options.js';
import { checkIdentity } from './quic/tls.js';
import { HopSchedule } from './strategy/hop-schedule.js';
import type { Strategy } from './strategy/strategy.js';

export interface HoppingOptions extends QuicOptions {
  /** Name or address that the certificate must be for; undefined takes any. */
  readonly identity: string | undefined;
  readonly strategy: Strategy;
  /** Told of each hop that was not made, and why. */
  readonly refused?: (error: ClientError) => void;
}

export interface HopCounts {
  readonly made: number;
  readonly refused: number;
  /** Packets that the connection would have taken without hops. */
  readonly baselinePackets: number;
}

const READ = 65_536;
/** One of so many requests is followed by a datagram that looks like a challenge. */
const DECOYS = 8;
/** Milliseconds after something was sent into a tunnel in which silence may mean that a path is gone. */
const TUNNEL_TALKS = 1_000;
/** Milliseconds between two packets that keep an idle tunnel open: servers give up after some 30 seconds. */
const KEEP_ALIVE = 10_000;
/** Not even the end of a stream was taken. */
const NOTHING = -1;
const READ_SIDE = 0;
const WRITE_SIDE = 1;

/** An HTTP/3 connection that changes its address by a strategy while requests go on. */
export class HoppingConnection implements QuicHandler, QuicStreams {
  private readonly options: HoppingOptions;
  private quic!: QuicConnection;
  private http: Http3Session | undefined;
  private schedule: HopSchedule | undefined;
  private readonly buffer = new Uint8Array(READ);
  private settle: { resolve: () => void; reject: (error: Error) => void } | undefined;
  private sentAt = Number.NEGATIVE_INFINITY;
  private alive: Timer | undefined;
  private hopsRefused = 0;
  private hopsMade = 0;
  private moved: (() => void) | undefined;

  private constructor(options: HoppingOptions) {
    this.options = options;
  }

  /** Resolves when requests can be made. Rejects with ClientError. */
  static async connect(options: HoppingOptions): Promise<HoppingConnection> {
    const connection = new HoppingConnection(options);
    const established = new Promise<void>((resolve, reject) => {
      connection.settle = { resolve, reject };
    });
    established.catch(() => undefined);
    connection.quic = await QuicConnection.open(options, connection);
    await established;
    return connection;
  }

  get clock(): Clock {
    return this.options.clock;
  }

  /** True while new requests can be made. */
  get open(): boolean {
    return !this.quic.closed && this.http?.open === true;
  }

  /** Requests without a whole response. */
  get pending(): number {
    return this.http?.pending ?? 0;
  }

  /** Address that the connection uses now. */
  get address(): string | undefined {
    return this.quic.address;
  }

  get hops(): HopCounts {
    return {
      made: this.hopsMade,
      refused: this.hopsRefused,
      baselinePackets: this.schedule?.packets.count ?? 0,
    };
  }

  async request(head: RequestHead, body?: RequestBody, signal?: AbortSignal): Promise<Response> {
    if (this.http === undefined) throw new ClientError('connection-closed', 'the connection is not open');
    const response = this.http.request(head, body, signal);
    if (this.quic.justMoved) this.http.pad();
    else if (this.options.hops && randomInt(DECOYS) === 0) this.http.decoy();
    this.quic.flush();
    this.quic.requestSent();
    this.schedule?.check();
    return response;
  }

  /**
   * A stream of bytes to `authority` (HOST:PORT) through a server that is a proxy (RFC 9114 section 4.4): `upload` goes there,
   * and what comes back is the body of a response below 300.
   */
  tunnel(
    authority: string,
    upload: AsyncIterable<Uint8Array>,
    headers: readonly Field[] = [],
  ): Promise<Response> {
    this.alive ??= this.clock.every(KEEP_ALIVE, () => {
      if ((this.http?.tunnels ?? 0) > 0) this.quic.keepAlive();
    });
    return this.request({ method: 'CONNECT', scheme: '', authority, path: '', headers }, upload);
  }

  /** Makes a hop, whatever the strategy says: resolves when a fresh address is ready. Rejects with ClientError. */
  async hop(): Promise<void> {
    try {
      await this.quic.hop();
    } catch (error) {
      this.hopsRefused++;
      throw error;
    }
  }

  close(): void {
    this.quic.close();
  }

  established(): void {
    try {
      if (Buffer.from(this.quic.native.applicationProto()).toString() !== 'h3') {
        throw new ClientError('connect-failed', 'the server does not speak HTTP/3');
      }
      if (this.options.identity !== undefined) {
        checkIdentity(this.options.identity, this.quic.native.peerCertChain());
      }
    } catch (error) {
      this.quic.close(0x100, error as ClientError);
      return;
    }
    this.http = new Http3Session(this);
    this.schedule = new HopSchedule(this.options.strategy, this.options.clock, () => this.hopIfPossible());
    this.settle?.resolve();
  }

  readable(stream: number): void {
    this.http?.readable(stream);
  }

  writable(stream: number): void {
    this.http?.writable(stream);
  }

  progressed(): void {
    this.http?.moreStreams();
    this.schedule?.check();
  }

  hopped(made: boolean): void {
    if (made) this.hopsMade++;
    this.moved?.();
  }

  nudge(): void {
    this.http?.pad();
  }

  waiting(): boolean {
    const recent = this.clock.now() - this.sentAt < TUNNEL_TALKS;
    return this.pending > 0 || (recent && (this.http?.tunnels ?? 0) > 0);
  }

  closed(error: ClientError): void {
    this.schedule?.stop();
    this.alive?.cancel();
    this.moved?.();
    this.settle?.reject(error);
    this.http?.close(error);
  }

  streamsLeft(): number {
    return this.quic.native.peerStreamsLeftBidi();
  }

  write(id: number, bytes: Uint8Array, end: boolean): number | undefined {
    try {
      const taken = this.quic.native.streamSend(id, bytes, end) ?? NOTHING;
      if (taken > 0 && id % 4 === 0) this.sent(taken);
      return taken;
    } catch (error) {
      const message = (error as Error).message;
      if (message === 'Done') return NOTHING;
      return message.startsWith('StreamStopped') ? undefined : 0;
    }
  }

  read(id: number): { bytes: Uint8Array; end: boolean } | number | undefined {
    try {
      const piece = this.quic.native.streamRecv(id, this.buffer);
      if (piece === null) return undefined;
      this.schedule?.packets.receive(piece[0]);
      return { bytes: this.buffer.slice(0, piece[0]), end: piece[1] };
    } catch (error) {
      const message = (error as Error).message;
      if (!message.startsWith('StreamReset')) return undefined;
      return Number(/\d+/.exec(message)?.[0] ?? 0);
    }
  }

  cancel(id: number, code: number, reset: boolean): void {
    for (const side of reset ? [READ_SIDE, WRITE_SIDE] : [READ_SIDE]) {
      try {
        this.quic.native.streamShutdown(id, side, code);
      } catch {
        // That side is done already.
      }
    }
  }

  abort(error: Http3Error): void {
    this.quic.close(error.http3Code, error);
  }

  flush(): void {
    this.quic.flush();
  }

  private sent(bytes: number): void {
    this.schedule?.packets.send(bytes);
    this.sentAt = this.clock.now();
    if ((this.http?.tunnels ?? 0) > 0) this.quic.requestSent();
  }

  /** Resolves when traffic has moved: what is due before that is made after it. */
  private async hopIfPossible(): Promise<boolean> {
    const moved = new Promise<void>(resolve => {
      this.moved = resolve;
    });
    try {
      await this.hop();
      await moved;
      return true;
    } catch (error) {
      if (error instanceof ClientError && HOP_REFUSALS.has(error.code)) this.options.refused?.(error);
      return false;
    }
  }
}
