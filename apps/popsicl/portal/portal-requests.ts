import { z } from 'zod';
import { MAX_REQUEST_BYTES } from '../pki/client-request.js';
import type { Pkcs12Files, Registration } from '../registry/reports.js';

/** What a client sends to register. */
export const registrationSchema = z.strictObject({
  /** The tenant's ordinary name. */
  domain: z.string().min(1).max(255),
  /** PKCS#10 in PEM, for a key of her own. */
  csr: z.string().max(MAX_REQUEST_BYTES).optional(),
  form: z.enum(['stored', 'stateless']).optional(),
  keyType: z.enum(['ecdsa-p256', 'rsa-2048']).optional(),
  /** `new`, or a linker code. */
  linker: z.string().min(1).max(64).optional(),
  /** As `csr`, for another key, with which the linker shall know her. */
  linkerCsr: z.string().max(MAX_REQUEST_BYTES).optional(),
});

export type RegistrationInput = z.output<typeof registrationSchema>;

const pkcs12Schema = z.object({ modern: z.base64(), old: z.base64(), password: z.string() });

/** What she gets; the same over the portal and the admin socket. */
export const answerSchema = z.object({
  name: z.string(),
  url: z.string(),
  /** ISO 8601. */
  expires: z.string(),
  /** The client's certificate and the cloud's root, PEM. */
  certificate: z.string(),
  authority: z.string(),
  /** Absent when the client sent a CSR. Files in base64. */
  pkcs12: pkcs12Schema.optional(),
  linker: z
    .object({
      /** Host name. */
      name: z.string(),
      /** With the first pseudonym alone. */
      code: z.string().optional(),
      certificate: z.string().optional(),
      pkcs12: pkcs12Schema.optional(),
    })
    .optional(),
});

export type RegistrationAnswer = z.output<typeof answerSchema>;

export function registrationAnswer(registration: Registration): RegistrationAnswer {
  const { name, url, expiresAt, certificatePem, authorityPem, pkcs12, linker } = registration;
  return {
    name,
    url,
    expires: new Date(expiresAt).toISOString(),
    certificate: certificatePem,
    authority: authorityPem,
    ...(pkcs12 === undefined ? {} : { pkcs12: encoded(pkcs12) }),
    ...(linker === undefined ? {} : { linker: linkerAnswer(linker) }),
  };
}

function linkerAnswer({ name, code, certificatePem, pkcs12 }: NonNullable<Registration['linker']>) {
  if (code === undefined || certificatePem === undefined) return { name };
  return {
    name,
    code,
    certificate: certificatePem,
    ...(pkcs12 === undefined ? {} : { pkcs12: encoded(pkcs12) }),
  };
}

function encoded({ modern, old, password }: Pkcs12Files) {
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return { modern: base64(modern), old: base64(old), password };
}
