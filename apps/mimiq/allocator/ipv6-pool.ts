import { addressKey, hasPrefix, writeBits } from '../address-bits.js';
import type { Random } from '../random.js';

/** Where things are in an address of the prefix, in bits from the front. */
export interface Ipv6Layout {
  readonly prefix: Uint8Array;
  readonly prefixLength: number;
  readonly aliasOffset: number;
  readonly aliasBits: number;
}

/** Prefixes up to this length have 64 bits of interface identifier, some values of which are reserved. */
const IDENTIFIER_PREFIX = 64;
const EXACT = 2 ** 40;

/** Bits left when prefix and alias are set. */
function hostBits(layout: Ipv6Layout): number {
  return 128 - layout.prefixLength - layout.aliasBits;
}

/**
 * Addresses of one IPv6 prefix: prefix, alias, and uniform random bits everywhere else. Half of an alias's addresses are
 * given out at most, so that an unused one is found in two draws on average.
 */
export class Ipv6Pool {
  readonly layout: Ipv6Layout;
  /** Addresses that one alias has room for. */
  readonly aliasCapacity: number;
  private readonly random: Random;
  private readonly isReserved: (address: Uint8Array) => boolean;
  private readonly taken = new Set<string>();
  private readonly perAlias = new Map<number, number>();

  constructor(
    layout: Ipv6Layout,
    random: Random,
    isReserved: (address: Uint8Array) => boolean = () => false,
  ) {
    this.layout = layout;
    this.random = random;
    this.isReserved = isReserved;
    this.aliasCapacity = Math.min(EXACT, 2 ** (hostBits(layout) - 1));
  }

  get inUse(): number {
    return this.taken.size;
  }

  contains(address: Uint8Array): boolean {
    return hasPrefix(address, this.layout.prefix, this.layout.prefixLength);
  }

  /** An unused address that carries `alias`; undefined when the alias is full. */
  take(alias: number): Uint8Array | undefined {
    if ((this.perAlias.get(alias) ?? 0) >= this.aliasCapacity) return undefined;
    const { prefix, prefixLength, aliasOffset, aliasBits } = this.layout;
    const bytes = prefixLength >>> 3;
    const rest = prefixLength & 7;
    for (;;) {
      const address = new Uint8Array(16);
      this.random.fill(address);
      address.set(prefix.subarray(0, bytes));
      if (rest > 0) address[bytes] = (prefix[bytes]! & (0xff00 >> rest)) | (address[bytes]! & (0xff >> rest));
      writeBits(address, aliasOffset, aliasBits, alias);
      if (isReservedIdentifier(address, prefixLength) || this.isReserved(address)) continue;
      const key = addressKey(address);
      if (this.taken.has(key)) continue;
      this.mark(key, alias);
      return address;
    }
  }

  /** Takes a certain address: one of a lease that was there before the restart. */
  occupy(address: Uint8Array, alias: number): void {
    this.mark(addressKey(address), alias);
  }

  giveBack(address: Uint8Array, alias: number): void {
    if (!this.taken.delete(addressKey(address))) return;
    const left = this.perAlias.get(alias)! - 1;
    if (left === 0) this.perAlias.delete(alias);
    else this.perAlias.set(alias, left);
  }

  private mark(key: string, alias: number): void {
    this.taken.add(key);
    this.perAlias.set(alias, (this.perAlias.get(alias) ?? 0) + 1);
  }
}

/**
 * The subnet-router anycast address (RFC 4291 section 2.6.1) and, where identifiers have 64 bits, the reserved ones of
 * RFC 5453: 0200:5eff:fe00::/40 and the anycast range fdff:ffff:ffff:ff80 to :ffff.
 */
function isReservedIdentifier(address: Uint8Array, prefixLength: number): boolean {
  if (isZeroFrom(address, prefixLength)) return true;
  if (prefixLength > IDENTIFIER_PREFIX) return false;
  const at = (index: number) => address[8 + index]!;
  if (at(0) === 0x02 && at(1) === 0 && at(2) === 0x5e && at(3) === 0xff && at(4) === 0xfe) return true;
  if (at(0) !== 0xfd || at(7) < 0x80) return false;
  for (let index = 1; index < 7; index++) if (at(index) !== 0xff) return false;
  return true;
}

function isZeroFrom(address: Uint8Array, bit: number): boolean {
  let index = bit >>> 3;
  if ((bit & 7) !== 0) {
    if ((address[index]! & (0xff >> (bit & 7))) !== 0) return false;
    index++;
  }
  for (; index < 16; index++) if (address[index] !== 0) return false;
  return true;
}
