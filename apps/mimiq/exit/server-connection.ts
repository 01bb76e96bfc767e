import { randomBytes } from 'node:crypto';
import type { Clock, Timer } from '../../../controller/host/clock.js';
import { FrameType, frame } from '../client/http3/frame-reader.js';
import { Http3Code, Http3Error } from '../client/http3/http3-error.js';
import { PeerStreams } from '../client/http3/peer-streams.js';
import { concat, varint } from '../client/http3/varint.js';
import type { HostPort, ServerNative } from '../client/quic/binding.js';
import type { ClientLabels } from './client-labels.js';
import { Outgoing } from './outgoing.js';
import { RequestFromClient } from './request-from-client.js';

export interface ServerConnectionOptions {
  readonly native: ServerNative;
  readonly local: HostPort;
  /** What `native` was told of where the client is. */
  readonly labels: ClientLabels;
  readonly clock: Clock;
  /** Connection IDs that the client has to hop with, at most. */
  readonly spareIds: number;
  readonly send: (bytes: Uint8Array, to: HostPort) => void;
  readonly request: (request: RequestFromClient) => void;
  /** It has made a request that only those may make whom the server knows. */
  readonly known: () => void;
  /** A connection ID that the client may use from now on, or does not use any more. */
  readonly idAdded: (id: Uint8Array) => void;
  readonly idRetired: (id: Uint8Array) => void;
  /** `farewell`: the datagram that closed it, where this end did. */
  readonly closed: (farewell: Uint8Array | undefined) => void;
}

export const ID_LENGTH = 16;
const READ = 65_536;
const CONTROL_STREAM = 3;

/** The server's end of one HTTP/3 connection. The client may change its address whenever it likes. */
export class ServerConnection {
  private readonly options: ServerConnectionOptions;
  private readonly requests = new Map<number, RequestFromClient>();
  private readonly peer = new PeerStreams(() => undefined);
  private readonly outgoing: Outgoing;
  private readonly buffer = new Uint8Array(READ);
  private timer: Timer | undefined;
  private up = false;
  private supplied = 0;
  /** Requests that are over: all below a number, and some above, since they come in any order. */
  private settledBelow = 0;
  private readonly settled = new Set<number>();
  private over = false;
  /** quiche could not send. */
  private failed = false;
  private due = false;

  constructor(options: ServerConnectionOptions) {
    this.options = options;
    this.outgoing = new Outgoing(options.native, options.local, options.labels, options.send);
  }

  receive(datagram: Uint8Array, from: HostPort): void {
    if (this.over) return;
    try {
      const { native, labels, local } = this.options;
      const label = labels.labelOf(from);
      native.recv(datagram, { from: label, to: local });
      const active = labels.isCurrent(label) ? undefined : native.pathStats().find(path => path.active);
      if (active !== undefined) labels.moved(active.peerHost);
      this.outgoing.revive();
      // Before the next datagram: one that brings a connection ID that was given back would close the connection.
      this.forgetIds();
    } catch {
      // A datagram that is malformed or not this connection's is dropped.
    }
    if (this.due) return;
    this.due = true;
    setImmediate(() => {
      this.due = false;
      this.process();
    });
  }

  close(code: number = Http3Code.NO_ERROR): void {
    if (this.over) return;
    try {
      this.options.native.close(true, code, new Uint8Array(0));
    } catch {
      // It was closing already.
    }
    this.flush();
    this.end();
  }

  private process(): void {
    if (this.over) return;
    const { native } = this.options;
    if (!this.up && native.isEstablished()) this.established();
    if (this.up) {
      this.supplyIds();
      if (this.over) return;
      for (const id of native.readable()) this.readable(id);
      for (const id of native.writable()) this.writable(id);
    }
    this.flush();
  }

  private established(): void {
    this.up = true;
    const settings = concat(varint(6), varint(READ)); // SETTINGS_MAX_FIELD_SECTION_SIZE
    this.options.native.streamSend(
      CONTROL_STREAM,
      concat(varint(0), frame(FrameType.SETTINGS, settings)),
      false,
    );
  }

  /**
   * As many connection IDs as the client takes: each is an address that it can hop to. They go in packets without data of streams
   * (see `Outgoing`).
   */
  private supplyIds(): void {
    const { native, idAdded, spareIds } = this.options;
    this.forgetIds();
    const wanted = () => native.sourceCidsLeft() > 0 && this.supplied < spareIds;
    if (!wanted()) return;
    this.sendAll();
    while (wanted()) {
      this.supplied++;
      const id = randomBytes(ID_LENGTH);
      native.newSourceCid(id, BigInt(`0x${randomBytes(16).toString('hex')}`), false);
      idAdded(id);
    }
    this.sendAll();
  }

  private forgetIds(): void {
    const { native, idRetired } = this.options;
    for (let id = native.retiredScidNext(); id !== null; id = native.retiredScidNext()) {
      this.supplied--;
      idRetired(id);
    }
  }

