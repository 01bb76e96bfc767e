import { TransportError, type TransportErrorCode } from './transport-error.js';

/** OpenSSL's verdicts on a certificate (openssl-verification-options(1)), as Node names them. */
const VERDICTS: Record<string, TransportErrorCode> = {
  CERT_HAS_EXPIRED: 'certificate-expired',
  CERT_NOT_YET_VALID: 'certificate-not-yet-valid',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'certificate-foreign',
  SELF_SIGNED_CERT_IN_CHAIN: 'certificate-foreign',
  UNABLE_TO_GET_ISSUER_CERT: 'certificate-foreign',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'certificate-foreign',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'certificate-foreign',
  CERT_SIGNATURE_FAILURE: 'certificate-foreign',
};

const HANDSHAKE_ERRORS: Record<string, TransportErrorCode> = {
  ERR_TLS_HANDSHAKE_TIMEOUT: 'tls-timeout',
  ERR_SSL_WRONG_VERSION_NUMBER: 'tls-expected',
  ERR_SSL_HTTP_REQUEST: 'tls-expected',
  ERR_SSL_HTTPS_PROXY_REQUEST: 'tls-expected',
  ERR_SSL_UNSUPPORTED_PROTOCOL: 'tls-too-old',
  ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION: 'tls-too-old',
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: 'certificate-missing',
};

/** Alerts by which the other end refuses the controller's certificate (RFC 8446 section 6.2). */
const REFUSED_BY_PEER =
  /^ERR_SSL_(SSLV3|TLSV1|TLSV13)_ALERT_(BAD_CERTIFICATE|CERTIFICATE_\w+|UNKNOWN_CA|UNSUPPORTED_CERTIFICATE)$/;

const SENTENCES: Partial<Record<TransportErrorCode, string>> = {
  'certificate-missing': 'The switch showed no certificate.',
  'certificate-expired': "The switch's certificate has expired.",
  'certificate-not-yet-valid': "The switch's certificate is not valid yet.",
  'certificate-foreign': "No known authority has signed the switch's certificate.",
  'certificate-invalid': "The switch's certificate is not acceptable.",
  'certificate-not-accepted': "The switch does not accept the controller's certificate.",
  'tls-expected': 'The peer does not speak TLS.',
  'tls-too-old': 'The peer offers no version of TLS from 1.2 on.',
  'tls-timeout': 'The TLS handshake took too long.',
  'tls-failed': 'The TLS handshake failed.',
};

/** Why a certificate does not do; `verdict` is Node's code, absent when there was no certificate. */
export function certificateRefusal(verdict: string | undefined): TransportError {
  if (verdict === undefined) return refusal('certificate-missing');
  return refusal(VERDICTS[verdict] ?? 'certificate-invalid', verdict);
}

/** What a failed TLS handshake means; undefined when the error is none of TLS. */
export function tlsFailure(cause: NodeJS.ErrnoException): TransportError | undefined {
  const { code = '' } = cause;
  if (VERDICTS[code] !== undefined) return certificateRefusal(code);
  if (REFUSED_BY_PEER.test(code)) return refusal('certificate-not-accepted', code, cause);
  const known = HANDSHAKE_ERRORS[code];
  if (known !== undefined) return refusal(known, undefined, cause);
  return code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_') ? handshakeFailure(cause) : undefined;
}

/** As `tlsFailure`, for a handshake that ended in any way. */
export function handshakeFailure(cause?: NodeJS.ErrnoException): TransportError {
  return refusal('tls-failed', cause?.code, cause);
}

function refusal(code: TransportErrorCode, detail?: string, cause?: unknown): TransportError {
  const sentence = SENTENCES[code]!;
  const text = detail === undefined ? sentence : `${sentence.slice(0, -1)} (${detail}).`;
  return new TransportError(code, text, { cause });
}
