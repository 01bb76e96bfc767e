import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../controller/address/index.js';

/** A block of addresses, as matches want it. */
export interface AddressPrefix {
  readonly family: 4 | 6;
  /** As it was given, such as `198.51.100.0/24`. */
  readonly text: string;
  readonly address: string;
  readonly mask: string;
}

/** Undefined for text that is no prefix, or has bits set behind its length. */
export function parsePrefix(text: string): AddressPrefix | undefined {
  const [address, length, ...rest] = text.split('/');
  if (rest.length > 0 || length === undefined || !/^\d{1,3}$/.test(length)) return undefined;
  const bits = Number(length);
  const ipv4 = parseIpv4(address!);
  if (!Number.isNaN(ipv4)) {
    if (bits > 32) return undefined;
    const mask = bits === 0 ? 0 : (0xffff_ffff << (32 - bits)) >>> 0;
    if ((ipv4 & ~mask) !== 0) return undefined;
    return { family: 4, text, address: formatIpv4(ipv4), mask: formatIpv4(mask) };
  }
  const ipv6 = parseIpv6(address!);
  if (ipv6 === undefined || bits > 128) return undefined;
  const mask = new Uint8Array(16);
  for (let index = 0; index < 16; index++) {
    mask[index] = 0xff00 >>> Math.min(8, Math.max(0, bits - 8 * index));
  }
  if (ipv6.some((byte, index) => (byte & ~mask[index]!) !== 0)) return undefined;
  return { family: 6, text, address: formatIpv6(ipv6), mask: formatIpv6(mask) };
}
