import { access } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { dirname } from 'node:path';
import { SessionError, type SessionOptions } from '../session/index.js';
import { Connection, type HandlerFactory } from './connection.js';
import { type Endpoint, formatEndpoint, isPassive, parseEndpoint, type TcpEndpoint } from './endpoint.js';
import { adoptAccepted } from './handle-socket.js';
import { systemError, TransportError } from './transport-error.js';
import { sharedLoop, type TransportLoop } from './transport-loop.js';
import { removeStaleSocket, withOwnerOnly } from './unix-socket-file.js';

export interface ListenOptions {
  session?: Partial<SessionOptions>;
  /** Connections above this many are dropped at once. */
  maxConnections?: number;
  /** A connection could not be accepted, for example for want of file descriptors. It goes on listening. */
  onFailure?: (error: TransportError) => void;
  loop?: TransportLoop;
}

const MAX_CONNECTIONS = 4096;

/**
 * Listens on a passive endpoint and gives every connection a session. Rejects with a `TransportError`. A socket file
 * that a dead process left behind is replaced; the new one belongs to its owner only.
 */
export async function listen(
  endpoint: Endpoint | string,
  handlerFor: HandlerFactory,
  options: ListenOptions = {},
): Promise<Listener> {
  const parsed = typeof endpoint === 'string' ? parseEndpoint(endpoint) : endpoint;
  if (!isPassive(parsed)) {
    throw new TransportError('bad-endpoint', `${formatEndpoint(parsed)} is connected to, not listened on.`);
  }
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  server.maxConnections = options.maxConnections ?? MAX_CONNECTIONS;
  try {
    await bind(server, parsed);
  } catch (error) {
    if (error instanceof TransportError) throw error;
    throw systemError(`Listening on ${formatEndpoint(parsed)}`, error as NodeJS.ErrnoException);
  }
  return new Listener(server, parsed, handlerFor, options);
}

/** A passive endpoint and the connections that came in through it. */
export class Listener {
  /** Where it listens; a port of 0 is replaced by the one that the system chose. */
  readonly endpoint: Endpoint;
  readonly #server: Server;
  readonly #handlerFor: HandlerFactory;
  readonly #session: Partial<SessionOptions>;
  readonly #loop: TransportLoop;
  readonly #connections = new Map<Connection, Socket>();

  constructor(server: Server, endpoint: Endpoint, handlerFor: HandlerFactory, options: ListenOptions) {
    this.#server = server;
    this.#handlerFor = handlerFor;
    this.#session = options.session ?? {};
    this.#loop = options.loop ?? sharedLoop();
    const address = server.address();
    this.endpoint = isAddressInfo(address) ? ({ ...endpoint, port: address.port } as TcpEndpoint) : endpoint;
    server.on('error', error => {
      options.onFailure?.(systemError(`Accepting on ${formatEndpoint(this.endpoint)}`, error));
    });
    server.on('connection', socket => this.#accept(socket));
  }

  get connections(): Iterable<Connection> {
    return this.#connections.keys();
  }

  /** Stops listening and closes every connection; resolves when all sockets are closed. */
  async close(reason?: SessionError): Promise<void> {
    const stopped = new Promise<void>(resolve => this.#server.close(() => resolve()));
    for (const connection of this.#connections.keys()) {
      connection.close(reason ?? new SessionError('closed', 'The controller stopped listening.'));
    }
    await stopped;
  }

  #accept(accepted: Socket): void {
    const remote = accepted.remoteAddress;
    const socket = adoptAccepted(accepted, this.#loop.receiveBuffer, (length, buffer) =>
      connection.received(length, buffer),
    );
    const name = remote === undefined ? 'unix:' : formatEndpoint(tcpRemote(remote, accepted.remotePort ?? 0));
    const connection = new Connection(socket, name, this.#handlerFor, this.#session, this.#loop);
    this.#connections.set(connection, socket);
    socket.on('close', () => this.#connections.delete(connection));
  }
}

function tcpRemote(host: string, port: number): TcpEndpoint {
  return { scheme: 'tcp', host: host.startsWith('::ffff:') ? host.slice(7) : host, port };
}

function isAddressInfo(address: AddressInfo | string | null): address is AddressInfo {
  return address !== null && typeof address === 'object';
}

async function bind(server: Server, endpoint: Endpoint): Promise<void> {
  if (!('path' in endpoint)) {
    await started(server, () => server.listen({ host: endpoint.host, port: endpoint.port }));
    return;
  }
  const { path } = endpoint;
  const start = () => started(server, () => withOwnerOnly(() => server.listen({ path })));
  try {
    await start();
  } catch (error) {
    // libuv says EACCES for a missing folder.
    await access(dirname(path));
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || !(await removeStaleSocket(path)))
      throw error;
    await start();
  }
}

function started(server: Server, listening: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    listening();
  });
}
