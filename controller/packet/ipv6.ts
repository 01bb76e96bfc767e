/**
 * Plain IPv6 headers (RFC 8200 section 3). Reading fails where Ipv6View does; building fails with `bad-value`,
 * `bad-length`, and `missing-field` where nothing determines the next header.
 */
import type { Ipv6Address } from '../address/index.js';
import { writeU16, writeU32 } from './byte-order.js';
import { fieldError, ipv6Bytes, unsigned } from './field-check.js';
import { IpProtocol } from './ip-protocol.js';
import { IPV6_HEADER_LENGTH, type Ipv6View } from './ipv6-view.js';
import { settleNextHeader } from './next-header.js';
import type { Parsed } from './parsed.js';

export interface Ipv6Init {
  type: 'ipv6';
  source: Ipv6Address;
  destination: Ipv6Address;
  /** May be left out before a layer that determines it, and where nothing follows. */
  nextHeader?: number;
  /** Default 64; neighbour discovery asks for 255. */
  hopLimit?: number;
  /** Default 0, as for all below. */
  dscp?: number;
  ecn?: number;
  flowLabel?: number;
}
export type Ipv6Layer = Parsed<Ipv6Init>;

export function parseIpv6Header(view: Ipv6View): Ipv6Layer {
  return {
    type: 'ipv6',
    source: view.sourceText,
    destination: view.destinationText,
    nextHeader: view.nextHeader,
    hopLimit: view.hopLimit,
    dscp: view.dscp,
    ecn: view.ecn,
    flowLabel: view.flowLabel,
  };
}

/** Writes the 40 bytes at the head of the packet `bytes[start, end)`. */
export function emitIpv6Header(
  layer: Ipv6Init,
  bytes: Uint8Array,
  start: number,
  end: number,
  implied: number | undefined,
): void {
  const length = end - start - IPV6_HEADER_LENGTH;
  if (length > 0xffff) throw fieldError('bad-length', 'ipv6.payloadLength', 'would be over 65535');
  const trafficClass =
    (unsigned(layer.dscp ?? 0, 6, 'ipv6.dscp') << 2) | unsigned(layer.ecn ?? 0, 2, 'ipv6.ecn');
  const flowLabel = unsigned(layer.flowLabel ?? 0, 20, 'ipv6.flowLabel');
  writeU32(bytes, start, (0x6000_0000 | (trafficClass << 20) | flowLabel) >>> 0);
  writeU16(bytes, start + 4, length);
  const following = implied ?? (length === 0 ? (layer.nextHeader ?? IpProtocol.NO_NEXT_HEADER) : undefined);
  bytes[start + 6] = settleNextHeader('ipv6.nextHeader', layer.nextHeader, following);
  bytes[start + 7] = unsigned(layer.hopLimit ?? 64, 8, 'ipv6.hopLimit');
  bytes.set(ipv6Bytes(layer.source, 'ipv6.source'), start + 8);
  bytes.set(ipv6Bytes(layer.destination, 'ipv6.destination'), start + 24);
}
