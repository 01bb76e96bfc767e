import { webcrypto } from 'node:crypto';
import { PublicKeyInfo } from 'pkijs';
import { fromPem, toPem } from './pem.js';

type CryptoKey = webcrypto.CryptoKey;
export type KeyPair = webcrypto.CryptoKeyPair;

/** What keys are made as: ECDSA on P-256, or RSA of 2048 bits for clients that know nothing else. */
export type KeyType = 'ecdsa-p256' | 'rsa-2048';

const ALGORITHMS = {
  'ecdsa-p256': { name: 'ECDSA', namedCurve: 'P-256' },
  'rsa-2048': {
    name: 'RSASSA-PKCS1-v1_5',
    modulusLength: 2048,
    publicExponent: Uint8Array.of(1, 0, 1),
    hash: 'SHA-256',
  },
} as const;

export function generateKeyPair(type: KeyType): Promise<KeyPair> {
  return webcrypto.subtle.generateKey(ALGORITHMS[type], true, ['sign', 'verify']) as Promise<KeyPair>;
}

/** PKCS#8. */
export async function privateKeyDer(key: CryptoKey): Promise<Uint8Array> {
  return new Uint8Array(await webcrypto.subtle.exportKey('pkcs8', key));
}

export async function privateKeyPem(key: CryptoKey): Promise<string> {
  return toPem('PRIVATE KEY', await privateKeyDer(key));
}

export async function publicKeyInfo(key: CryptoKey): Promise<PublicKeyInfo> {
  return PublicKeyInfo.fromBER(await webcrypto.subtle.exportKey('spki', key));
}

/** A private key of one of the two kinds, for signing; undefined when it is none. */
export async function importPrivateKey(pem: string): Promise<CryptoKey | undefined> {
  const [der] = fromPem('PRIVATE KEY', pem);
  if (der === undefined) return undefined;
  for (const algorithm of Object.values(ALGORITHMS)) {
    try {
      return await webcrypto.subtle.importKey('pkcs8', der, algorithm, true, ['sign']);
    } catch {
      // A key of another kind.
    }
  }
  return undefined;
}
