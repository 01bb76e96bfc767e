/**
 * How a flow's cookie names its owner.
 *
 *     63        48 47        32 31 30                  0
 *     | 0xc10a    | owner      |S | the owner's own    |
 *
 * The marker tells cloakflow's flows from everybody else's. The owner is a stable hash of an app's instance name,
 * so that it is the same after a restart; 0 is the host itself. S marks a short-lived flow: one that its app sent
 * by itself, that goes by its timeouts, and that reconciliation leaves alone as long as its app is configured.
 */
const COOKIE_MARKER = 0xc10a;
/** The mask that selects the flows of cloakflow. */
export const MARKER_MASK = 0xffff_0000_0000_0000n;
/** The mask that selects the flows of one owner. */
export const OWNER_MASK = 0xffff_ffff_0000_0000n;
/** Bit S in the low half of a cookie. */
export const SHORT_LIVED = 0x8000_0000;
/** The largest number an owner can put into a cookie. */
export const MAX_OWN_COOKIE = 0x7fff_ffff;
/** The owner number of the host. */
export const HOST_OWNER = 0;
/** The priority of the host's flows that come before all others. */
export const HOST_PRIORITY = 0xffff;

/** Bits 63..48 of cloakflow's cookies, the rest 0. */
export const MARKER_BITS = BigInt(COOKIE_MARKER) << 48n;
/** Owners stay below, so that `owner << 16` is a group id that OpenFlow allows (at most 0xffffff00). */
const OWNERS = 0xfeff;

/** Owner number of an app's instance name: FNV-1a, folded to 1..0xfeff. */
export function ownerNumber(instanceName: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(instanceName)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0;
  return (((hash ^ (hash >>> 16)) >>> 0) % OWNERS) + 1;
}

/** The cookie of an owner's flow. `own` is an integer of 0..MAX_OWN_COOKIE. */
export function cookieOf(owner: number, own = 0): bigint {
  return MARKER_BITS | (BigInt(owner) << 32n) | BigInt(own);
}

/** The cookie of an owner's short-lived flow. */
export function shortLivedCookieOf(owner: number, own = 0): bigint {
  return cookieOf(owner, own) | BigInt(SHORT_LIVED);
}

/** The owner that bits 63..32 of a cookie name, which packet-in views give; -1 for a flow that is not cloakflow's. */
export function ownerOfCookieHigh(high: number): number {
  return high >>> 16 === COOKIE_MARKER ? high & 0xffff : -1;
}

/** The owner that a cookie names; undefined for a flow that is not cloakflow's. */
export function ownerOfCookie(cookie: bigint): number | undefined {
  return cookie >> 48n === BigInt(COOKIE_MARKER) ? Number((cookie >> 32n) & 0xffffn) : undefined;
}

export function isShortLived(cookie: bigint): boolean {
  return (cookie & BigInt(SHORT_LIVED)) !== 0n;
}

/** Group ids carry their owner in the high half, as cookies do. `own` is an integer of 0..0xffff. */
export function groupIdOf(owner: number, own: number): number {
  return owner * 0x1_0000 + own;
}

export function ownerOfGroup(groupId: number): number {
  return groupId >>> 16;
}
