import { createPrivateKey, type webcrypto, X509Certificate } from 'node:crypto';
import { Certificate } from 'pkijs';
import { keyIdOf, makeCertificate } from './certificate.js';
import { importPrivateKey, type KeyType } from './key-pair.js';
import { fromPem, toPem } from './pem.js';
import { PkiError } from './pki-error.js';
import { makeAuthority } from './self-signed.js';

const YEAR_MILLISECONDS = 365 * 24 * 60 * 60 * 1000;
const AUTHORITY_YEARS = 10;
/** Clocks of clients may be behind by this much. */
export const CLOCK_SKEW_MILLISECONDS = 60 * 60 * 1000;

export interface AuthorityFiles {
  /** The authority's certificate, then its chain, if it is no root. PEM. */
  readonly certificatePem: string;
  /** PKCS#8, PEM. */
  readonly keyPem: string;
}

/** The cloud's certificate authority (5.1): signs server certificates of pseudonyms, and never those of clients. */
export class CloudAuthority {
  /** What clients trust: the root of the chain. PEM. */
  readonly rootPem: string;
  /** What servers send behind their own certificate: the chain without its root; empty when the authority is the root. */
  readonly chainPem: string;
  /** Milliseconds since 1970. */
  readonly notBefore: number;
  readonly notAfter: number;
  private readonly certificate: Certificate;
  private readonly key: webcrypto.CryptoKey;

  private constructor(
    chain: readonly Buffer[],
    [notBefore, notAfter]: readonly [number, number],
    key: webcrypto.CryptoKey,
  ) {
    this.certificate = Certificate.fromBER(chain[0]!);
    const blocks = chain.map(der => toPem('CERTIFICATE', der));
    this.rootPem = blocks.at(-1)!;
    this.chainPem = blocks.slice(0, -1).join('');
    this.notBefore = notBefore;
    this.notAfter = notAfter;
    this.key = key;
  }

  /** Checks what the operator brings, or what an earlier run made. Throws `bad-authority`. */
  static async load(files: AuthorityFiles, now: number): Promise<CloudAuthority> {
    const chain = fromPem('CERTIFICATE', files.certificatePem);
    if (chain.length === 0) throw bad('its file holds no certificate');
    const key = await importPrivateKey(files.keyPem);
    if (key === undefined) throw bad('its key is no PKCS#8 key of ECDSA P-256 or RSA');
    const certificates = chain.map(readCertificate);
    const own = certificates[0]!;
    if (!own.ca) throw bad('its certificate is not one of an authority (CA:TRUE)');
    if (!own.checkPrivateKey(createPrivateKey(files.keyPem))) throw bad('key and certificate do not match');
    for (const [index, certificate] of certificates.entries()) {
      const issuer = certificates[index + 1] ?? certificate;
      if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) {
        throw bad(
          index + 1 < certificates.length
            ? 'each certificate of its chain must be signed by the next one'
            : 'its chain must end with a self-signed root',
        );
      }
    }
    const notAfter = Math.min(...certificates.map(certificate => Date.parse(certificate.validTo)));
    if (notAfter <= now) throw bad('its certificate, or one of its chain, has expired');
    return new CloudAuthority(chain, [Date.parse(own.validFrom), notAfter], key);
  }

  /** Certificate of a server whose names lie below the cloud domain; `publicKey` need not be checked any further. */
  async certifyServer(
    publicKey: Parameters<typeof keyIdOf>[0],
    subject: Certificate['subject'],
    names: readonly string[],
    notBefore: number,
    notAfter: number,
  ): Promise<Certificate> {
    return makeCertificate({
      subject,
      issuer: this.certificate.subject,
      publicKey,
      signingKey: this.key,
      issuerKeyId: await keyIdOf(this.certificate.subjectPublicKeyInfo),
      notBefore: new Date(notBefore),
      notAfter: new Date(Math.min(notAfter, this.notAfter)),
      purpose: 'server',
      names,
    });
  }
}

/**
 * A new self-signed authority that may certify names below `domain` only, so that who trusts it for pseudonyms trusts it
 * for nothing else.
 */
export function createAuthority(domain: string, keyType: KeyType, now: number): Promise<AuthorityFiles> {
  return makeAuthority(`PoPSiCl CA of ${domain}`.slice(0, 64), domain, keyType, {
    from: now - CLOCK_SKEW_MILLISECONDS,
    until: now + AUTHORITY_YEARS * YEAR_MILLISECONDS,
  });
}

function readCertificate(der: Buffer): X509Certificate {
  try {
    return new X509Certificate(der);
  } catch {
    throw bad('its file holds something that is no certificate');
  }
}

function bad(why: string): PkiError {
  return new PkiError('bad-authority', `the certificate authority of the cloud cannot be used: ${why}`);
}
