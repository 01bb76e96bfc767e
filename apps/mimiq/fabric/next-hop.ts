import { z } from 'zod';
import { parseMac } from '../../../controller/address/index.js';
import { parseAddress } from '../address-prefix.js';
import { address, mac } from '../config-values.js';

/** The next router: its MAC address, or its addresses, one of a family, which the app finds the MAC addresses of. */
export const nextHopSchema = z.union([
  mac,
  address.transform(text => [text]),
  z.array(address).min(1).max(2).refine(isOnePerFamily, 'at most one address of each family'),
]);
export type NextHopConfig = z.output<typeof nextHopSchema>;

/** Number of a MAC address, or addresses of 4 or 16 bytes. */
export type NextHop = number | readonly Uint8Array[];

export function readNextHop(config: NextHopConfig): NextHop {
  return typeof config === 'string' ? parseMac(config) : config.map(text => parseAddress(text)!);
}

/** Next routers that an edge with these addresses has no own address to ask from. */
export function unaskable(config: NextHopConfig, addresses: readonly string[]): string[] {
  if (typeof config === 'string') return [];
  const families = new Set(addresses.map(isIpv6));
  return config.filter(text => !families.has(isIpv6(text)));
}

function isOnePerFamily(texts: readonly string[]): boolean {
  return new Set(texts.map(isIpv6)).size === texts.length;
}

function isIpv6(text: string): boolean {
  return text.includes(':');
}
