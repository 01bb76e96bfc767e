/** Plain ARP packets (RFC 826). Reading fails where ArpView does; building fails with `bad-value`. */
import { formatIpv4, formatMac, type Ipv4Address, type MacAddress } from '../address/index.js';
import { ARP_HARDWARE_ETHERNET, ArpOperation, type ArpView } from './arp-view.js';
import { writeU16, writeU32, writeU48 } from './byte-order.js';
import { EtherType } from './ether-type.js';
import { ipv4Number, macNumber, unsigned } from './field-check.js';
import type { Parsed } from './parsed.js';

export interface ArpInit {
  type: 'arp';
  /** Other operations are their numbers. */
  operation: 'request' | 'reply' | number;
  senderMac: MacAddress;
  senderIpv4: Ipv4Address;
  /** Default 00:00:00:00:00:00, as requests have it. */
  targetMac?: MacAddress;
  targetIpv4: Ipv4Address;
}
export interface ArpLayer extends Parsed<Omit<ArpInit, 'operation'>> {
  operation: 'request' | 'reply' | number;
}

export function parseArp(view: ArpView): ArpLayer {
  const { operation } = view;
  return {
    type: 'arp',
    operation:
      operation === ArpOperation.REQUEST ? 'request' : operation === ArpOperation.REPLY ? 'reply' : operation,
    senderMac: formatMac(view.senderMac),
    senderIpv4: formatIpv4(view.senderIpv4),
    targetMac: formatMac(view.targetMac),
    targetIpv4: formatIpv4(view.targetIpv4),
  };
}

/** Writes 28 bytes. */
export function emitArp(layer: ArpInit, bytes: Uint8Array, start: number): void {
  writeU16(bytes, start, ARP_HARDWARE_ETHERNET);
  writeU16(bytes, start + 2, EtherType.IPV4);
  writeU16(bytes, start + 4, 0x0604);
  writeU16(bytes, start + 6, operationNumber(layer.operation));
  writeU48(bytes, start + 8, macNumber(layer.senderMac, 'arp.senderMac'));
  writeU32(bytes, start + 14, ipv4Number(layer.senderIpv4, 'arp.senderIpv4'));
  writeU48(bytes, start + 18, macNumber(layer.targetMac ?? 0, 'arp.targetMac'));
  writeU32(bytes, start + 24, ipv4Number(layer.targetIpv4, 'arp.targetIpv4'));
}

function operationNumber(operation: ArpInit['operation']): number {
  if (operation === 'request') return ArpOperation.REQUEST;
  if (operation === 'reply') return ArpOperation.REPLY;
  return unsigned(operation, 16, 'arp.operation');
}
