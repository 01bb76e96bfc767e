/** X.509 certificates (RFC 5280) in the few shapes that PoPSiCl needs. */
import { randomBytes, webcrypto } from 'node:crypto';
import { BitString, Integer, OctetString, Utf8String } from 'asn1js';
import {
  AttributeTypeAndValue,
  AuthorityKeyIdentifier,
  BasicConstraints,
  Certificate,
  Extension,
  ExtKeyUsage,
  GeneralName,
  GeneralNames,
  GeneralSubtree,
  NameConstraints,
  type PublicKeyInfo,
  RelativeDistinguishedNames,
} from 'pkijs';

const Oid = {
  commonName: '2.5.4.3',
  subjectKeyIdentifier: '2.5.29.14',
  keyUsage: '2.5.29.15',
  subjectAltName: '2.5.29.17',
  basicConstraints: '2.5.29.19',
  nameConstraints: '2.5.29.30',
  authorityKeyIdentifier: '2.5.29.35',
  extendedKeyUsage: '2.5.29.37',
} as const;
const ExtendedUsage = { server: '1.3.6.1.5.5.7.3.1', client: '1.3.6.1.5.5.7.3.2' } as const;
/** Bits of KeyUsage (RFC 5280 section 4.2.1.3) as the first byte of the bit string, and how many of it are unused. */
const KeyUsage = {
  digitalSignature: { byte: 0x80, unused: 7 },
  keyCertSign: { byte: 0x04, unused: 2 },
  keyCertSignAndCrlSign: { byte: 0x06, unused: 1 },
} as const;
/** Kinds of GeneralName. */
const DNS_NAME = 2;
const IP_ADDRESS = 7;
/** Address and mask of every IPv4 and every IPv6 address (RFC 5280 section 4.2.1.10). */
const ALL_ADDRESSES = [new Uint8Array(8), new Uint8Array(32)];
/** upper-bound common-name (RFC 5280 appendix A). */
export const MAX_COMMON_NAME = 64;

export interface CertificateOptions {
  readonly subject: RelativeDistinguishedNames;
  readonly issuer: RelativeDistinguishedNames;
  readonly publicKey: PublicKeyInfo;
  /** The issuer's. */
  readonly signingKey: webcrypto.CryptoKey;
  /** Subject key identifier of the issuer; absent where the certificate is self-signed. */
  readonly issuerKeyId?: ArrayBuffer;
  readonly notBefore: Date;
  readonly notAfter: Date;
  readonly purpose: 'server' | 'client' | 'authority' | 'anchor';
  /** DNS names: of a server its own, of an authority those below which it may certify. */
  readonly names?: readonly string[];
}

/** Makes and signs a certificate with a random serial number of 127 bits. */
export async function makeCertificate(options: CertificateOptions): Promise<Certificate> {
  const { subject, issuer, publicKey, signingKey, issuerKeyId, notBefore, notAfter } = options;
  const certificate = new Certificate();
  certificate.version = 2;
  const serial = randomBytes(16);
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  certificate.serialNumber = new Integer({ valueHex: serial });
  certificate.subject = subject;
  certificate.issuer = issuer;
  certificate.notBefore.value = notBefore;
  certificate.notAfter.value = notAfter;
  certificate.subjectPublicKeyInfo = publicKey;
  certificate.extensions = [
    ...purposeExtensions(options),
    extension(Oid.subjectKeyIdentifier, new OctetString({ valueHex: await keyIdOf(publicKey) })),
  ];
  if (issuerKeyId !== undefined) {
    const identifier = new AuthorityKeyIdentifier({
      keyIdentifier: new OctetString({ valueHex: issuerKeyId }),
    });
    certificate.extensions.push(extension(Oid.authorityKeyIdentifier, identifier.toSchema()));
  }
  await certificate.sign(signingKey as never, 'SHA-256');
  return certificate;
}

/** SHA-1 of the subject public key's bits (RFC 5280 section 4.2.1.2, method 1). */
export async function keyIdOf(publicKey: PublicKeyInfo): Promise<ArrayBuffer> {
  return webcrypto.subtle.digest('SHA-1', publicKey.subjectPublicKey.valueBlock.valueHexView);
}

/** A name of one common name. */
export function commonName(text: string): RelativeDistinguishedNames {
  const value = new Utf8String({ value: text });
  return new RelativeDistinguishedNames({
    typesAndValues: [new AttributeTypeAndValue({ type: Oid.commonName, value })],
  });
}

function purposeExtensions({ purpose, names = [] }: CertificateOptions): Extension[] {
  switch (purpose) {
    case 'server':
      return [
        constraints(false),
        usage(KeyUsage.digitalSignature),
        extendedUsage(ExtendedUsage.server),
        extension(Oid.subjectAltName, new GeneralNames({ names: names.map(dnsName) }).toSchema()),
      ];
    case 'client':
      return [constraints(false), usage(KeyUsage.digitalSignature), extendedUsage(ExtendedUsage.client)];
    case 'anchor':
      return [constraints(true), usage(KeyUsage.keyCertSign)];
    case 'authority': {
      const permitted = names.map(name => new GeneralSubtree({ base: dnsName(name) }));
      // What is permitted of one kind of names says nothing of the others.
      const excluded = ALL_ADDRESSES.map(bytes => new GeneralSubtree({ base: ipAddress(bytes) }));
      const limits = new NameConstraints({ permittedSubtrees: permitted, excludedSubtrees: excluded });
      return [
        constraints(true),
        usage(KeyUsage.keyCertSignAndCrlSign),
        extension(Oid.nameConstraints, limits.toSchema(), true),
      ];
    }
  }
}

function dnsName(value: string): GeneralName {
  return new GeneralName({ type: DNS_NAME, value });
}

function ipAddress(bytes: Uint8Array<ArrayBuffer>): GeneralName {
  return new GeneralName({ type: IP_ADDRESS, value: new OctetString({ valueHex: bytes }) });
}

function constraints(isAuthority: boolean): Extension {
  // An authority certifies end entities only.
  const value = new BasicConstraints(isAuthority ? { cA: true, pathLenConstraint: 0 } : { cA: false });
  return extension(Oid.basicConstraints, value.toSchema(), true);
}

function usage({ byte, unused }: { byte: number; unused: number }): Extension {
  const bits = new BitString({ valueHex: Uint8Array.of(byte), unusedBits: unused });
  return extension(Oid.keyUsage, bits, true);
}

function extendedUsage(purpose: string): Extension {
  return extension(Oid.extendedKeyUsage, new ExtKeyUsage({ keyPurposes: [purpose] }).toSchema());
}

function extension(extnID: string, value: { toBER(): ArrayBuffer }, critical = false): Extension {
  return new Extension({ extnID, critical, extnValue: value.toBER() });
}
