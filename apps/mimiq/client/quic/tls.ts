import { X509Certificate } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { checkServerIdentity, rootCertificates } from 'node:tls';
import { ClientError } from '../client-error.js';

export interface TlsOptions {
  /** PEM of the authorities to trust instead of the system's. */
  authorities?: string | Uint8Array;
  /** Takes any certificate. */
  insecure?: boolean;
}

/** Where distributions keep the authorities that the system trusts. */
const SYSTEM_BUNDLES = [
  '/etc/ssl/certs/ca-certificates.crt',
  '/etc/pki/tls/certs/ca-bundle.crt',
  '/etc/ssl/ca-bundle.pem',
  '/etc/ssl/cert.pem',
];

/** PEM of the authorities to trust: the given ones, those of SSL_CERT_FILE, the system's, or Node's. */
export function trustedAuthorities(options: TlsOptions, env: NodeJS.ProcessEnv = process.env): Uint8Array {
  if (options.authorities !== undefined) return Buffer.from(options.authorities);
  const file = env.SSL_CERT_FILE ?? SYSTEM_BUNDLES.find(path => existsSync(path));
  const pem = file === undefined ? rootCertificates.join('\n') : readFileSync(file, 'utf8');
  const extra = env.NODE_EXTRA_CA_CERTS;
  return Buffer.from(extra === undefined ? pem : `${pem}\n${readFileSync(extra, 'utf8')}`);
}

/** Throws ClientError unless the first certificate of a verified chain (DER) is for `host` (RFC 9110 section 4.3.4). */
export function checkIdentity(host: string, chain: readonly Uint8Array[] | null): void {
  const leaf = chain?.[0];
  if (leaf === undefined) throw new ClientError('certificate-rejected', 'the server showed no certificate');
  const certificate = new X509Certificate(leaf);
  const fault =
    isIP(host) !== 0
      ? certificate.checkIP(host) === undefined
      : checkServerIdentity(host, certificate.toLegacyObject()) !== undefined;
  if (fault) {
    throw new ClientError('certificate-rejected', `the server's certificate is not for ${host}`, {
      mend: 'use the name that the certificate is for',
    });
  }
}
