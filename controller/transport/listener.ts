import { createServer, type Server, type Socket } from 'node:net';
import { SessionError, type SessionOptions, sessionOptions } from '../session/index.js';
import { Admission, type AdmissionLimits, type Place } from './admission.js';
import { bind } from './bind.js';
import { Connection, type HandlerFactory } from './connection.js';
import {
  type Endpoint,
  formatEndpoint,
  isPassive,
  parseEndpoint,
  type TcpEndpoint,
  usesTls,
} from './endpoint.js';
import { adoptAccepted, type ReceiveCallback, readByEvents } from './handle-socket.js';
import type { PeerCertificate } from './peer-certificate.js';
import { TlsAcceptor } from './tls-acceptor.js';
import { noCredentials, type TlsCredentials } from './tls-credentials.js';
import { systemError, TransportError } from './transport-error.js';
import { sharedLoop, type TransportLoop } from './transport-loop.js';

export interface ListenOptions extends Partial<AdmissionLimits> {
  session?: Partial<SessionOptions>;
  /** For a `pssl:` endpoint: who the controller is, and whom it believes. */
  tls?: TlsCredentials;
  /** A connection could not be accepted, for example for want of file descriptors. It goes on listening. */
  onFailure?: (error: TransportError) => void;
  /**
   * A connection was turned away before it had a session: there are too many, or its TLS handshake or its
   * certificate does not do. `remote` is the other end.
   */
  onRefused?: (error: TransportError, remote: string) => void;
  loop?: TransportLoop;
}

const LIMITS: AdmissionLimits = {
  maxConnections: 4096,
  maxUnfinished: 2048,
  maxUnfinishedPerSource: 256,
};

/**
 * Listens on a passive endpoint and gives every connection a session. Rejects with a `TransportError`. A
 * socket file that a dead process left behind is replaced; the new one belongs to its owner only.
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
  if (usesTls(parsed) && options.tls === undefined) throw noCredentials(parsed);
  const server = createServer({ pauseOnConnect: !usesTls(parsed), allowHalfOpen: true });
  return new Listener(server, await bind(server, parsed), handlerFor, options);
}

/** A passive endpoint and the connections that came in through it. */
export class Listener {
  /** Where it listens; a port of 0 is replaced by the one that the system chose. */
  readonly endpoint: Endpoint;
  readonly #server: Server;
  readonly #handlerFor: HandlerFactory;
  readonly #options: ListenOptions;
  readonly #loop: TransportLoop;
  readonly #admission: Admission;
  readonly #secure: TlsAcceptor | undefined;
  readonly #sockets = new Set<Socket>();
  readonly #connections = new Set<Connection>();

  constructor(server: Server, endpoint: Endpoint, handlerFor: HandlerFactory, options: ListenOptions) {
    this.endpoint = endpoint;
    this.#server = server;
    this.#handlerFor = handlerFor;
    this.#options = options;
    this.#loop = options.loop ?? sharedLoop();
    this.#admission = new Admission({ ...LIMITS, ...definedLimits(options) });
    if (usesTls(endpoint)) {
      const timeout = sessionOptions(options.session).handshakeTimeout;
      this.#secure = new TlsAcceptor(options.tls!, timeout);
    }
    server.on('error', error => {
      options.onFailure?.(systemError(`Accepting on ${formatEndpoint(this.endpoint)}`, error));
    });
    server.on('connection', socket => this.#accept(socket));
  }

  get connections(): Iterable<Connection> {
    return this.#connections;
  }

  /** Stops listening and closes every connection; resolves when all sockets are closed. */
  async close(reason?: SessionError): Promise<void> {
    const stopped = new Promise<void>(resolve => this.#server.close(() => resolve()));
    this.#secure?.close();
    for (const socket of this.#sockets) socket.destroy();
    for (const connection of this.#connections) {
      connection.close(reason ?? new SessionError('closed', 'The controller stopped listening.'));
    }
    await stopped;
  }

  #accept(accepted: Socket): void {
    const { remoteAddress } = accepted;
    const remote =
      remoteAddress === undefined
        ? 'unix:'
        : formatEndpoint(this.#remote(remoteAddress, accepted.remotePort));
    const place = this.#admission.enter(remoteAddress);
    if (typeof place === 'string') {
      accepted.destroy();
      this.#options.onRefused?.(new TransportError(place, SENTENCES[place]), remote);
      return;
    }
    if (this.#secure === undefined) {
      const { receiveBuffer } = this.#loop;
      this.#serve(received => adoptAccepted(accepted, receiveBuffer, received), remote, place);
      return;
    }
    this.#sockets.add(accepted);
    accepted.once('close', () => {
      this.#sockets.delete(accepted);
      place.left();
    });
    this.#secure.accept(accepted, outcome => {
      if (outcome instanceof TransportError) {
        this.#options.onRefused?.(outcome, remote);
        return;
      }
      this.#sockets.delete(accepted);
      const { socket, certificate } = outcome;
      this.#serve(received => readByEvents(socket, received), remote, place, certificate);
    });
  }

  /** Gives a connection its session. `open` makes the socket that hands on what it reads. */
  #serve(
    open: (received: ReceiveCallback) => Socket,
    remote: string,
    place: Place,
    certificate?: PeerCertificate,
  ): void {
    const socket = open((length, buffer) => connection.received(length, buffer));
    const connection = new Connection({
      socket,
      remote,
      certificate,
      handlerFor: this.#handlerFor,
      session: this.#options.session ?? {},
      loop: this.#loop,
      onReady: place.finished,
    });
    this.#connections.add(connection);
    socket.on('close', () => {
      this.#connections.delete(connection);
      place.left();
    });
  }

  #remote(host: string, port = 0): TcpEndpoint {
    const scheme = this.#secure === undefined ? 'tcp' : 'ssl';
    return { scheme, host: host.startsWith('::ffff:') ? host.slice(7) : host, port };
  }
}

const SENTENCES: Record<Extract<ReturnType<Admission['enter']>, string>, string> = {
  'too-many-connections': 'There are as many connections as are allowed.',
  'too-many-unfinished': 'There are as many unfinished handshakes as are allowed.',
  'too-many-unfinished-from-source': 'There are as many unfinished handshakes of this source as are allowed.',
};

function definedLimits(options: Partial<AdmissionLimits>): Partial<AdmissionLimits> {
  const { maxConnections, maxUnfinished, maxUnfinishedPerSource } = options;
  return {
    ...(maxConnections === undefined ? {} : { maxConnections }),
    ...(maxUnfinished === undefined ? {} : { maxUnfinished }),
    ...(maxUnfinishedPerSource === undefined ? {} : { maxUnfinishedPerSource }),
  };
}
