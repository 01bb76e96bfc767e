import type { webcrypto } from 'node:crypto';
import { Certificate, type PublicKeyInfo } from 'pkijs';
import type { ServerMaterial } from '../model.js';
import { commonName, keyIdOf, MAX_COMMON_NAME, makeCertificate } from './certificate.js';
import { keyOfRequest } from './client-request.js';
import { CLOCK_SKEW_MILLISECONDS, type CloudAuthority } from './cloud-authority.js';
import {
  generateKeyPair,
  importPrivateKey,
  type KeyType,
  privateKeyDer,
  privateKeyPem,
  publicKeyInfo,
} from './key-pair.js';
import { fromPem, toPem } from './pem.js';
import { PkiError } from './pki-error.js';

/** From when until when certificates hold, in milliseconds since 1970. */
export interface Validity {
  readonly from: number;
  readonly until: number;
}

/** What the owner of a pseudonym proves herself with. */
export interface ClientCredential {
  readonly certificate: Certificate;
  readonly certificatePem: string;
  /** PKCS#8; undefined when the key is the client's own. Not kept anywhere. */
  readonly privateKey: Uint8Array | undefined;
}

interface Anchor {
  readonly key: webcrypto.CryptoKey;
  readonly anchor: Certificate;
}

/** What has just been made need not be read from its text again. */
const FRESH = new WeakMap<ServerMaterial, Anchor>();

/** A fresh key and both certificates on it for the tenant's server (5.1). */
export async function issueServerMaterial(
  authority: CloudAuthority,
  name: string,
  keyType: KeyType,
  validity: Validity,
): Promise<ServerMaterial> {
  const keys = await generateKeyPair(keyType);
  const publicKey = await publicKeyInfo(keys.publicKey);
  const subject = commonName(shortened(name));
  const anchor = await makeCertificate({
    subject,
    issuer: subject,
    publicKey,
    signingKey: keys.privateKey,
    notBefore: new Date(validity.from - CLOCK_SKEW_MILLISECONDS),
    notAfter: new Date(authority.notAfter),
    purpose: 'anchor',
  });
  const material = {
    name,
    certificatePem: await serverPem(authority, name, publicKey, validity),
    keyPem: await privateKeyPem(keys.privateKey),
    anchorPem: pemOf(anchor),
  };
  FRESH.set(material, { key: keys.privateKey, anchor });
  return material;
}

/** A new server certificate on the key of a pseudonym. The anchor stays, and so what clients have stays good. */
export async function renewServerMaterial(
  authority: CloudAuthority,
  material: ServerMaterial,
  validity: Validity,
): Promise<ServerMaterial> {
  const { key, anchor } = await anchorOf(material);
  return {
    ...material,
    certificatePem: await serverPem(authority, material.name, anchor.subjectPublicKeyInfo, validity),
    keyPem: await privateKeyPem(key),
  };
}

/**
 * Certificate for the client of a pseudonym, signed by the server's key through the anchor. It holds as long as the anchor: a
 * pseudonym ends when the cloud forgets it. With `request` (PEM, PKCS#10) for the client's own key, else for a fresh one.
 * Throws `bad-request-certificate` or `unsupported-key`.
 */
export async function issueClientCredential(
  material: ServerMaterial,
  keyType: KeyType,
  request: string | undefined,
): Promise<ClientCredential> {
  const keys = request === undefined ? await generateKeyPair(keyType) : undefined;
  const publicKey = keys === undefined ? await keyOfRequest(request!) : await publicKeyInfo(keys.publicKey);
  const { key, anchor } = await anchorOf(material);
  const certificate = await makeCertificate({
    subject: clientSubject(material.name),
    issuer: anchor.subject,
    publicKey,
    signingKey: key,
    issuerKeyId: await keyIdOf(anchor.subjectPublicKeyInfo),
    notBefore: anchor.notBefore.value,
    notAfter: anchor.notAfter.value,
    purpose: 'client',
  });
  return {
    certificate,
    certificatePem: pemOf(certificate),
    privateKey: keys === undefined ? undefined : await privateKeyDer(keys.privateKey),
  };
}

/** Certificate and key of a server of the cloud itself, such as the portal. */
export async function issueCloudServer(
  authority: CloudAuthority,
  names: readonly string[],
  keyType: KeyType,
  validity: Validity,
): Promise<{ certificatePem: string; keyPem: string }> {
  const keys = await generateKeyPair(keyType);
  const certificate = await authority.certifyServer(
    await publicKeyInfo(keys.publicKey),
    commonName(shortened(names[0]!)),
    names,
    validity.from - CLOCK_SKEW_MILLISECONDS,
    validity.until,
  );
  return {
    certificatePem: pemOf(certificate) + authority.chainPem,
    keyPem: await privateKeyPem(keys.privateKey),
  };
}

async function serverPem(
  authority: CloudAuthority,
  name: string,
  publicKey: PublicKeyInfo,
  { from, until }: Validity,
): Promise<string> {
  const subject = commonName(shortened(name));
  const notBefore = from - CLOCK_SKEW_MILLISECONDS;
  return (
    pemOf(await authority.certifyServer(publicKey, subject, [name], notBefore, until)) + authority.chainPem
  );
}

async function anchorOf(material: ServerMaterial): Promise<Anchor> {
  const fresh = FRESH.get(material);
  if (fresh !== undefined) return fresh;
  const { keyPem, anchorPem } = material;
  const key = await importPrivateKey(keyPem);
  const [der] = fromPem('CERTIFICATE', anchorPem);
  if (key === undefined || der === undefined) {
    throw new PkiError('unsupported-key', 'the stored key or anchor of a pseudonym cannot be read');
  }
  return { key, anchor: Certificate.fromBER(der) };
}

/** The whole name where a common name can hold it, else its first label, which is unique by itself. */
function shortened(name: string): string {
  return name.length <= MAX_COMMON_NAME ? name : name.split('.')[0]!;
}

/** Unique, derived from the pseudonym, and never equal to the issuer. */
function clientSubject(name: string): Certificate['subject'] {
  return commonName(`c.${name.split('.')[0]}`);
}

function pemOf(certificate: Certificate): string {
  return toPem('CERTIFICATE', certificate.toSchema().toBER());
}
