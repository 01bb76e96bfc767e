import { constants } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { createSecureContext, type TLSSocket, type TlsOptions } from 'node:tls';
import { PseudonymContexts } from './pseudonym-contexts.js';

export interface PseudonymServerOptions {
  /** Files NAME.pem, as the agent writes them. */
  readonly folder: string;
  /** PEM of a certificate and key that no client trusts: what names get that are not served. */
  readonly decoy: { readonly cert: string; readonly key: string };
  /** Contexts in memory; 1000 when absent. */
  readonly capacity?: number;
}

const MISDIRECTED_REQUEST = 421;
/** Longer names stand in a certificate by their first label (RFC 5280 appendix A). */
const MAX_COMMON_NAME = 64;

/** What a TLS or HTTPS server of Node needs to be reached by pseudonyms. */
export interface PseudonymServer {
  /** For `https.createServer` or `tls.createServer`. */
  readonly tls: TlsOptions;
  /** The pseudonym that the client of a connection has proven to own; undefined for others. */
  pseudonymOf(socket: TLSSocket): string | undefined;
  /** Whether a request is for the pseudonym of its connection, by its Host and by its target where that names a host. */
  isForItsOwn(request: IncomingMessage): boolean;
  /**
   * Answers requests whose Host is another than the connection's pseudonym (421), and ends connections of revoked ones.
   * `next` is called for all others. To be called first for every request.
   */
  guard(request: IncomingMessage, response: ServerResponse, next: () => void): void;
}

/**
 * Contexts by SNI, made when first needed: 60,000 pseudonyms cost what the ones in use cost. A client without a certificate
 * gets an alert; one with a wrong certificate a close, before anything is served. Sessions are never resumed.
 */
export function servePseudonyms({ folder, decoy, capacity = 1000 }: PseudonymServerOptions): PseudonymServer {
  const contexts = new PseudonymContexts(folder, capacity);
  // Its only authority is the decoy itself, whose key signs nobody.
  const decoyContext = createSecureContext({ ...decoy, ca: decoy.cert });

  return {
    tls: {
      ...decoy,
      ca: decoy.cert,
      requestCert: true,
      rejectUnauthorized: true,
      minVersion: 'TLSv1.2',
      secureOptions: constants.SSL_OP_NO_TICKET | constants.SSL_OP_NO_RENEGOTIATION,
      SNICallback(name, done) {
        contexts.look(name).then(
          context => done(null, context ?? decoyContext),
          () => done(null, decoyContext),
        );
      },
    },
    pseudonymOf,
    isForItsOwn,
    guard(request, response, next) {
      const socket = request.socket as TLSSocket;
      const name = pseudonymOf(socket);
      if (name === undefined || !isForItsOwn(request)) {
        response.writeHead(MISDIRECTED_REQUEST).end();
        return;
      }
      contexts.has(name).then(
        served => (served ? next() : socket.destroy()),
        () => socket.destroy(),
      );
    },
  };
}

function isForItsOwn({ socket, headers, url = '/' }: IncomingMessage): boolean {
  const name = pseudonymOf(socket as TLSSocket);
  if (name === undefined || headers.host?.toLowerCase().replace(/:\d*$/, '') !== name) return false;
  return url.startsWith('/') || url === '*' || (URL.canParse(url) && new URL(url).hostname === name);
}

/** OpenSSL has compared the client's certificate with the anchor of the SNI; its issuer is compared once more. */
function pseudonymOf(socket: TLSSocket): string | undefined {
  const { servername } = socket as TLSSocket & { servername?: string | false };
  if (typeof servername !== 'string' || !socket.authorized || socket.isSessionReused()) return undefined;
  const name = servername.toLowerCase();
  const issuer = name.length <= MAX_COMMON_NAME ? name : name.split('.')[0];
  return socket.getPeerX509Certificate()?.issuer === `CN=${issuer}` ? name : undefined;
}
