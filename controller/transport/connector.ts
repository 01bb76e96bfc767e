import { connect as openSocket, type Socket, type TcpNetConnectOpts } from 'node:net';
import { setTimeout as wait } from 'node:timers/promises';
import { TLSSocket, type ConnectionOptions as TlsOptions, connect as tlsConnect } from 'node:tls';
import { SessionError, type SessionOptions } from '../session/index.js';
import { Backoff } from './backoff.js';
import { Connection, type HandlerFactory } from './connection.js';
import { type Endpoint, formatEndpoint, isPassive, parseEndpoint, usesTls } from './endpoint.js';
import { type ReceiveCallback, readInto } from './handle-socket.js';
import { type PeerCertificate, peerCertificate } from './peer-certificate.js';
import { noCredentials, type TlsCredentials } from './tls-credentials.js';
import { tlsFailure } from './tls-refusal.js';
import { systemError, TransportError } from './transport-error.js';
import { sharedLoop, type TransportLoop } from './transport-loop.js';

export interface ConnectOptions {
  session?: Partial<SessionOptions>;
  /** Stops the connector. */
  signal?: AbortSignal;
  /** Bounds of the pause between attempts, in milliseconds; it doubles until a session becomes ready. */
  shortestPause?: number;
  longestPause?: number;
  /** Milliseconds that the system may take to connect. */
  connectTimeout?: number;
  /** An attempt failed; the next one follows in `pause` milliseconds. */
  onFailure?: (error: TransportError, pause: number) => void;
  loop?: TransportLoop;
  /** For an `ssl:` endpoint: who the controller is, and whom it believes. */
  tls?: TlsCredentials;
}

/**
 * Keeps a connection to an active endpoint: connects, and connects again whenever it fails or ends, until
 * stopped. Throws a `TransportError` when the endpoint cannot be read.
 */
export function connect(
  endpoint: Endpoint | string,
  handlerFor: HandlerFactory,
  options: ConnectOptions = {},
): Connector {
  const parsed = typeof endpoint === 'string' ? parseEndpoint(endpoint) : endpoint;
  if (isPassive(parsed)) {
    throw new TransportError('bad-endpoint', `${formatEndpoint(parsed)} is listened on, not connected to.`);
  }
  if (usesTls(parsed) && options.tls === undefined) throw noCredentials(parsed);
  return new Connector(parsed, handlerFor, options);
}

interface Opened {
  readonly socket: Socket;
  readonly certificate: PeerCertificate | undefined;
}

/** A connection that comes back. */
export class Connector {
  readonly endpoint: Endpoint;
  readonly #handlerFor: HandlerFactory;
  readonly #options: ConnectOptions;
  readonly #loop: TransportLoop;
  readonly #backoff: Backoff;
  readonly #stop = new AbortController();
  readonly #stopped: Promise<void>;
  #connection: Connection | undefined;

  constructor(endpoint: Endpoint, handlerFor: HandlerFactory, options: ConnectOptions) {
    this.endpoint = endpoint;
    this.#handlerFor = handlerFor;
    this.#options = options;
    this.#loop = options.loop ?? sharedLoop();
    this.#backoff = new Backoff(options.shortestPause ?? 500, options.longestPause ?? 8000);
    const { signal } = options;
    const onAbort = () => void this.stop();
    if (signal?.aborted) this.#stop.abort();
    else signal?.addEventListener('abort', onAbort, { once: true });
    this.#stopped = this.#run().finally(() => signal?.removeEventListener('abort', onAbort));
  }

  /** The connection of the moment; undefined between two. */
  get connection(): Connection | undefined {
    return this.#connection;
  }

  /** Closes the connection and makes no other; resolves when the socket is closed. */
  stop(reason?: SessionError): Promise<void> {
    this.#stop.abort();
    this.#connection?.close(reason ?? new SessionError('closed', 'The controller stopped connecting.'));
    return this.#stopped;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    while (!signal.aborted) {
      let failure: TransportError | undefined;
      try {
        if (await this.#connectOnce()) this.#backoff.succeeded();
      } catch (error) {
        failure = error as TransportError;
      }
      if (signal.aborted) return;
      const pause = this.#backoff.failed();
      if (failure !== undefined) this.#options.onFailure?.(failure, pause);
      await wait(pause, undefined, { signal }).catch(() => undefined);
    }
  }

  /**
   * Lives through one connection; resolves, when its socket is closed, with whether its session became ready.
   */
  async #connectOnce(): Promise<boolean> {
    const { socket, certificate } = await this.#open((length, buffer) =>
      this.#connection?.received(length, buffer),
    );
    if (this.#stop.signal.aborted) {
      socket.destroy();
      return false;
    }
    const closed = new Promise<void>(resolve => socket.once('close', () => resolve()));
    const name = formatEndpoint(this.endpoint);
    const connection = new Connection({
      socket,
      remote: name,
      certificate,
      handlerFor: this.#handlerFor,
      session: this.#options.session ?? {},
      loop: this.#loop,
    });
    this.#connection = connection;
    await closed;
    this.#connection = undefined;
    return connection.session.features !== undefined;
  }

  #open(received: ReceiveCallback): Promise<Opened> {
    const what = `Connecting to ${formatEndpoint(this.endpoint)}`;
    const limit = this.#options.connectTimeout ?? 10_000;
    const { signal } = this.#stop;
    return new Promise((resolve, reject) => {
      const address = { ...this.#address(), ...readInto(this.#loop.receiveBuffer, received) };
      const { tls } = this.#options;
      const isSecure = usesTls(this.endpoint) && tls !== undefined;
      const socket = isSecure ? openTls(address, tls) : openSocket(address as TcpNetConnectOpts);
      const connected = isSecure ? 'secureConnect' : 'connect';
      const timer = setTimeout(() => {
        socket.destroy();
        settle(() => reject(new TransportError('connect-timeout', `${what} took longer than ${limit} ms.`)));
      }, limit);
      const onAbort = () => {
        socket.destroy();
        settle(() => reject(new TransportError('connect-aborted', `${what} was stopped.`)));
      };
      const onError = (error: Error) => settle(() => reject(tlsFailure(error) ?? systemError(what, error)));
      const onConnect = () => {
        // Node forgets the certificate of a server soon after the handshake.
        const certificate = socket instanceof TLSSocket ? peerCertificate(socket) : undefined;
        settle(() => resolve({ socket, certificate }));
      };
      const settle = (outcome: () => void) => {
        clearTimeout(timer);
        signal.removeEventListener('abort', onAbort);
        socket.off('error', onError);
        socket.off(connected, onConnect);
        outcome();
      };
      signal.addEventListener('abort', onAbort, { once: true });
      socket.on('error', onError);
      socket.on(connected, onConnect);
    });
  }

  #address(): { host: string; port: number } | { path: string } {
    return 'path' in this.endpoint
      ? { path: this.endpoint.path }
      : { host: this.endpoint.host, port: this.endpoint.port };
  }
}

/**
 * Both ends show certificates. A switch's certificate names no host (ovs-pki(8)), so that its authority alone
 * counts, and a pin where there is one.
 */
function openTls(address: object, tls: TlsCredentials): TLSSocket {
  return tlsConnect({
    ...(address as TlsOptions),
    secureContext: tls.context,
    minVersion: 'TLSv1.2',
    rejectUnauthorized: true,
    checkServerIdentity: () => undefined,
  });
}
