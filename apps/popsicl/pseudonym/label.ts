import { randomBytes } from 'node:crypto';
import { encodeBase32 } from './base32.js';
import { PseudonymError } from './pseudonym-error.js';

const LABEL_BYTES = 16;
/** RFC 1035 section 2.3.4, without the final dot. */
const MAX_NAME_LENGTH = 253;
const MAX_LABEL_LENGTH = 63;
const DOMAIN = /^(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*$/;
/** 16 random bytes and two bits of padding. */
const STORED_LABEL = /^[a-z2-7]{26}$/;

/** STR of the stored form: 128 random bits. */
export function drawLabel(): string {
  return encodeBase32(randomBytes(LABEL_BYTES));
}

/** Whether a label in lower case looks like one of the stored form. */
export function looksStored(label: string): boolean {
  return STORED_LABEL.test(label);
}

/**
 * Domain in lower case without a final dot; undefined when it is no domain of letters, digits and hyphens. Names in
 * other scripts are written in their ASCII form (xn--).
 */
export function canonicalDomain(text: string): string | undefined {
  const domain = text.toLowerCase().replace(/\.$/, '');
  return domain.length <= MAX_NAME_LENGTH && DOMAIN.test(domain) ? domain : undefined;
}

/** Checks that a label of any form fits in front of `domain`, and gives its canonical form. Throws `bad-cloud-domain`. */
export function cloudDomain(text: string): string {
  const domain = canonicalDomain(text);
  if (domain !== undefined && domain.length + 1 + MAX_LABEL_LENGTH <= MAX_NAME_LENGTH) return domain;
  throw new PseudonymError(
    'bad-cloud-domain',
    'the cloud domain is no domain, or leaves no place for a pseudonym',
  );
}

/** The label in front of `domain`, in lower case; undefined when `name` is no direct child of it. */
export function labelIn(name: string, domain: string): string | undefined {
  const lower = name.toLowerCase();
  if (!lower.endsWith(`.${domain}`)) return undefined;
  const label = lower.slice(0, -domain.length - 1);
  return label.includes('.') ? undefined : label;
}
