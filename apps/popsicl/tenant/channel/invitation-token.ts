import { X509Certificate } from 'node:crypto';
import { ChannelError } from './channel-error.js';

const FINGERPRINT_BYTES = 32;
const SECRET_BYTES = 32;

/** What an operator gives to a tenant: whom to believe, and what to say. */
export interface InvitationToken {
  /** SHA-256 of the control authority's certificate. */
  readonly fingerprint: Uint8Array;
  readonly secret: Uint8Array;
}

/** 86 characters of base64url. */
export function formatToken({ fingerprint, secret }: InvitationToken): string {
  return Buffer.concat([fingerprint, secret]).toString('base64url');
}

/** @throws ChannelError `bad-invitation` */
export function parseToken(text: string): InvitationToken {
  const bytes = Buffer.from(text.trim(), 'base64url');
  if (bytes.length !== FINGERPRINT_BYTES + SECRET_BYTES || bytes.toString('base64url') !== text.trim()) {
    throw new ChannelError('bad-invitation', 'this is no invitation', {
      mend: 'Give the whole line that `cloakflow popsicl invite DOMAIN` printed.',
    });
  }
  return { fingerprint: bytes.subarray(0, FINGERPRINT_BYTES), secret: bytes.subarray(FINGERPRINT_BYTES) };
}

export function fingerprintOf(certificatePem: string): Buffer {
  return Buffer.from(new X509Certificate(certificatePem).fingerprint256.replaceAll(':', ''), 'hex');
}
