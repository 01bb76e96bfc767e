import { formatIpv4, parseIpv4, parseIpv6 } from '../../../controller/address/index.js';

const PREFIX = /^(.+)\/(\d{1,3})$/;
export const SHORTEST_IPV4 = 8;
export const LONGEST_IPV4 = 30;
export const LONGEST_IPV6 = 112;

/** First address as a number, and the length; undefined when it is none that a pool can have. */
export function parseIpv4Prefix(text: string): { first: number; length: number } | undefined {
  const [, address, digits] = PREFIX.exec(text) ?? [];
  const length = Number(digits);
  const first = parseIpv4(address ?? '');
  if (Number.isNaN(first) || !(length >= SHORTEST_IPV4 && length <= LONGEST_IPV4)) return undefined;
  return first % 2 ** (32 - length) === 0 ? { first, length } : undefined;
}

export function parseIpv6Prefix(text: string): { prefix: Uint8Array; length: number } | undefined {
  const [, address, digits] = PREFIX.exec(text) ?? [];
  const length = Number(digits);
  const prefix = parseIpv6(address ?? '');
  if (prefix === undefined || !(length >= 1 && length <= LONGEST_IPV6)) return undefined;
  for (let bit = length; bit < 128; bit++) {
    if (((prefix[bit >>> 3]! >>> (7 - (bit & 7))) & 1) === 1) return undefined;
  }
  return { prefix, length };
}

/** Dotted-quad mask of a prefix length, as a number. */
export function ipv4Mask(length: number): number {
  return (2 ** 32 - 2 ** (32 - length)) >>> 0;
}

export function ipv4PrefixText({ first, length }: { first: number; length: number }): string {
  return `${formatIpv4(first)}/${length}`;
}
