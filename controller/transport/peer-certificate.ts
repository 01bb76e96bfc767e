import { createHash, type X509Certificate } from 'node:crypto';
import type { TLSSocket } from 'node:tls';

/** The certificate that a switch showed and whose key it has. */
export interface PeerCertificate {
  /** SHA-256 of the certificate: 64 lower-case hex digits. */
  readonly fingerprint: string;
  /** SHA-256 of its public key (SubjectPublicKeyInfo), base64: survives a renewal with the same key. */
  readonly publicKeyFingerprint: string;
}

export function describeCertificate(certificate: X509Certificate): PeerCertificate {
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return {
    fingerprint: createHash('sha256').update(certificate.raw).digest('hex'),
    publicKeyFingerprint: createHash('sha256').update(key).digest('base64'),
  };
}

/** The certificate of the other end; undefined when it showed none. */
export function peerCertificate(socket: TLSSocket): PeerCertificate | undefined {
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? undefined : describeCertificate(certificate);
}
