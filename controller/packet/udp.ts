/** Plain UDP headers (RFC 768). Reading fails where UdpView does; building with `bad-value` and `bad-length`. */
import { writeU16 } from './byte-order.js';
import { byteString, fieldError, unsigned } from './field-check.js';
import type { Parsed } from './parsed.js';
import type { UdpView } from './udp-view.js';

export interface UdpInit {
  type: 'udp';
  sourcePort: number;
  destinationPort: number;
  /** What the IP packet holds after the end of the datagram (RFC 9868); default none. */
  surplus?: Uint8Array;
  /** Given where it is wrong, is to be, or is 0: not computed. */
  checksum?: number;
}
export type UdpLayer = Parsed<UdpInit, 'surplus' | 'checksum'>;

/** `end` is the end of the IP packet, and `addressSum` the sum of its addresses. */
export function parseUdpHeader(view: UdpView, end: number, addressSum: number): UdpLayer {
  const layer: UdpLayer = {
    type: 'udp',
    sourcePort: view.sourcePort,
    destinationPort: view.destinationPort,
  };
  if (view.end < end) layer.surplus = view.bytes.subarray(view.end, end);
  if (view.checksum !== view.computeChecksum(addressSum)) layer.checksum = view.checksum;
  return layer;
}

/** Bytes that the IP packet holds after the datagram. */
export function surplusLength(layer: UdpInit): number {
  return layer.surplus === undefined ? 0 : byteString(layer.surplus, 0xffff, 'udp.surplus').length;
}

/** Writes the header of the datagram `bytes[start, end)` and what follows it, the checksum only if given. */
export function emitUdpHeader(layer: UdpInit, bytes: Uint8Array, start: number, end: number): void {
  if (end - start > 0xffff) throw fieldError('bad-length', 'udp.length', 'would be over 65535');
  writeU16(bytes, start, unsigned(layer.sourcePort, 16, 'udp.sourcePort'));
  writeU16(bytes, start + 2, unsigned(layer.destinationPort, 16, 'udp.destinationPort'));
  writeU16(bytes, start + 4, end - start);
  writeU16(bytes, start + 6, unsigned(layer.checksum ?? 0, 16, 'udp.checksum'));
  if (layer.surplus !== undefined) bytes.set(layer.surplus, end);
}
