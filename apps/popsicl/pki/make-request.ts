import type { webcrypto } from 'node:crypto';
import { CertificationRequest } from 'pkijs';
import { commonName } from './certificate.js';
import { toPem } from './pem.js';

/** A certificate request (PKCS#10, RFC 2986; PEM) for a key pair. Its name says nothing: who certifies decides on one. */
export async function makeRequest(keys: webcrypto.CryptoKeyPair): Promise<string> {
  const request = new CertificationRequest();
  request.subject = commonName('request');
  await request.subjectPublicKeyInfo.importKey(keys.publicKey as never);
  await request.sign(keys.privateKey as never, 'SHA-256');
  return toPem('CERTIFICATE REQUEST', request.toSchema().toBER());
}
