import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { type Clock, systemClock, type Timer } from '../../../controller/host/clock.js';
import { type HostPort, type QuicheConfig, quiche } from '../client/quic/binding.js';
import { serverConfig } from '../client/quic/config.js';
import { ClientLabels } from './client-labels.js';
import { ExitError } from './exit-error.js';
import type { RequestFromClient } from './request-from-client.js';
import { ID_LENGTH, ServerConnection } from './server-connection.js';

export interface Http3ServerOptions {
  readonly host: string;
  /** 0 takes a free one. */
  readonly port: number;
  /** PEM. */
  readonly certificate: Uint8Array;
  readonly key: Uint8Array;
  /** Spare connection IDs that a client gets when it takes as many. */
  readonly spareIds?: number;
  /** Tells clients that they may not change their address (RFC 9000 section 18.2). */
  readonly disableMigration?: boolean;
  /** Connections at a time of clients that no request has made known. */
  readonly maxStrangers?: number;
  readonly request: (request: RequestFromClient) => void;
  readonly clock?: Clock;
}

const INITIAL = 0x00;
const MAX_CONNECTIONS = 4096;
/** Connections of clients that are not known. When one more comes the oldest of them has to go: opening them costs nothing. */
const MAX_STRANGERS = 512;
const EXCESSIVE_LOAD = 0x107; // H3_EXCESSIVE_LOAD, RFC 9114 section 8.1
const SPARE_IDS = 7;
/** Milliseconds in which a client that did not hear that its connection was closed is told again (RFC 9000 section 10.2). */
const CLOSING = 3_000;

/** HTTP/3 for clients that change their address: hands every request to one function. */
export class Http3Server {
  private readonly options: Http3ServerOptions;
  private readonly config: QuicheConfig;
  private readonly socket: Socket;
  private readonly byId = new Map<string, Pick<ServerConnection, 'receive'>>();
  private readonly connections = new Set<ServerConnection>();
  /** Those of clients that are not known, the oldest first. */
  private readonly strangers = new Set<ServerConnection>();
  /** Of connections that were closed and still say so. */
  private readonly closing = new Set<Timer>();
  private over = false;

  private constructor(options: Http3ServerOptions) {
    this.options = options;
    this.config = serverConfig(options);
    this.socket = createSocket(options.host.includes(':') ? 'udp6' : 'udp4');
  }

  /** Rejects with ExitError `listen-failed`, and ClientError `binding-missing`. */
  static async listen(options: Http3ServerOptions): Promise<Http3Server> {
    const server = new Http3Server(options);
    await new Promise<void>((resolve, reject) => {
      server.socket.once('error', cause =>
        reject(new ExitError('listen-failed', `cannot listen on UDP port ${options.port}`, { cause })),
      );
      server.socket.bind(options.port, options.host, resolve);
    });
    server.socket.removeAllListeners('error').on('error', () => undefined);
    server.socket.on('message', (datagram, { address, port }) =>
      server.receive(datagram, { host: address, port }),
    );
    return server;
  }

  get port(): number {
    return this.socket.address().port;
  }

  /** Connections that are open. */
  get open(): number {
    return this.connections.size;
  }

  /** Tells every client. Does nothing the second time. */
  async close(): Promise<void> {
    if (this.over) return;
    this.over = true;
    for (const timer of this.closing) timer.cancel();
    for (const connection of [...this.connections]) connection.close();
    // A socket that is closed drops what it was given in the same turn.
    await new Promise(resolve => setImmediate(resolve));
    await new Promise<void>(resolve => this.socket.close(() => resolve()));
  }

  private receive(datagram: Buffer, from: HostPort): void {
    const { Header } = quiche();
    let header: { ty: number; version: number; dcid: Uint8Array };
    try {
      header = Header.fromSlice(datagram, ID_LENGTH);
    } catch {
      return;
    }
    const known = this.byId.get(hex(header.dcid));
    if (known !== undefined) known.receive(datagram, from);
    else if (header.ty === INITIAL && this.hasRoom()) {
      this.accept(header.dcid, from)?.receive(datagram, from);
    }
  }

  /** Makes room among the clients that are not known. */
  private hasRoom(): boolean {
    const { maxStrangers = MAX_STRANGERS } = this.options;
    const [oldest] = this.strangers;
    if (this.strangers.size >= maxStrangers) oldest!.close(EXCESSIVE_LOAD);
    return this.connections.size < MAX_CONNECTIONS;
  }

  private accept(firstId: Uint8Array, from: HostPort): ServerConnection | undefined {
    const { address, port } = this.socket.address();
    const local = { host: address, port };
    const id = randomBytes(ID_LENGTH);
    const ids = new Set([hex(id), hex(firstId)]);
    const labels = new ClientLabels(from);
    const native = quiche().Connection.accept(id, null, local, labels.labelOf(from), this.config);
    const connection = new ServerConnection({
      native,
      local,
      labels,
      spareIds: this.options.spareIds ?? SPARE_IDS,
      clock: this.options.clock ?? systemClock,
      send: (bytes, to) => this.socket.send(bytes, to.port, to.host, () => undefined),
      request: this.options.request,
      known: () => this.strangers.delete(connection),
      idAdded: added => {
        ids.add(hex(added));
        this.byId.set(hex(added), connection);
      },
      idRetired: retired => {
        ids.delete(hex(retired));
        this.byId.delete(hex(retired));
      },
      closed: farewell => {
        this.connections.delete(connection);
        this.strangers.delete(connection);
        this.forget(ids, farewell);
      },
    });
    for (const each of ids) this.byId.set(each, connection);
    this.connections.add(connection);
    this.strangers.add(connection);
    return connection;
  }

  /** Forgets a connection; where this end closed it, what still comes for it is answered with `farewell` for a while. */
  private forget(ids: ReadonlySet<string>, farewell: Uint8Array | undefined): void {
    const done = () => {
      for (const id of ids) this.byId.delete(id);
    };
    if (farewell === undefined || this.over) {
      done();
      return;
    }
    const receive = (datagram: Uint8Array, { host, port }: HostPort) => {
      if (farewell.length <= datagram.length) this.socket.send(farewell, port, host, () => undefined);
    };
    for (const id of ids) this.byId.set(id, { receive });
    const timer = (this.options.clock ?? systemClock).after(CLOSING, () => {
      this.closing.delete(timer);
      done();
    });
    this.closing.add(timer);
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
