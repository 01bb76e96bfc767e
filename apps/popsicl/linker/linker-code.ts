import { createHash, randomBytes, type X509Certificate } from 'node:crypto';
import { encodeBase32 } from '../pseudonym/base32.js';

const CODE_BYTES = 16;
const CODE_LENGTH = 26;
const CODE = /^[a-z2-7]{26}$/;

/** What ties a person's pseudonyms together: 128 random bits, in groups that are easy to copy by hand. */
export function drawCode(): string {
  return encodeBase32(randomBytes(CODE_BYTES))
    .slice(0, CODE_LENGTH)
    .match(/.{1,5}/g)!
    .join('-');
}

/** The code as it was drawn, however it was typed, and with `code:` before it or without; undefined when it is none. */
export function canonicalCode(text: string): string | undefined {
  const code = text
    .toLowerCase()
    .replace(/^code:/, '')
    .replace(/[\s-]/g, '');
  return CODE.test(code) ? code : undefined;
}

/** What is kept of a canonical code. It has too many bits to be guessed from the hash. */
export function codeHash(code: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(`linker code ${code}`).digest());
}

/** What is kept of a certificate for the linker: SHA-256 of its public key. */
export function keyHash(certificate: X509Certificate): Uint8Array {
  const key = certificate.publicKey.export({ type: 'spki', format: 'der' });
  return new Uint8Array(createHash('sha256').update(key).digest());
}
