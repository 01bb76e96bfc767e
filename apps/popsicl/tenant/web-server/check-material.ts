import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import type { ServerMaterial } from '../../model.js';
import { isHostName } from '../host-name.js';
import { TenantError } from '../tenant-error.js';

/** PEM of all three together; more than any chain needs, and what the nginx module reads at most. */
const MAX_BYTES = 64 * 1024;
const BLOCK = /-----BEGIN ([A-Z0-9 ]+)-----[^-]+-----END \1-----\r?\n?/g;

/** @throws TenantError `bad-name` */
export function checkName(name: string): void {
  if (!isHostName(name)) throw new TenantError('bad-name', 'a pseudonym is not a host name in lower case');
}

/**
 * What a web server could not use is refused before it is written: key, server certificate and anchor must be of one
 * key, the certificate for this name, and nothing may stand between the PEM blocks.
 *
 * @throws TenantError `bad-name`, `bad-material`
 */
export function checkMaterial(material: ServerMaterial): void {
  const { name, certificatePem, keyPem, anchorPem } = material;
  checkName(name);
  if (certificatePem.length + keyPem.length + anchorPem.length > MAX_BYTES) throw bad('is too long');
  const chain = blocks(certificatePem, 'CERTIFICATE').map(readCertificate);
  const anchors = blocks(anchorPem, 'CERTIFICATE').map(readCertificate);
  const [server] = chain;
  const [anchor] = anchors;
  if (blocks(keyPem, 'PRIVATE KEY').length !== 1) throw bad('has no single PKCS#8 key');
  if (!server || !anchor || anchors.length !== 1) throw bad('lacks its certificate or its anchor');
  const key = readKey(keyPem);
  if (!server.checkPrivateKey(key)) throw bad('has a key that is not of its certificate');
  if (!anchor.checkPrivateKey(key)) throw bad('has an anchor that is not of its key');
  if (!anchor.ca || anchor.issuer !== anchor.subject)
    throw bad('has an anchor that is no self-signed authority');
  if (server.checkHost(name, { subject: 'never', wildcards: false }) === undefined)
    throw bad('has a certificate for another name');
}

function blocks(pem: string, kind: string): string[] {
  const found = [...pem.matchAll(BLOCK)];
  const whole = found.map(([block]) => block).join('');
  if (whole.length !== pem.length || found.some(([, label]) => label !== kind)) throw bad('is not plain PEM');
  return found.map(([block]) => block);
}

function readCertificate(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem);
  } catch {
    throw bad('has something that is no certificate');
  }
}

function readKey(pem: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    throw bad('has something that is no key');
  }
}

function bad(why: string): TenantError {
  return new TenantError('bad-material', `the material of a pseudonym ${why}`);
}
