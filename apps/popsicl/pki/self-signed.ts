import { commonName, makeCertificate } from './certificate.js';
import { generateKeyPair, type KeyType, privateKeyPem, publicKeyInfo } from './key-pair.js';
import { toPem } from './pem.js';

/** Certificate, then private key (PKCS#8). PEM. */
export interface SelfSigned {
  readonly certificatePem: string;
  readonly keyPem: string;
}

/** A new authority by its own word, which may certify names at and below `domain` only. Milliseconds since 1970. */
export async function makeAuthority(
  name: string,
  domain: string,
  keyType: KeyType,
  { from, until }: { readonly from: number; readonly until: number },
): Promise<SelfSigned> {
  const keys = await generateKeyPair(keyType);
  const subject = commonName(name);
  const certificate = await makeCertificate({
    subject,
    issuer: subject,
    publicKey: await publicKeyInfo(keys.publicKey),
    signingKey: keys.privateKey,
    notBefore: new Date(from),
    notAfter: new Date(until),
    purpose: 'authority',
    names: [domain],
  });
  return {
    certificatePem: toPem('CERTIFICATE', certificate.toSchema().toBER()),
    keyPem: await privateKeyPem(keys.privateKey),
  };
}
