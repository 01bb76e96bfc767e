import type { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { TenantError } from '../tenant-error.js';

const TIME_LIMIT = 5_000;

/**
 * The certificate that a server shows for a name; undefined when it shows none, or nothing listens.
 *
 * @throws TenantError `web-server-failed` when it does not say in time
 */
export function shownCertificate(
  host: string,
  port: number,
  name: string,
): Promise<X509Certificate | undefined> {
  return new Promise((resolve, reject) => {
    // The question is what is shown, not whether it is good.
    const socket = connect({ host, port, servername: name, rejectUnauthorized: false });
    const done = (certificate?: X509Certificate) => {
      socket.destroy();
      resolve(certificate);
    };
    // In TLS 1.2 a server that wants a certificate ends the handshake before 'secureConnect'.
    socket.setTimeout(TIME_LIMIT, () => {
      reject(new TenantError('web-server-failed', 'the web server does not answer'));
      socket.destroy();
    });
    socket.on('secureConnect', () => done(socket.getPeerX509Certificate()));
    socket.on('error', () => done());
    socket.on('close', () => done());
  });
}
