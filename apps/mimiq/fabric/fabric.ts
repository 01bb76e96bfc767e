import type { AddressPrefix } from '../address-prefix.js';
import type { SwitchId } from '../model.js';
import type { NextHop } from './next-hop.js';

/** The network as configuration and allocator describe it (3.3): everything that flows depend on, leases and aliases apart. */
export interface Fabric {
  readonly switches: readonly FabricSwitch[];
  readonly gateway: Gateway;
  readonly service: Service;
  readonly tunnel: TunnelPlan;
  /** IPv4 blocks that leases are from. */
  readonly ipv4: readonly AddressPrefix[];
  /** IPv6 prefixes that leases are from, and where aliases stand in them. */
  readonly ipv6: readonly AliasLayout[];
  /** Bytes of the longest IP packet; undefined where nobody looks at that. */
  readonly mtu: number | undefined;
  /** Hop limit of what leaves by the network's own edges; undefined: one less than it was sent with. */
  readonly hopLimit: number | undefined;
  /** Requests a second that a client port may send to the controller. */
  readonly requestRate: number;
}

/** An IPv6 prefix with room for aliases; bits count from the front of the address. */
export interface AliasLayout {
  /** 16 bytes. */
  readonly prefix: Uint8Array;
  readonly prefixLength: number;
  readonly aliasOffset: number;
  readonly aliasBits: number;
}

/** The router that clients see: the same at every client-facing switch. */
export interface Gateway {
  readonly mac: number;
  /** All its addresses, 4 or 16 bytes each. */
  readonly addresses: readonly Uint8Array[];
  /** The one that it announces itself by, 16 bytes. */
  readonly linkLocal: Uint8Array;
}

/** Where clients send requests for addresses. */
export interface Service {
  readonly port: number;
  readonly ipv4: Uint8Array;
  readonly ipv6: Uint8Array;
}

export interface TunnelPlan {
  readonly type: 'vxlan' | 'gre' | 'geneve';
  /** VNI or key of all tunnels. */
  readonly key: number;
  /** The tunnel port's name on every bridge. */
  readonly name: string;
}

/** A switch of the network; it may be client-facing and an edge at once. */
export interface FabricSwitch {
  readonly name: string;
  readonly id: SwitchId;
  /** Its internal address (3.3), 4 or 16 bytes; undefined in a network of one switch. */
  readonly underlay: Uint8Array | undefined;
  /** Ports with clients; some: it is a client-facing switch. */
  readonly clients: readonly number[];
  /** The edge switch that its clients' packets leave by as long as it can; undefined where it is one itself. */
  readonly exit: string | undefined;
  /** The way out: it is an edge switch. `next` hands packets to the next app. */
  readonly outside: OutsidePort | 'next' | undefined;
  /** OVSDB endpoint, when the controller is to make the tunnel port. */
  readonly ovsdb: string | undefined;
}

export interface OutsidePort {
  readonly port: number;
  readonly mac: number;
  /** Addresses that the edge answers for, 4 or 16 bytes. */
  readonly addresses: readonly Uint8Array[];
  /** MAC address of the next router, or its addresses, one of a family, whose MAC address has to be found. */
  readonly nextHop: NextHop;
}

export function isEdge(sw: FabricSwitch): boolean {
  return sw.outside !== undefined;
}

/** Switches that return packets may have to be sent to through a tunnel. */
export function isClientFacing(sw: FabricSwitch): boolean {
  return sw.clients.length > 0;
}
