import { createHash } from 'node:crypto';
import type { TenantMaterial } from '../../model.js';

export const DIGEST_LENGTH = 16;

/** Says whether two machines have the same of a pseudonym: 16 bytes of SHA-256. Blanks around PEM do not count. */
export function materialDigest(material: TenantMaterial): Buffer {
  const { name, certificatePem, keyPem, anchorPem, capability } = material;
  const hash = createHash('sha256');
  for (const part of [name, certificatePem, keyPem, anchorPem, capability])
    hash.update(part.trim()).update('\0');
  return hash.digest().subarray(0, DIGEST_LENGTH);
}
