import { connect } from 'node:tls';

const TIME_LIMIT = 5_000;

/** SHA-256 fingerprint of the certificate that a server shows for a name; undefined when it shows none. */
export function shownCertificate(host: string, port: number, name: string): Promise<string | undefined> {
  return new Promise(resolve => {
    // The question is what is shown, not whether it is good.
    const socket = connect({ host, port, servername: name, rejectUnauthorized: false });
    const done = (fingerprint?: string) => {
      socket.destroy();
      resolve(fingerprint);
    };
    // In TLS 1.2 a server that wants a certificate ends the handshake before 'secureConnect'.
    socket.setTimeout(TIME_LIMIT, () => done());
    socket.on('secureConnect', () => done(socket.getPeerX509Certificate()?.fingerprint256));
    socket.on('error', () => done());
    socket.on('close', () => done());
  });
}
