import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../controller/address/index.js';

/** A block of addresses. */
export interface AddressPrefix {
  readonly family: 4 | 6;
  /** The first address: 4 or 16 bytes in network order. */
  readonly address: Uint8Array;
  readonly length: number;
}

/** `10.64.0.0/16` or `2001:db8::/64`; undefined when it is none, or has bits behind its length. */
export function parsePrefix(text: string): AddressPrefix | undefined {
  const [host, lengthText, ...rest] = text.split('/');
  if (rest.length > 0 || lengthText === undefined || !/^(0|[1-9]\d{0,2})$/.test(lengthText)) return undefined;
  const address = parseAddress(host!);
  if (address === undefined) return undefined;
  const length = Number(lengthText);
  if (length > address.length * 8) return undefined;
  const mask = prefixMask(address.length, length);
  if (address.some((byte, index) => (byte & ~mask[index]!) !== 0)) return undefined;
  return { family: address.length === 4 ? 4 : 6, address, length };
}

/** 4 or 16 bytes of an address; undefined when `text` is none. */
export function parseAddress(text: string): Uint8Array | undefined {
  if (text.includes(':')) return parseIpv6(text);
  const number = parseIpv4(text);
  return Number.isNaN(number) ? undefined : ipv4Bytes(number);
}

export function formatAddress(address: Uint8Array): string {
  return address.length === 4 ? formatIpv4(ipv4Number(address)) : formatIpv6(address);
}

/** `length` ones and then zeros, in `bytes` bytes. */
export function prefixMask(bytes: number, length: number): Uint8Array {
  return Uint8Array.from({ length: bytes }, (_, index) => {
    const ones = Math.min(8, Math.max(0, length - 8 * index));
    return (0xff00 >> ones) & 0xff;
  });
}

export function prefixContains(prefix: AddressPrefix, address: Uint8Array): boolean {
  if (address.length !== prefix.address.length) return false;
  const mask = prefixMask(address.length, prefix.length);
  return address.every((byte, index) => (byte & mask[index]!) === prefix.address[index]);
}

export function ipv4Number(address: Uint8Array): number {
  return ((address[0]! << 24) | (address[1]! << 16) | (address[2]! << 8) | address[3]!) >>> 0;
}

export function ipv4Bytes(address: number): Uint8Array {
  return Uint8Array.of(address >>> 24, (address >>> 16) & 255, (address >>> 8) & 255, address & 255);
}
