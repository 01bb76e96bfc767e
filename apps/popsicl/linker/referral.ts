import { createHash, timingSafeEqual } from 'node:crypto';
import { CAPABILITY_PARAMETER } from '../capability.js';
import { canonicalDomain } from '../pseudonym/label.js';
import type { Persons } from './persons.js';

/** What a link through the linker says: `/?to=<absolute URL>&from=<pseudonym>&c=<capability>`. */
export interface Referral {
  /** A page of a tenant of this cloud. */
  readonly target: URL;
  /** Its tenant's domain. */
  readonly tenant: string;
  /** The pseudonym under which the referring page was seen, and its capability; empty where the link has none. */
  readonly from: string;
  readonly capability: string;
}

/** A tenant, as far as referrals to it go. */
export interface LinkTarget {
  /** TCP port of pseudonyms. */
  readonly port: number;
  /** Domains whose pages may refer to this tenant's pseudonyms. */
  readonly trusts: ReadonlySet<string>;
}

const MAX_LENGTH = 8192;
/** Nothing that a URL parser would have to mend. */
const ABSOLUTE = /^https?:\/\/[^\s\\\p{Cc}]+$/iu;
const NOBODY = -1;

/**
 * Reads a link. Undefined for everything that is no link to a page of a tenant: other or repeated parameters, relative and
 * malformed URLs, other schemes, ports, hosts, credentials.
 */
export function parseReferral(
  query: URLSearchParams,
  targets: ReadonlyMap<string, LinkTarget>,
): Referral | undefined {
  const found = new Map<string, string>();
  for (const [name, value] of query) {
    if (!['to', 'from', CAPABILITY_PARAMETER].includes(name) || found.has(name)) return undefined;
    found.set(name, value);
  }
  const to = found.get('to') ?? '';
  if (to.length > MAX_LENGTH || !ABSOLUTE.test(to) || !URL.canParse(to)) return undefined;
  const target = new URL(to);
  const tenant = canonicalDomain(target.hostname) ?? '';
  const { port } = targets.get(tenant) ?? {};
  if (port === undefined || target.username !== '' || target.password !== '') return undefined;
  if (target.port !== '' && target.port !== String(port)) return undefined;
  return {
    target,
    tenant,
    from: (found.get('from') ?? '').toLowerCase(),
    capability: found.get(CAPABILITY_PARAMETER) ?? '',
  };
}

/**
 * Where the browser is sent (4.3): to this person's pseudonym for the target, if the link bears the capability of her
 * pseudonym for the referring tenant, the target trusts that tenant, and she has a pseudonym there. Else to the plain name.
 * Every referral asks the store the same questions, whatever their answers.
 */
export async function follow(
  { target, tenant, from, capability }: Referral,
  person: number | undefined,
  persons: Persons,
  targets: ReadonlyMap<string, LinkTarget>,
): Promise<string> {
  const who = person ?? NOBODY;
  const referrer = await persons.pseudonym(from);
  const own = await persons.pseudonymFor(who, tenant);
  const { port, trusts } = targets.get(tenant)!;
  const isProven = equal(capability, referrer?.capability ?? '') && referrer?.person === who;
  const isTrusted = trusts.has(referrer?.tenant ?? '') || referrer?.tenant === tenant;
  if (!isProven || !isTrusted || own === undefined) return target.href;
  const place = `https://${own.name}${port === 443 ? '' : `:${port}`}${target.pathname}`;
  const rest = target.search.slice(1);
  const query = `${CAPABILITY_PARAMETER}=${own.capability}${rest === '' ? '' : `&${rest}`}`;
  return `${place}?${query}${target.hash}`;
}

/** In a time that does not tell how much is alike. Nothing equals the empty text. */
function equal(a: string, b: string): boolean {
  const hash = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b)) && b !== '';
}
