/**
 * The words that all parts of MIMIQ share, with the paper's section where it names the thing. Pure types. Every time is in
 * milliseconds since 1970, by a clock that follows the wall clock but never goes back (`steady-time.ts`).
 */

/** Datapath id as text: 16 hexadecimal digits. */
export type SwitchId = string;

/**
 * Where a client is: what the packet-in of its client-facing switch says, never what the client says. All three together
 * are the client's identity; a MAC address seen at another port is another client.
 */
export interface Attachment {
  readonly switchId: SwitchId;
  readonly port: number;
  /** Source MAC of the frame, 48 bits. */
  readonly mac: number;
}

/** `released`: given back early. Both ends keep their forwarding until `removeAt`. */
export type LeaseState = 'held' | 'released' | 'expired';

/** One ephemeral address of one client (3.2). A lease is a value: changes make a new one with the same id. */
export interface Lease {
  /** Never used twice, also across restarts; at most 2^53 - 1. */
  readonly id: number;
  /** 4 or 16 bytes in network order. */
  readonly address: Uint8Array;
  readonly attachment: Attachment;
  /** IPv6: the alias in the address, by which edge switches find the client-facing switch (3.3). */
  readonly alias: number | undefined;
  readonly notBefore: number;
  /** End of t_ip: the client may no longer send from it. */
  readonly expiresAt: number;
  /** Expiry plus t_remove: until then packets in flight are delivered, and nobody else gets the address. */
  readonly removeAt: number;
  readonly state: LeaseState;
}

/** One alias name of a client-facing switch's SID (3.3). */
export interface AliasState {
  /** The switch's secret identifier; it appears in no address. */
  readonly sid: number;
  /** Value of the alias bits; of all aliases valid at one time no two are equal. */
  readonly alias: number;
  readonly switchId: SwitchId;
  readonly createdAt: number;
  /** Creation plus t_sid: new addresses carry it until then. */
  readonly usableUntil: number;
  /** Creation plus k x t_sid: edge switches match it until then. */
  readonly validUntil: number;
}

/** What the allocator tells the switches, through the routes. */
export interface Forwarding {
  /**
   * What is in force when the controller starts, before any other call: leases whose forwarding stands, and all valid
   * aliases. Switches get it as they connect.
   */
  restore(leases: readonly Lease[], aliases: readonly AliasState[]): void;
  /**
   * New leases, and leases whose end changed. Resolves when every switch that needs a rule confirmed it (barrier); calls
   * may overlap. Rejects with ForwardingError when some were not taken; the others are in force, and so are those of which
   * only the new end was not confirmed.
   */
  install(leases: readonly Lease[]): Promise<void>;
  /**
   * Takes forwarding away. Resolves when no connected switch has a rule for them any more, and those that are away will
   * have none once they are back; rejects with ForwardingError otherwise, and is asked again later.
   */
  remove(leases: readonly Lease[]): Promise<void>;
  /** All aliases to match from now on: replaces the last call's. Resolves when all connected edge switches confirmed. */
  setAliases(all: readonly AliasState[]): Promise<void>;
}

/** Where a datagram came from and went to, by its headers. Addresses are 4 or 16 bytes. */
export interface DatagramSource {
  readonly address: Uint8Array;
  readonly port: number;
}

/**
 * What routes hand over from packet-ins. Each takes a datagram's payload and returns the answer's; undefined means that
 * nothing is to be sent. None ever throws or rejects because of what the client sent, and payloads are not kept.
 */
export interface Requests {
  /** MIMIQ's own protocol (protobuf): to the well-known address and port; the answer goes back to the source. */
  udp(payload: Uint8Array, from: Attachment, source: DatagramSource): Promise<Uint8Array | undefined>;
  /** DHCPv4 (RFC 2131), UDP to port 67 from port 68; a relay of the client's segment is not believed. */
  dhcp4(payload: Uint8Array, from: Attachment): Promise<Dhcp4Answer | undefined>;
  /** DHCPv6 (RFC 8415), UDP to ff02::1:2 port 547 from port 546; the answer goes to the client's link-local address. */
  dhcp6(payload: Uint8Array, from: Attachment): Promise<Uint8Array | undefined>;
}

/** Where RFC 2131 section 4.1 wants the answer. */
export interface Dhcp4Answer {
  readonly payload: Uint8Array;
  /** IPv4 destination address as a number; 0xffffffff is broadcast. Port 68. */
  readonly destination: number;
  /** Destination MAC address: the client's, or broadcast. */
  readonly mac: number;
}
