import { randomBytes } from 'node:crypto';

const CAPABILITY_BYTES = 18;
/** Name of the query parameter that carries it (4.3). */
export const CAPABILITY_PARAMETER = 'c';

/** 144 random bits, base64url. */
export function drawCapability(): string {
  return randomBytes(CAPABILITY_BYTES).toString('base64url');
}

/** The URL that the owner of a pseudonym bookmarks: the capability is in the query, as in section 4.3 of the paper. */
export function capabilityUrl(name: string, capability: string, port = 443): string {
  return `https://${name}${port === 443 ? '' : `:${port}`}/?${CAPABILITY_PARAMETER}=${capability}`;
}
