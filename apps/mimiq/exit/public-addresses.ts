import { BlockList, isIP } from 'node:net';
import { networkInterfaces } from 'node:os';

/** IPv4 networks that are not of the public Internet (RFC 6890). */
const IPV4 = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.168.0.0', 16],
  ['198.18.0.0', 15],
  ['224.0.0.0', 3],
] as const;
/** IPv6 networks that are not, and those that a translator or relay of the exit's own network takes out of it (6to4, Teredo). */
const IPV6 = [
  ['::', 96],
  ['64:ff9b:1::', 48],
  ['100::', 64],
  ['2001::', 32],
  ['2002::', 16],
  ['fc00::', 7],
  ['fe80::', 9],
  ['ff00::', 8],
] as const;
/** Prefixes of 96 bits behind which an IPv4 address stands: as IPv6 has it, and of NAT64 (RFC 6052 section 2.1). */
const EMBEDDING = ['::ffff:', '64:ff9b::'];

const CLOSED = new BlockList();
for (const [network, bits] of IPV4) {
  CLOSED.addSubnet(network, bits, 'ipv4');
  for (const prefix of EMBEDDING) CLOSED.addSubnet(`${prefix}${network}`, 96 + bits, 'ipv6');
}
for (const [network, bits] of IPV6) CLOSED.addSubnet(network, bits, 'ipv6');

/** Whether an address is of the public Internet, and not this machine's own, where services may trust who is local. */
export function isPublic(address: string): boolean {
  const family = isIP(address) === 4 ? 'ipv4' : 'ipv6';
  if (CLOSED.check(address, family)) return false;
  const own = new BlockList();
  for (const each of Object.values(networkInterfaces()).flatMap(all => all ?? [])) {
    const isIpv4 = each.family === 'IPv4';
    own.addAddress(each.address, isIpv4 ? 'ipv4' : 'ipv6');
    if (isIpv4) for (const prefix of EMBEDDING) own.addAddress(`${prefix}${each.address}`, 'ipv6');
  }
  return !own.check(address, family);
}
