import { createPublicKey } from 'node:crypto';
import { CertificationRequest, type PublicKeyInfo } from 'pkijs';
import { fromPem } from './pem.js';
import { PkiError } from './pki-error.js';

/** A request of an RSA-4096 key has about 1.7 kB in PEM. */
export const MAX_REQUEST_BYTES = 8 * 1024;
const MIN_RSA_BITS = 2048;
const MAX_RSA_BITS = 4096;
const CURVES = ['prime256v1', 'secp384r1'];

/**
 * Public key of a certificate request (PKCS#10, RFC 2986; PEM) after checking that its owner signed it. Names and attributes of
 * the request are not looked at. Throws `bad-request-certificate` or `unsupported-key`.
 */
export async function keyOfRequest(pem: string): Promise<PublicKeyInfo> {
  if (pem.length > MAX_REQUEST_BYTES) throw bad('is too large');
  const [der, ...others] = fromPem('(?:NEW )?CERTIFICATE REQUEST', pem);
  if (der === undefined || others.length > 0) throw bad('is not one PEM block');
  let request: CertificationRequest;
  try {
    request = CertificationRequest.fromBER(der);
    checkKey(Buffer.from(request.subjectPublicKeyInfo.toSchema().toBER()));
  } catch (error) {
    if (error instanceof PkiError) throw error;
    throw bad('cannot be read');
  }
  let isSigned: boolean;
  try {
    isSigned = await request.verify();
  } catch {
    isSigned = false;
  }
  if (!isSigned) throw bad('is not signed by the key that it names');
  return request.subjectPublicKeyInfo;
}

function checkKey(spki: Buffer): void {
  const key = createPublicKey({ key: spki, format: 'der', type: 'spki' });
  const { namedCurve, modulusLength = 0, publicExponent } = key.asymmetricKeyDetails ?? {};
  const isSupported =
    key.asymmetricKeyType === 'rsa'
      ? modulusLength >= MIN_RSA_BITS && modulusLength <= MAX_RSA_BITS && publicExponent === 65_537n
      : key.asymmetricKeyType === 'ec' && CURVES.includes(namedCurve ?? '');
  if (isSupported) return;
  throw new PkiError(
    'unsupported-key',
    'the key of the certificate request is of a kind that gets no certificate',
    {
      mend: 'Use ECDSA on P-256 or P-384, or RSA of 2048 to 4096 bits with exponent 65537.',
    },
  );
}

function bad(why: string): PkiError {
  return new PkiError('bad-request-certificate', `the certificate request ${why}`, {
    mend: 'Send one made by, for example, `openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -subj /CN=x`.',
  });
}
