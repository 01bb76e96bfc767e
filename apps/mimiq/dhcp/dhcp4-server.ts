import { addressKey } from '../address-bits.js';
import { ipv4Bytes, ipv4Number } from '../address-prefix.js';
import { AllocationError } from '../allocation-error.js';
import type { Allocator } from '../allocator/allocator.js';
import { ipv4Mask } from '../allocator/prefix.js';
import type { Attachment, Dhcp4Answer } from '../model.js';
import type { StoredLease } from '../store/lease-store.js';
import {
  Dhcp4Option,
  type Dhcp4Request,
  Dhcp4Type,
  decodeDhcp4,
  encodeDhcp4,
  uint32Option,
} from './dhcp4-codec.js';

const BROADCAST = 0xffff_ffff;
const BROADCAST_MAC = 0xffff_ffff_ffff;
/** A DHCPv4 client has one address. */
const ALLOCATION = { family: 4, count: 1, request: 'dhcp4', repeatable: true } as const;

type Option = readonly [number, Uint8Array];

/**
 * DHCPv4 for hosts without an agent (RFC 2131). The client's hardware address must be the frame's source, and the server is
 * authoritative: who asks for an address that it does not hold is told to start anew.
 */
export class Dhcp4Server {
  private readonly allocator: Allocator;
  private readonly resolvers: Uint8Array;
  private readonly mtu: number | undefined;

  /** `resolvers`: DNS servers to name, as numbers; `mtu`: bytes of the longest packet, where hosts are to know. */
  constructor(allocator: Allocator, resolvers: readonly number[] = [], mtu?: number) {
    this.allocator = allocator;
    this.mtu = mtu;
    this.resolvers = new Uint8Array(Buffer.concat(resolvers.map(ipv4Bytes)));
  }

  /** Undefined when nothing is to be sent: the message is none, of another client, or cannot be served now. */
  async answer(payload: Uint8Array, from: Attachment): Promise<Dhcp4Answer | undefined> {
    const request = decodeDhcp4(payload);
    if (request === undefined || request.mac !== from.mac || request.relayAddress !== 0) return undefined;
    try {
      return await this.serve(request, from);
    } catch (error) {
      if (!(error instanceof AllocationError)) throw error;
      const { code } = error;
      // The client's time runs out otherwise, and what it asked for will not come.
      if (request.type === Dhcp4Type.REQUEST && (code === 'not-held' || code === 'exhausted'))
        return this.negative(request);
      return undefined;
    }
  }

  private async serve(request: Dhcp4Request, from: Attachment): Promise<Dhcp4Answer | undefined> {
    const { allocator } = this;
    switch (request.type) {
      case Dhcp4Type.DISCOVER: {
        const address = await allocator.offer(from, ALLOCATION);
        return this.positive(request, Dhcp4Type.OFFER, address, allocator.shortestLifetime);
      }
      case Dhcp4Type.REQUEST:
        return this.request(request, from);
      case Dhcp4Type.RELEASE:
        await allocator.release(from, [ipv4Bytes(request.clientAddress)]);
        return undefined;
      case Dhcp4Type.DECLINE:
        if (request.requestedAddress !== undefined) {
          await allocator.release(from, [ipv4Bytes(request.requestedAddress)]);
        }
        return undefined;
      case Dhcp4Type.INFORM:
        return this.inform(request);
      default:
        return undefined;
    }
  }