  private readable(id: number): void {
    try {
      for (;;) {
        const request = this.requestOf(id);
        if (request?.body.full) return;
        const piece = this.read(id);
        if (piece === undefined) return;
        if (id % 4 === 2) this.peer.push(id, piece.bytes);
        else request?.push(piece.bytes);
        if (!piece.end) continue;
        if (id % 4 === 2) this.peer.end(id);
        request?.ended();
        this.settle(id);
        return;
      }
    } catch (error) {
      if (!(error instanceof Http3Error)) throw error;
      if (error.scope === 'connection') this.close(error.http3Code);
      else this.cancel(id, error.http3Code);
    }
  }

  /** Undefined when there is nothing now; throws Http3Error of one stream when the client broke it off. */
  private read(id: number): { bytes: Uint8Array; end: boolean } | undefined {
    try {
      const piece = this.options.native.streamRecv(id, this.buffer);
      return piece === null ? undefined : { bytes: this.buffer.slice(0, piece[0]), end: piece[1] };
    } catch (error) {
      if (!(error as Error).message.startsWith('StreamReset')) return undefined;
      if (id % 4 === 2) this.peer.end(id);
      throw new Http3Error(Http3Code.REQUEST_CANCELLED, 'the client broke a request off', 'stream');
    }
  }

  private requestOf(id: number): RequestFromClient | undefined {
    if (id % 4 !== 0) return undefined;
    let request = this.requests.get(id);
    if (request === undefined && id >= this.settledBelow && !this.settled.has(id)) {
      const port = {
        writable: () => this.resumed(() => this.writable(id)),
        resume: () => this.resumed(() => this.readable(id)),
        cancel: (code: number) => this.cancel(id, code),
        known: () => this.options.known(),
        stopReading: () => this.stopReading(id),
      };
      const made: RequestFromClient = new RequestFromClient(port, () => this.options.request(made));
      request = made;
      this.requests.set(id, request);
    }
    return request;
  }

  private resumed(what: () => void): void {
    if (this.over) return;
    what();
    this.flush();
  }

  private writable(id: number): void {
    const request = this.requests.get(id);
    if (request === undefined || request.outDone) return;
    for (;;) {
      const bytes = request.out[0] ?? new Uint8Array(0);
      const last = request.outFinished && request.out.length <= 1;
      if (bytes.length === 0 && !last) break;
      const taken = this.write(id, bytes, last);
      if (taken === undefined) {
        request.lost();
        return;
      }
      if (taken < bytes.length) {
        if (taken > 0) request.out[0] = bytes.subarray(taken);
        return;
      }
      request.out.shift();
      if (last) {
        request.outDone = true;
        break;
      }
    }
    request.drained();
    this.settle(id);
  }

  /** Forgets a request that is over. */
  private settle(id: number): void {
    const request = this.requests.get(id);
    if (request !== undefined && (request.gone || (request.outDone && request.received))) {
      this.requests.delete(id);
      this.settled.add(id);
      while (this.settled.delete(this.settledBelow)) this.settledBelow += 4;
    }
  }

  /** Bytes taken, -1 when not even the end was; undefined when the client wants no more. */
  private write(id: number, bytes: Uint8Array, end: boolean): number | undefined {
    try {
      return this.options.native.streamSend(id, bytes, end) ?? -1;
    } catch (error) {
      const { message } = error as Error;
      if (message === 'Done') return -1;
      return message.startsWith('StreamStopped') ? undefined : 0;
    }
  }

  private stopReading(id: number): void {
    const request = this.requests.get(id);
    if (request === undefined || request.received) return;
    try {
      this.options.native.streamShutdown(id, 0, Http3Code.NO_ERROR);
    } catch {
      // It has come whole.
    }
    request.received = true;
    this.settle(id);
    this.flush();
  }

  private cancel(id: number, code: number): void {
    for (const side of [0, 1]) {
      try {
        this.options.native.streamShutdown(id, side, code);
      } catch {
        // That side is done already.
      }
    }
    const request = this.requests.get(id);
    if (request !== undefined && !request.gone) request.lost();
    this.settle(id);
    this.flush();
  }

  /** Sends everything that is due. A connection that quiche cannot go on with ends, and the client is told. */
  private sendAll(): void {
    if (this.over) return;
    try {
      this.outgoing.flush();
    } catch {
      if (this.failed) this.end();
      else {
        this.failed = true;
        this.close(Http3Code.INTERNAL_ERROR);
      }
    }
  }

  private flush(): void {
    const { native, clock } = this.options;
    this.sendAll();
    if (native.isClosed()) this.end();
    const left = native.timeout();
    this.timer?.cancel();
    if (left === null || this.over) return;
    this.timer = clock.after(Math.max(1, left), () => {
      if (native.timeout() === 0) native.onTimeout();
      this.process();
    });
  }

  private end(): void {
    if (this.over) return;
    this.over = true;
    this.timer?.cancel();
    for (const request of this.requests.values()) request.lost();
    const closedHere = this.options.native.localError() !== null;
    this.options.closed(closedHere ? this.outgoing.last : undefined);
  }
}
