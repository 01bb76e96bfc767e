import { ClientError } from '../client-error.js';
import type { ConnectionFault, QuicheConnection } from './binding.js';

const CRYPTO_ERRORS = 0x100;
/** TLS alerts about certificates (RFC 8446 section 6): bad_certificate to unknown_ca, and bad_certificate_status. */
const CERTIFICATE_ALERTS = new Set([42, 43, 44, 45, 46, 48, 113]);
const NO_APPLICATION_PROTOCOL = 120;

/** Why a connection ended, from what quiche knows about it. */
export function faultOf(connection: QuicheConnection, cause?: unknown): ClientError {
  const established = connection.isEstablished();
  const local = connection.localError();
  const peer = connection.peerError();
  if (local !== null) return describe(local, 'this end', established, cause);
  if (peer !== null) return describe(peer, 'the server', established, cause);
  if (cause instanceof Error && cause.message.includes('UnknownVersion')) {
    return new ClientError('connect-failed', 'the server speaks no version of QUIC that this end speaks', {
      cause,
    });
  }
  return established
    ? new ClientError('connection-lost', 'the server has not answered for too long', { cause })
    : new ClientError('connect-failed', 'the server does not answer over QUIC', { cause });
}

function describe(fault: ConnectionFault, who: string, established: boolean, cause: unknown): ClientError {
  const alert = fault.isApp ? -1 : fault.errorCode - CRYPTO_ERRORS;
  if (CERTIFICATE_ALERTS.has(alert)) {
    return new ClientError('certificate-rejected', `${who} rejected the certificate (TLS alert ${alert})`, {
      mend: 'name the authority that signed it',
      cause,
    });
  }
  if (alert === NO_APPLICATION_PROTOCOL) {
    return new ClientError('connect-failed', 'the server does not speak HTTP/3', { cause });
  }
  const reason = Buffer.from(fault.reason)
    .toString('utf8')
    .replaceAll(/[^\x20-\x7e]/g, '.')
    .slice(0, 100);
  const text = `${who} closed the connection with code 0x${fault.errorCode.toString(16)}${reason && `: ${reason}`}`;
  return new ClientError(established ? 'connection-closed' : 'connect-failed', text, { cause });
}
