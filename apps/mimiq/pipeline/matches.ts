import type { Match } from '../../../controller/switch/index.js';
import { writeBits } from '../address-bits.js';
import { type AddressPrefix, ipv4Number, prefixMask } from '../address-prefix.js';
import type { AliasLayout, Fabric } from '../fabric/fabric.js';
import { ETH } from './pipeline.js';

type Side = 'source' | 'destination';

/** All blocks that leases are from, of both families. */
export function leasedBlocks(fabric: Fabric): AddressPrefix[] {
  return [
    ...fabric.ipv4,
    ...fabric.ipv6.map(({ prefix, prefixLength }) => ({
      family: 6 as const,
      address: prefix,
      length: prefixLength,
    })),
  ];
}

/** Packets from or to a block. */
export function blockMatch(block: AddressPrefix, side: Side): Match {
  const mask = prefixMask(block.address.length, block.length);
  if (block.family === 4) {
    const value = { value: ipv4Number(block.address), mask: ipv4Number(mask) };
    return side === 'source' ? { ethType: ETH.ipv4, ipv4Src: value } : { ethType: ETH.ipv4, ipv4Dst: value };
  }
  const value = { value: block.address, mask };
  return side === 'source' ? { ethType: ETH.ipv6, ipv6Src: value } : { ethType: ETH.ipv6, ipv6Dst: value };
}

/** Packets to one address. */
export function hostMatch(address: Uint8Array): Match {
  return address.length === 4
    ? { ethType: ETH.ipv4, ipv4Dst: ipv4Number(address) }
    : { ethType: ETH.ipv6, ipv6Dst: address };
}

/**
 * Packets to any address of the prefix that carries `alias`: the only thing that an edge switch knows of IPv6 clients (3.3).
 * Bits between prefix and alias and behind the alias are the host's.
 */
export function aliasMatch(layout: AliasLayout, alias: number): Match {
  const { prefix, prefixLength, aliasOffset, aliasBits } = layout;
  const mask = prefixMask(16, prefixLength);
  const value = prefix.map((byte, index) => byte & mask[index]!);
  writeBits(value, aliasOffset, aliasBits, alias);
  writeBits(mask, aliasOffset, aliasBits, 2 ** aliasBits - 1);
  return { ethType: ETH.ipv6, ipv6Dst: { value, mask } };
}
