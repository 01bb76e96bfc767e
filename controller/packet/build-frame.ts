/**
 * Plain layers to frames. Lengths, checksums and the numbers that say what follows are filled in where they are
 * left out. Fails with PacketError only: `bad-value`, `bad-length`, `missing-field` and `bad-layer-order`.
 */
import { emitArp } from './arp.js';
import { ARP_LENGTH } from './arp-view.js';
import { EtherType } from './ether-type.js';
import { emitEthernet, emitVlan, VLAN_TAG_LENGTH } from './ethernet.js';
import { ETHERNET_HEADER_LENGTH } from './ethernet-view.js';
import { byteString, fieldError } from './field-check.js';
import { fillChecksums, type PlacedLayer } from './fill-checksums.js';
import { emitIcmpv4Header } from './icmpv4.js';
import { ICMPV4_HEADER_LENGTH } from './icmpv4-view.js';
import { emitIcmpv6Header, icmpv6Length } from './icmpv6.js';
import { IpProtocol } from './ip-protocol.js';
import { emitIpv4Header, ipv4HeaderLength } from './ipv4.js';
import { emitIpv6Header } from './ipv6.js';
import { emitExtension, extensionLength } from './ipv6-extension-layer.js';
import { IPV6_HEADER_LENGTH } from './ipv6-view.js';
import type { LayerInit, LayerType } from './layer.js';
import { emitLldp, lldpLength } from './lldp.js';
import { PacketError } from './packet-error.js';
import { emitTcpHeader, tcpHeaderLength } from './tcp.js';
import { emitUdpHeader, surplusLength } from './udp.js';
import { UDP_HEADER_LENGTH } from './udp-view.js';

/** No frame or IP packet that could carry more has a length field for it. */
const MAX_DATA = 0xffff;

const ETHER_TYPES: Partial<Record<LayerType, number>> = {
  vlan: EtherType.VLAN,
  arp: EtherType.ARP,
  lldp: EtherType.LLDP,
  ipv4: EtherType.IPV4,
  ipv6: EtherType.IPV6,
};

const PROTOCOLS: Partial<Record<LayerType, number>> = {
  'hop-by-hop-options': IpProtocol.HOP_BY_HOP,
  icmpv4: IpProtocol.ICMPV4,
  ipv4: IpProtocol.IPV4,
  tcp: IpProtocol.TCP,
  udp: IpProtocol.UDP,
  ipv6: IpProtocol.IPV6,
  routing: IpProtocol.ROUTING,
  fragment: IpProtocol.FRAGMENT,
  authentication: IpProtocol.AUTHENTICATION,
  icmpv6: IpProtocol.ICMPV6,
  'destination-options': IpProtocol.DESTINATION_OPTIONS,
};

/**
 * The bytes of a frame, or of any part of one: the first layer need not be Ethernet. Nothing is padded to 60 bytes.
 * A transport layer needs an IP layer before it, unless its checksum is given; a fragment carries a payload layer.
 */
export function buildFrame(layers: readonly LayerInit[]): Uint8Array {
  const placed = placeLayers(layers);
  const bytes = new Uint8Array(placed.reduce((length, { end }) => Math.max(length, end), 0));
  for (const [index, { layer, start, end }] of placed.entries()) {
    emitLayer(layer, bytes, start, end, layers[index + 1]?.type);
  }
  fillChecksums(placed, bytes);
  return bytes;
}

/** Headers stand one after the other; then what follows the payloads of the layers, innermost first. */
function placeLayers(layers: readonly LayerInit[]): PlacedLayer[] {
  let length = 0;
  const starts = layers.map((layer, index) => {
    const start = length;
    if (layer.type === 'trailer' && index !== layers.length - 1) {
      throw new PacketError('bad-layer-order', 'trailer', 'is not last');
    }
    if (layer.type !== 'trailer') length += headerLength(layer);
    return start;
  });
  for (const layer of layers) if (layer.type === 'udp') length += surplusLength(layer);
  let end = length;
  return layers.map((layer, index) => {
    if (layer.type === 'trailer') return { layer, start: length, end: length + headerLength(layer) };
    if (layer.type === 'udp') end -= surplusLength(layer);
    return { layer, start: starts[index]!, end };
  });
}

function headerLength(layer: LayerInit): number {
  switch (layer.type) {
    case 'ethernet':
      return ETHERNET_HEADER_LENGTH;
    case 'vlan':
      return VLAN_TAG_LENGTH;
    case 'arp':
      return ARP_LENGTH;
    case 'lldp':
      return lldpLength(layer);
    case 'ipv4':
      return ipv4HeaderLength(layer);
    case 'ipv6':
      return IPV6_HEADER_LENGTH;
    case 'hop-by-hop-options':
    case 'destination-options':
    case 'routing':
    case 'fragment':
    case 'authentication':
      return extensionLength(layer);
    case 'icmpv4':
      return ICMPV4_HEADER_LENGTH;
    case 'icmpv6':
      return icmpv6Length(layer);
    case 'tcp':
      return tcpHeaderLength(layer);
    case 'udp':
      return UDP_HEADER_LENGTH;
    case 'payload':
    case 'trailer':
      return byteString(layer.data, MAX_DATA, `${layer.type}.data`).length;
    default:
      throw fieldError('bad-value', 'layer.type', 'is no known layer');
  }
}

function emitLayer(
  layer: LayerInit,
  bytes: Uint8Array,
  start: number,
  end: number,
  next: LayerType | undefined,
): void {
  const etherType = next && ETHER_TYPES[next];
  const protocol = next && PROTOCOLS[next];
  switch (layer.type) {
    case 'ethernet':
      emitEthernet(layer, bytes, start, etherType);
      break;
    case 'vlan':
      emitVlan(layer, bytes, start, etherType);
      break;
    case 'arp':
      emitArp(layer, bytes, start);
      break;
    case 'lldp':
      emitLldp(layer, bytes, start);
      break;
    case 'ipv4':
      emitIpv4Header(layer, bytes, start, end, protocol);
      break;
    case 'ipv6':
      emitIpv6Header(layer, bytes, start, end, protocol);
      break;
    case 'hop-by-hop-options':
    case 'destination-options':
    case 'routing':
    case 'fragment':
    case 'authentication':
      emitExtension(layer, bytes, start, end, protocol);
      break;
    case 'icmpv4':
      emitIcmpv4Header(layer, bytes, start);
      break;
    case 'icmpv6':
      emitIcmpv6Header(layer, bytes, start);
      break;
    case 'tcp':
      emitTcpHeader(layer, bytes, start);
      break;
    case 'udp':
      emitUdpHeader(layer, bytes, start, end);
      break;
    default:
      bytes.set(layer.data, start);
  }
}
