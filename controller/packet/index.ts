/**
 * Packets: checked views over bytes for the hot path, and plain layers with builders for everything else.
 * Pure: no I/O, no clock, no dependency. Bad bytes give a PacketError and nothing else.
 */
export type { ArpInit, ArpLayer } from './arp.js';
export { ARP_LENGTH, ArpOperation, ArpView } from './arp-view.js';
export { buildFrame } from './build-frame.js';
export {
  type AddressedChecksum,
  internetChecksum,
  ipv6AddressSum,
  pseudoHeaderSum,
  sumOf32,
  sumWords,
  updateChecksum,
} from './checksum.js';
export { EtherType, isVlanTag } from './ether-type.js';
export type { EthernetInit, EthernetLayer, VlanInit, VlanLayer } from './ethernet.js';
export { ETHERNET_HEADER_LENGTH, EthernetView, MAX_VLAN_TAGS } from './ethernet-view.js';
export type { Icmpv4Body, Icmpv4Init, Icmpv4Layer } from './icmpv4.js';
export { Icmpv4Type, Icmpv4View } from './icmpv4-view.js';
export type { Icmpv6Body, Icmpv6Init, Icmpv6Layer } from './icmpv6.js';
export { Icmpv6Type, Icmpv6View } from './icmpv6-view.js';
export { IpProtocol } from './ip-protocol.js';
export type { Ipv4Init, Ipv4Layer, Ipv4Option } from './ipv4.js';
export { IPV4_HEADER_LENGTH, Ipv4View } from './ipv4-view.js';
export type { Ipv6Init, Ipv6Layer } from './ipv6.js';
export type {
  AuthenticationInit,
  ExtensionInit,
  ExtensionLayer,
  FragmentInit,
  OptionsInit,
  RoutingInit,
} from './ipv6-extension-layer.js';
export type { Ipv6Option } from './ipv6-options.js';
export { IPV6_HEADER_LENGTH, Ipv6View, MAX_EXTENSION_HEADERS } from './ipv6-view.js';
export {
  findLayer,
  type Layer,
  type LayerInit,
  type LayerType,
  type PayloadLayer,
  type TrailerLayer,
} from './layer.js';
export {
  LldpCapability,
  LldpChassisSubtype,
  type LldpInit,
  type LldpLayer,
  LldpPortSubtype,
  type LldpTlv,
  type LldpTlvInit,
} from './lldp.js';
export { LLDP_NEAREST_BRIDGE_MAC, LldpTlvType, LldpView } from './lldp-view.js';
export type { NeighbourDiscovery, NeighbourDiscoveryInit } from './neighbour-discovery.js';
export {
  isSolicitedNodeAddress,
  NeighbourDiscoveryView,
  NeighbourOptionType,
  solicitedNodeAddress,
} from './neighbour-discovery-view.js';
export type { NeighbourOption, NeighbourOptionInit } from './neighbour-option.js';
export type { PlainOption } from './option-list.js';
export { PacketError, type PacketErrorCode, type PacketErrorContext } from './packet-error.js';
export { type ParseOptions, parseFrame, parsePacket } from './parse-frame.js';
export type { SackBlock, TcpFlagName, TcpInit, TcpLayer, TcpOption } from './tcp.js';
export { TCP_HEADER_LENGTH, TcpFlag, TcpOptionKind, TcpView } from './tcp-view.js';
export { TlsClientHello, TlsExtension } from './tls-client-hello.js';
export { TlsError, type TlsErrorCode } from './tls-error.js';
export { DEFAULT_HELLO_LIMIT, TlsHelloReader } from './tls-hello-reader.js';
export { TransportView } from './transport-view.js';
export type { UdpInit, UdpLayer } from './udp.js';
export { UDP_HEADER_LENGTH, UdpView } from './udp-view.js';
