import {
  buildFrame,
  EthernetView,
  EtherType,
  Icmpv4Type,
  IpProtocol,
  Ipv4View,
  Ipv6View,
  type LayerInit,
} from '../../../controller/packet/index.js';
import { ipv4Bytes, ipv4Number } from '../address-prefix.js';

/** What became of a packet: it has no hop left, or is longer than the way allows (`mtu` bytes). */
export type Trouble = { readonly type: 'hops' } | { readonly type: 'length'; readonly mtu: number };

/** The router that tells of it. */
export interface Teller {
  readonly mac: number;
  /** 4 and 16 bytes; undefined: it says nothing about packets of the family. */
  readonly ipv4: Uint8Array | undefined;
  readonly ipv6: Uint8Array | undefined;
}

/** Bytes of a packet that an error quotes: RFC 1812 section 4.3.2.3, and RFC 4443 section 2.4 (c). */
const QUOTED4 = 576 - 20 - 8;
const QUOTED6 = 1280 - 40 - 8;
const GROUP_BIT = 2 ** 40;
const FRAGMENTATION_NEEDED = 4;
const FIRST_INFORMATIONAL = 128;
const NEIGHBOUR_REDIRECT = 137;

/**
 * The frame that tells whoever sent `frame` what became of it. Undefined where no router may speak: about errors of ICMP, later
 * fragments, packets to groups or from nobody (RFC 1812 section 4.3.2.7, RFC 4443 section 2.4 (e)). Throws PacketError.
 */
export function icmpError(frame: Uint8Array, trouble: Trouble, teller: Teller): Uint8Array | undefined {
  const ethernet = new EthernetView(frame);
  if (ethernet.tagCount > 0 || isGroup(ethernet.destination) || isGroup(ethernet.source)) return undefined;
  const layers = ethernet.etherType === EtherType.IPV4 ? about4(ethernet, trouble, teller.ipv4) : undefined;
  const all = ethernet.etherType === EtherType.IPV6 ? about6(ethernet, trouble, teller.ipv6) : layers;
  if (all === undefined) return undefined;
  return buildFrame([{ type: 'ethernet', source: teller.mac, destination: ethernet.source }, ...all]);
}

function about4(
  ethernet: EthernetView,
  trouble: Trouble,
  own: Uint8Array | undefined,
): LayerInit[] | undefined {
  const { bytes, payloadOffset, payloadEnd } = ethernet;
  const ip = new Ipv4View(bytes, payloadOffset, payloadEnd);
  if (own === undefined || ip.isFragment) return undefined;
  if (!isHost(ipv4Bytes(ip.source)) || !isHost(ipv4Bytes(ip.destination))) return undefined;
  if (ip.protocol === IpProtocol.ICMPV4) {
    const type = bytes[ip.payloadOffset];
    if (type !== Icmpv4Type.ECHO_REQUEST && type !== Icmpv4Type.ECHO_REPLY) return undefined;
  }
  const data = bytes.slice(payloadOffset, Math.min(ip.end, payloadOffset + QUOTED4));
  return [
    { type: 'ipv4', source: ipv4Number(own), destination: ip.source },
    trouble.type === 'hops'
      ? { type: 'icmpv4', body: { type: 'time-exceeded' } }
      : {
          type: 'icmpv4',
          code: FRAGMENTATION_NEEDED,
          body: { type: 'destination-unreachable', nextHopMtu: trouble.mtu },
        },
    { type: 'payload', data },
  ];
}

function about6(
  ethernet: EthernetView,
  trouble: Trouble,
  own: Uint8Array | undefined,
): LayerInit[] | undefined {
  const { bytes, payloadOffset, payloadEnd } = ethernet;
  const ip = new Ipv6View(bytes, payloadOffset, payloadEnd);
  if (own === undefined || ip.isFragment || !isHost(ip.source) || !isHost(ip.destination)) return undefined;
  if (ip.protocol === IpProtocol.ICMPV6) {
    const type = bytes[ip.payloadOffset] ?? 0;
    if (type < FIRST_INFORMATIONAL || type === NEIGHBOUR_REDIRECT) return undefined;
  }
  const data = bytes.slice(payloadOffset, Math.min(ip.end, payloadOffset + QUOTED6));
  return [
    { type: 'ipv6', source: own, destination: ip.source.slice() },
    {
      type: 'icmpv6',
      body:
        trouble.type === 'hops' ? { type: 'time-exceeded' } : { type: 'packet-too-big', mtu: trouble.mtu },
    },
    { type: 'payload', data },
  ];
}

/** Neither nobody, nor this very host, nor many. */
function isHost(address: Uint8Array): boolean {
  if (address.length === 4) return address[0] !== 0 && address[0] !== 127 && address[0]! < 224;
  return address[0] !== 0xff && address.subarray(0, 15).some(byte => byte !== 0);
}

function isGroup(mac: number): boolean {
  return Math.floor(mac / GROUP_BIT) % 2 === 1;
}
