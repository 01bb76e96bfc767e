import { z } from 'zod';
import { MAX_REQUEST_BYTES } from '../pki/client-request.js';
import type { Registration } from '../registry/reports.js';

/** What a client sends to register. */
export const registrationSchema = z.strictObject({
  /** The tenant's ordinary name. */
  domain: z.string().min(1).max(255),
  /** PKCS#10 in PEM, for a key of her own. */
  csr: z.string().max(MAX_REQUEST_BYTES).optional(),
  form: z.enum(['stored', 'stateless']).optional(),
  keyType: z.enum(['ecdsa-p256', 'rsa-2048']).optional(),
});

export type RegistrationInput = z.output<typeof registrationSchema>;

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
  pkcs12: z.object({ modern: z.base64(), old: z.base64(), password: z.string() }).optional(),
});

export type RegistrationAnswer = z.output<typeof answerSchema>;

export function registrationAnswer(registration: Registration): RegistrationAnswer {
  const { name, url, expiresAt, certificatePem, authorityPem, pkcs12 } = registration;
  const base64 = (bytes: Uint8Array) => Buffer.from(bytes).toString('base64');
  return {
    name,
    url,
    expires: new Date(expiresAt).toISOString(),
    certificate: certificatePem,
    authority: authorityPem,
    ...(pkcs12 === undefined
      ? {}
      : { pkcs12: { modern: base64(pkcs12.modern), old: base64(pkcs12.old), password: pkcs12.password } }),
  };
}
