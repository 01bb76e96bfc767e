/** PKCS#12 files (RFC 7292) that browsers and operating systems import: a key and its certificate under one password. */
import { randomBytes } from 'node:crypto';
import { BmpString, OctetString } from 'asn1js';
import {
  Attribute,
  AuthenticatedSafe,
  CertBag,
  type Certificate,
  ContentInfo,
  type CryptoEngine,
  EncryptedContentInfo,
  EncryptedData,
  getCrypto,
  PFX,
  PKCS8ShroudedKeyBag,
  SafeBag,
  SafeContents,
} from 'pkijs';
import { encodeBase32 } from '../pseudonym/base32.js';
import { encryptOldForm } from './old-encryption.js';

/**
 * `modern`: PBES2 with AES-256-CBC, MAC with SHA-256 (today's OpenSSL, NSS, Windows). `old`: 3DES with SHA-1, for importers
 * that know nothing else (macOS, Windows before 2019).
 */
export type Pkcs12Form = 'modern' | 'old';

const Bag = { shroudedKey: '1.2.840.113549.1.12.10.1.2', certificate: '1.2.840.113549.1.12.10.1.3' } as const;
const Oid = {
  data: '1.2.840.113549.1.7.1',
  friendlyName: '1.2.840.113549.1.9.20',
  localKeyId: '1.2.840.113549.1.9.21',
};
/** The password has 100 random bits, which iterations need not stretch. */
const ITERATIONS = 128;
const PASSWORD_BYTES = 13;

/** 20 characters in groups of five: 100 random bits, easy to type. */
export function drawPassword(): string {
  return encodeBase32(randomBytes(PASSWORD_BYTES)).slice(0, 20).match(/.{5}/g)!.join('-');
}

/** A file with the key (PKCS#8, DER) and the certificate. `label` is what importers show. */
export async function makePkcs12(
  form: Pkcs12Form,
  key: Uint8Array,
  certificate: Certificate,
  label: string,
  password: string,
): Promise<Uint8Array> {
  const secret = new TextEncoder().encode(password).buffer as ArrayBuffer;
  const attributes = bagAttributes(label);
  const shrouded = await encrypt(form, key, password, secret);
  const keyBag = new PKCS8ShroudedKeyBag({
    encryptionAlgorithm: shrouded.contentEncryptionAlgorithm,
    encryptedData: shrouded.encryptedContent!,
  });
  const keys = contentsOf(Bag.shroudedKey, keyBag, attributes);
  const certBag = new CertBag({ parsedValue: certificate });
  const certificates = contentsOf(Bag.certificate, certBag, attributes);
  const encrypted = new EncryptedData({
    encryptedContentInfo: await encrypt(form, certificates, password, secret),
  });
  const authenticatedSafe = new AuthenticatedSafe({
    safeContents: [
      new ContentInfo({ contentType: ContentInfo.ENCRYPTED_DATA, content: encrypted.toSchema() }),
      new ContentInfo({ contentType: ContentInfo.DATA, content: new OctetString({ valueHex: keys }) }),
    ],
  });
  const pfx = new PFX({ parsedValue: { integrityMode: 0, authenticatedSafe } });
  const hash = form === 'modern' ? 'SHA-256' : 'SHA-1';
  await pfx.makeInternalValues({
    password: secret,
    iterations: ITERATIONS,
    pbkdf2HashAlgorithm: hash,
    hmacHashAlgorithm: hash,
  });
  return new Uint8Array(pfx.toSchema().toBER());
}

function contentsOf(
  bagId: string,
  bagValue: PKCS8ShroudedKeyBag | CertBag,
  bagAttributes: Attribute[],
): Uint8Array {
  const bag = new SafeBag({ bagId, bagValue, bagAttributes });
  return new Uint8Array(new SafeContents({ safeBags: [bag] }).toSchema().toBER());
}

async function encrypt(
  form: Pkcs12Form,
  content: Uint8Array,
  password: string,
  secret: ArrayBuffer,
): Promise<EncryptedContentInfo> {
  if (form === 'old') {
    const { algorithm, ciphertext } = encryptOldForm(content, password);
    return new EncryptedContentInfo({
      contentType: Oid.data,
      contentEncryptionAlgorithm: algorithm,
      encryptedContent: new OctetString({ valueHex: ciphertext }),
    });
  }
  const engine = getCrypto(true) as CryptoEngine;
  return engine.encryptEncryptedContentInfo({
    password: secret,
    contentType: Oid.data,
    contentToEncrypt: content.slice().buffer as ArrayBuffer,
    contentEncryptionAlgorithm: { name: 'AES-CBC', length: 256 } as never,
    hmacHashAlgorithm: 'SHA-256',
    iterationCount: ITERATIONS,
  });
}

/** Importers find the certificate of a key by the same local key id. */
function bagAttributes(label: string): Attribute[] {
  return [
    new Attribute({ type: Oid.friendlyName, values: [new BmpString({ value: label })] }),
    new Attribute({ type: Oid.localKeyId, values: [new OctetString({ valueHex: Uint8Array.of(1) })] }),
  ];
}
