/**
 * Answers for addresses that no machine has: pseudo-addresses and the gateway, on every switch, under one MAC address.
 * Asks for the MAC addresses of tenants that the configuration does not give.
 */
import { parseIpv6 } from '../../../controller/address/index.js';
import {
  buildFrame,
  findLayer,
  type Layer,
  parseFrame,
  solicitedNodeAddress,
} from '../../../controller/packet/index.js';

/** Of all messages of neighbour discovery. */
const HOP_LIMIT = 255;

export interface GatewayAddresses {
  readonly ipv4?: string | undefined;
  readonly ipv6?: string | undefined;
  readonly mac: string;
}

/** A neighbour that told its MAC address to the gateway. */
export interface Heard {
  /** As canonical text. */
  readonly address: string;
  readonly mac: string;
}

export class Neighbours {
  private readonly gateway: GatewayAddresses;

  constructor(gateway: GatewayAddresses) {
    this.gateway = gateway;
  }

  /** What a punted ARP or neighbour discovery frame asks for, and what it tells. Throws PacketError. */
  read(bytes: Uint8Array): { answer?: Uint8Array; heard?: Heard } {
    const layers = parseFrame(bytes);
    const arp = findLayer(layers, 'arp');
    if (arp !== undefined) {
      if (arp.operation === 'reply') return { heard: { address: arp.senderIpv4, mac: arp.senderMac } };
      return arp.operation === 'request' ? { answer: this.arpReply(layers) } : {};
    }
    // Routers let none pass as it was: who sends from elsewhere may say nothing about neighbours (RFC 4861 section 7.1).
    if (findLayer(layers, 'ipv6')?.hopLimit !== HOP_LIMIT) return {};
    const body = findLayer(layers, 'icmpv6')?.body;
    if (body?.type === 'neighbour-advertisement') {
      const option = body.options.find(({ type }) => type === 'target-link-layer-address');
      const mac =
        (option as { address?: string } | undefined)?.address ?? findLayer(layers, 'ethernet')!.source;
      return { heard: { address: body.target, mac } };
    }
    const answer =
      body?.type === 'neighbour-solicitation' ? this.advertisement(layers, body.target) : undefined;
    return answer === undefined ? {} : { answer };
  }

  /** A question for a tenant's MAC address; undefined where the gateway has no address to ask with. */
  question(address: { ipv4: string } | { ipv6: string }): Uint8Array | undefined {
    const { mac, ipv4, ipv6 } = this.gateway;
    if ('ipv4' in address) {
      if (ipv4 === undefined) return undefined;
      return buildFrame([
        { type: 'ethernet', source: mac, destination: 'ff:ff:ff:ff:ff:ff' },
        { type: 'arp', operation: 'request', senderMac: mac, senderIpv4: ipv4, targetIpv4: address.ipv4 },
      ]);
    }
    if (ipv6 === undefined) return undefined;
    const group = solicitedNodeAddress(parseIpv6(address.ipv6)!);
    return buildFrame([
      {
        type: 'ethernet',
        source: mac,
        destination: 0x3333_0000_0000 + new DataView(group.buffer).getUint32(12),
      },
      { type: 'ipv6', source: ipv6, destination: group, hopLimit: HOP_LIMIT },
      {
        type: 'icmpv6',
        body: {
          type: 'neighbour-solicitation',
          target: address.ipv6,
          options: [{ type: 'source-link-layer-address', address: mac }],
        },
      },
    ]);
  }

  private arpReply(layers: readonly Layer[]): Uint8Array {
    const { mac } = this.gateway;
    const { source } = findLayer(layers, 'ethernet')!;
    const { senderMac, senderIpv4, targetIpv4 } = findLayer(layers, 'arp')!;
    return buildFrame([
      { type: 'ethernet', source: mac, destination: source },
      {
        type: 'arp',
        operation: 'reply',
        senderMac: mac,
        senderIpv4: targetIpv4,
        targetMac: senderMac,
        targetIpv4: senderIpv4,
      },
    ]);
  }

  /** Undefined for duplicate address detection: the address is not to be had, but nobody has it either. */
  private advertisement(layers: readonly Layer[], target: string): Uint8Array | undefined {
    const { mac } = this.gateway;
    const { source } = findLayer(layers, 'ethernet')!;
    const asker = findLayer(layers, 'ipv6')!.source;
    if (asker === '::') return undefined;
    return buildFrame([
      { type: 'ethernet', source: mac, destination: source },
      { type: 'ipv6', source: target, destination: asker, hopLimit: HOP_LIMIT },
      {
        type: 'icmpv6',
        body: {
          type: 'neighbour-advertisement',
          target,
          router: true,
          solicited: true,
          override: true,
          options: [{ type: 'target-link-layer-address', address: mac }],
        },
      },
    ]);
  }
}
