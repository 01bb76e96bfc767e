import { buildFrame, type LayerInit } from '../../../controller/packet/index.js';
import { ipv4Number } from '../address-prefix.js';

export interface DatagramAnswer {
  readonly sourceMac: number;
  readonly mac: number;
  /** 4 or 16 bytes, both of one family. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/** A frame with one datagram. */
export function datagramFrame(answer: DatagramAnswer): Uint8Array {
  const { sourceMac, mac, source, destination, sourcePort, destinationPort, payload } = answer;
  const network: LayerInit =
    source.length === 4
      ? { type: 'ipv4', source: ipv4Number(source), destination: ipv4Number(destination) }
      : { type: 'ipv6', source, destination };
  return buildFrame([
    { type: 'ethernet', source: sourceMac, destination: mac },
    network,
    { type: 'udp', sourcePort, destinationPort },
    { type: 'payload', data: payload },
  ]);
}

/** Seconds for which hosts keep the gateway as their default router. */
export const ROUTER_LIFETIME = 1800;
const ALL_NODES = 'ff02::1';
const ALL_NODES_MAC = 0x3333_0000_0001;

/**
 * A router advertisement (RFC 4861 section 4.2) to everybody on the link: the gateway is the default router, addresses come
 * by DHCPv6, and no prefix is on the link. `mtu`: bytes of the longest packet, where hosts are to know.
 */
export function routerAdvertisement(mac: number, linkLocal: Uint8Array, mtu?: number): Uint8Array {
  return buildFrame([
    { type: 'ethernet', source: mac, destination: ALL_NODES_MAC },
    { type: 'ipv6', source: linkLocal, destination: ALL_NODES, hopLimit: 255 },
    {
      type: 'icmpv6',
      body: {
        type: 'router-advertisement',
        currentHopLimit: 64,
        managed: true,
        otherConfiguration: false,
        routerLifetime: ROUTER_LIFETIME,
        reachableTime: 0,
        retransmitTimer: 0,
        options: [
          { type: 'source-link-layer-address', address: mac },
          ...(mtu === undefined ? [] : [{ type: 'mtu' as const, mtu }]),
        ],
      },
    },
  ]);
}
