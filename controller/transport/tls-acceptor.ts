import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { type PeerCertificate, peerCertificate } from './peer-certificate.js';
import type { TlsCredentials } from './tls-credentials.js';
import { certificateRefusal, handshakeFailure, tlsFailure } from './tls-refusal.js';
import type { TransportError } from './transport-error.js';

/** A connection whose other end has a certificate that a known authority signed. */
export interface SecureConnection {
  readonly socket: TLSSocket;
  readonly certificate: PeerCertificate;
}

export type TlsOutcome = SecureConnection | TransportError;

/** Makes TLS connections out of accepted TCP connections. Both ends must show certificates. */
export class TlsAcceptor {
  readonly #server: Server;
  readonly #stopRenewals: () => void;
  /** Who waits for a handshake, by the other end's address and port. */
  readonly #waiting = new Map<string, (outcome: TlsOutcome) => void>();

  /** `handshakeTimeout` in milliseconds. */
  constructor(credentials: TlsCredentials, handshakeTimeout: number) {
    // The certificate is judged below: Node would close the connection without saying why.
    const asked = { requestCert: true, rejectUnauthorized: false };
    this.#server = createServer({ ...credentials.options, ...asked, handshakeTimeout, allowHalfOpen: true });
    this.#stopRenewals = credentials.onRenewed(() => this.#server.setSecureContext(credentials.options));
    this.#server.on('secureConnection', socket => this.#finished(socket));
    this.#server.on('tlsClientError', (error, socket) => {
      this.#settle(keyOf(socket), tlsFailure(error) ?? handshakeFailure(error));
      socket.destroy();
    });
  }

  /** `done` is called once, unless the acceptor is closed before. A refused connection is closed already. */
  accept(socket: Socket, done: (outcome: TlsOutcome) => void): void {
    const key = keyOf(socket);
    this.#waiting.set(key, done);
    // A connection that is reset on the way no longer says whose it was.
    socket.once('close', () => this.#settle(key, handshakeFailure()));
    this.#server.emit('connection', socket);
  }

  close(): void {
    this.#stopRenewals();
    this.#waiting.clear();
  }

  #finished(socket: TLSSocket): void {
    const certificate = peerCertificate(socket);
    if (certificate !== undefined && socket.authorized) {
      this.#settle(keyOf(socket), { socket, certificate });
      return;
    }
    const verdict = certificate === undefined ? undefined : String(socket.authorizationError);
    this.#settle(keyOf(socket), certificateRefusal(verdict));
    socket.destroy();
  }

  #settle(key: string, outcome: TlsOutcome): void {
    const done = this.#waiting.get(key);
    this.#waiting.delete(key);
    done?.(outcome);
  }
}

function keyOf(socket: Socket): string {
  return `${socket.remoteAddress} ${socket.remotePort}`;
}