  /** The four cases of RFC 2131 section 4.3.2, told apart by which fields are set. */
  private async request(request: Dhcp4Request, from: Attachment): Promise<Dhcp4Answer | undefined> {
    const { allocator } = this;
    const wanted = request.requestedAddress ?? request.clientAddress;
    if (wanted === 0) return undefined;
    const known = allocator.known(from, ALLOCATION.request);
    const fits = known !== undefined && addressKey(known) === addressKey(ipv4Bytes(wanted));
    if (request.serverId !== undefined && !allocator.space.gateways4.includes(request.serverId)) {
      // It chose another server's offer.
      allocator.withdraw(from, ALLOCATION.request);
      return undefined;
    }
    if (!fits) return this.negative(request);
    const held = allocator.heldUnder(from, ALLOCATION.request)[0];
    const [lease] =
      held !== undefined && request.serverId === undefined
        ? await allocator.renew(from, [held.address])
        : await allocator.allocate(from, ALLOCATION);
    return this.acknowledge(request, lease!);
  }

  private acknowledge(request: Dhcp4Request, { address, expiresAt }: StoredLease): Dhcp4Answer | undefined {
    return this.positive(request, Dhcp4Type.ACK, address, expiresAt - this.allocator.now());
  }

  /** An offer or acknowledgement; `lifetime` in milliseconds. */
  private positive(
    request: Dhcp4Request,
    type: number,
    address: Uint8Array,
    lifetime: number,
  ): Dhcp4Answer | undefined {
    const around = this.allocator.space.surroundingsOf(address);
    if (around === undefined) return undefined;
    const seconds = Math.max(1, Math.floor(lifetime / 1000));
    const { gateway, prefixLength } = around;
    const options: Option[] = [
      [Dhcp4Option.SERVER_ID, gateway],
      [Dhcp4Option.LEASE_TIME, uint32Option(seconds)],
      [Dhcp4Option.RENEWAL_TIME, uint32Option(Math.ceil(seconds / 2))],
      [Dhcp4Option.REBINDING_TIME, uint32Option(Math.ceil((seconds * 7) / 8))],
      [Dhcp4Option.SUBNET_MASK, uint32Option(ipv4Mask(prefixLength))],
      [Dhcp4Option.ROUTER, gateway],
      ...this.network(),
    ];
    const yourAddress = ipv4Number(address);
    return {
      payload: encodeDhcp4(request, { type, yourAddress, options }),
      ...destination(request, yourAddress),
    };
  }

  private negative(request: Dhcp4Request): Dhcp4Answer {
    const serverId = request.serverId ?? this.allocator.space.gateways4[0] ?? 0;
    const options: Option[] = [[Dhcp4Option.SERVER_ID, uint32Option(serverId)]];
    const payload = encodeDhcp4(request, { type: Dhcp4Type.NAK, yourAddress: 0, options });
    return { payload, destination: BROADCAST, mac: BROADCAST_MAC };
  }

  private inform(request: Dhcp4Request): Dhcp4Answer | undefined {
    const around = this.allocator.space.surroundingsOf(ipv4Bytes(request.clientAddress));
    if (around === undefined) return undefined;
    const options: Option[] = [
      [Dhcp4Option.SERVER_ID, around.gateway],
      [Dhcp4Option.SUBNET_MASK, uint32Option(ipv4Mask(around.prefixLength))],
      [Dhcp4Option.ROUTER, around.gateway],
      ...this.network(),
    ];
    const payload = encodeDhcp4(request, { type: Dhcp4Type.ACK, yourAddress: 0, options });
    return { payload, destination: request.clientAddress, mac: request.mac };
  }

  private network(): Option[] {
    const { resolvers, mtu } = this;
    return [
      ...(resolvers.length === 0 ? [] : [[Dhcp4Option.DNS, resolvers] as const]),
      ...(mtu === undefined ? [] : [[Dhcp4Option.MTU, Uint8Array.of(mtu >>> 8, mtu & 255)] as const]),
    ];
  }
}

/** RFC 2131 section 4.1. */
function destination(request: Dhcp4Request, yourAddress: number): { destination: number; mac: number } {
  if (request.clientAddress !== 0) return { destination: request.clientAddress, mac: request.mac };
  if (request.broadcast) return { destination: BROADCAST, mac: BROADCAST_MAC };
  return { destination: yourAddress, mac: request.mac };
}
