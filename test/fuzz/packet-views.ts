import {
  ArpView,
  EthernetView,
  Icmpv4View,
  Icmpv6View,
  Ipv4View,
  Ipv6View,
  LldpView,
  NeighbourDiscoveryView,
  TcpView,
  UdpView,
} from '../../controller/packet/index.js';

export type ViewClass = new (bytes: Uint8Array, start: number, end: number, partial?: boolean) => object;

/** Every view of the packet library. */
export const VIEWS: readonly ViewClass[] = [
  EthernetView,
  ArpView,
  Ipv4View,
  Ipv6View,
  Icmpv4View,
  Icmpv6View,
  NeighbourDiscoveryView,
  TcpView,
  UdpView,
  LldpView,
];
