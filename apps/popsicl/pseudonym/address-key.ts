import { parseIpv4, parseIpv6 } from '../../../controller/address/index.js';
import type { PackedAddress } from '../model.js';

/**
 * What stands for an address in maps and sets: IPv4 as an unsigned 32-bit number, IPv6 as a string of 16 characters, one a
 * byte. Undefined when it is neither.
 */
export function addressKey(address: PackedAddress): number | string | undefined {
  if (typeof address === 'number') return address >>> 0 === address ? address : undefined;
  if (typeof address === 'string') {
    if (address.includes(':')) {
      const bytes = parseIpv6(address);
      return bytes === undefined ? undefined : ipv6Key(bytes);
    }
    const number = parseIpv4(address);
    return Number.isNaN(number) ? undefined : number;
  }
  if (address.length === 16) return ipv6Key(address);
  if (address.length !== 4) return undefined;
  return ((address[0]! << 24) | (address[1]! << 16) | (address[2]! << 8) | address[3]!) >>> 0;
}

function ipv6Key(bytes: Uint8Array): string {
  return String.fromCharCode.apply(null, bytes as unknown as number[]);
}
