/**
 * pbeWithSHAAnd3-KeyTripleDES-CBC (RFC 7292 appendix C), which the PKCS#12 library does not write any more and old importers
 * know alone.
 */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { Integer, OctetString, Sequence } from 'asn1js';
import { AlgorithmIdentifier } from 'pkijs';

const PBE_SHA1_3DES = '1.2.840.113549.1.12.1.3';
const ITERATIONS = 128;
const SALT_LENGTH = 8;
/** SHA-1: block and output in bytes. */
const BLOCK = 64;
const DIGEST = 20;
const Purpose = { key: 1, initializationVector: 2 } as const;

export function encryptOldForm(
  content: Uint8Array,
  password: string,
): { algorithm: AlgorithmIdentifier; ciphertext: Uint8Array } {
  const salt = randomBytes(SALT_LENGTH);
  const key = derive(Purpose.key, password, salt, 24);
  const iv = derive(Purpose.initializationVector, password, salt, 8);
  const cipher = createCipheriv('des-ede3-cbc', key, iv);
  const ciphertext = Buffer.concat([cipher.update(content), cipher.final()]);
  const parameters = new Sequence({
    value: [new OctetString({ valueHex: salt }), new Integer({ value: ITERATIONS })],
  });
  return {
    algorithm: new AlgorithmIdentifier({ algorithmId: PBE_SHA1_3DES, algorithmParams: parameters }),
    ciphertext: new Uint8Array(ciphertext),
  };
}

/** `length` bytes for one purpose (RFC 7292 appendix B.2). */
export function derive(purpose: number, password: string, salt: Uint8Array, length: number): Uint8Array {
  const diversifier = new Uint8Array(BLOCK).fill(purpose);
  const input = Buffer.concat([repeated(salt), repeated(bmpString(password))]);
  const result = new Uint8Array(Math.ceil(length / DIGEST) * DIGEST);
  for (let offset = 0; offset < length; offset += DIGEST) {
    let digest = createHash('sha1').update(diversifier).update(input).digest();
    for (let round = 1; round < ITERATIONS; round++) digest = createHash('sha1').update(digest).digest();
    result.set(digest, offset);
    for (let start = 0; start < input.length; start += BLOCK) addDigest(input, start, digest);
  }
  return result.subarray(0, length);
}

/** Adds the digest, repeated to a block, and one to the block at `start`, modulo 2^512. */
function addDigest(input: Uint8Array, start: number, digest: Uint8Array): void {
  let carry = 1;
  for (let index = BLOCK - 1; index >= 0; index--) {
    carry += input[start + index]! + digest[index % DIGEST]!;
    input[start + index] = carry & 0xff;
    carry >>>= 8;
  }
}

/** Copies of `bytes` up to the next multiple of a block. */
function repeated(bytes: Uint8Array): Uint8Array {
  const result = new Uint8Array(Math.ceil(bytes.length / BLOCK) * BLOCK);
  for (let index = 0; index < result.length; index++) result[index] = bytes[index % bytes.length]!;
  return result;
}

/** UTF-16, big-endian, with a final zero (RFC 7292 appendix B.1). */
function bmpString(text: string): Uint8Array {
  const bytes = Buffer.from(`${text}\0`, 'utf16le');
  return bytes.swap16();
}
