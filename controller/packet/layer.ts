/**
 * The plain layers of a frame, outermost first: what `parseFrame` gives and what `buildFrame` takes.
 *
 * The numbers that say what follows (EtherType, protocol, next header) are there after parsing; building fills them
 * in where the next layer determines them. Lengths never appear. A checksum appears only where it is not the one
 * that building would compute: a layer changed after parsing gets its right checksum again.
 */
import type { ArpInit, ArpLayer } from './arp.js';
import type { EthernetInit, EthernetLayer, VlanInit, VlanLayer } from './ethernet.js';
import type { Icmpv4Init, Icmpv4Layer } from './icmpv4.js';
import type { Icmpv6Init, Icmpv6Layer } from './icmpv6.js';
import type { Ipv4Init, Ipv4Layer } from './ipv4.js';
import type { Ipv6Init, Ipv6Layer } from './ipv6.js';
import type { ExtensionInit, ExtensionLayer } from './ipv6-extension-layer.js';
import type { LldpInit, LldpLayer } from './lldp.js';
import type { TcpInit, TcpLayer } from './tcp.js';
import type { UdpInit, UdpLayer } from './udp.js';

/** What the layer before it carries. */
export interface PayloadLayer {
  type: 'payload';
  data: Uint8Array;
}

/** Bytes of the frame after the end of its network packet, such as padding to 60 bytes. Always last. */
export interface TrailerLayer {
  type: 'trailer';
  data: Uint8Array;
}

export type LayerInit =
  | EthernetInit
  | VlanInit
  | ArpInit
  | LldpInit
  | Ipv4Init
  | Ipv6Init
  | ExtensionInit
  | Icmpv4Init
  | Icmpv6Init
  | TcpInit
  | UdpInit
  | PayloadLayer
  | TrailerLayer;

export type Layer =
  | EthernetLayer
  | VlanLayer
  | ArpLayer
  | LldpLayer
  | Ipv4Layer
  | Ipv6Layer
  | ExtensionLayer
  | Icmpv4Layer
  | Icmpv6Layer
  | TcpLayer
  | UdpLayer
  | PayloadLayer
  | TrailerLayer;

export type LayerType = Layer['type'];

/** The first layer of that type. */
export function findLayer<Type extends LayerType>(
  layers: readonly Layer[],
  type: Type,
): Extract<Layer, { type: Type }> | undefined {
  return layers.find((layer): layer is Extract<Layer, { type: Type }> => layer.type === type);
}
