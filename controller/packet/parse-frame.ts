/**
 * Frames and packets to plain layers. Building the layers again gives the same bytes. Fails with PacketError only;
 * the work is linear in the length of the frame, and there are at most 32 layers.
 */
import { parseArp } from './arp.js';
import { ArpView } from './arp-view.js';
import { EtherType, MAX_LENGTH_FIELD } from './ether-type.js';
import { parseEthernet } from './ethernet.js';
import { EthernetView } from './ethernet-view.js';
import { parseIcmpv4Header } from './icmpv4.js';
import { Icmpv4View } from './icmpv4-view.js';
import { parseIcmpv6Header } from './icmpv6.js';
import { Icmpv6View } from './icmpv6-view.js';
import { IpProtocol } from './ip-protocol.js';
import { parseIpv4Header } from './ipv4.js';
import { Ipv4View } from './ipv4-view.js';
import { parseIpv6Header } from './ipv6.js';
import { extensionHeaderLength } from './ipv6-extension.js';
import { parseExtension } from './ipv6-extension-layer.js';
import { IPV6_HEADER_LENGTH, Ipv6View } from './ipv6-view.js';
import type { Layer } from './layer.js';
import { parseLldp } from './lldp.js';
import { LldpView } from './lldp-view.js';
import { isNeighbourDiscovery } from './neighbour-discovery.js';
import { checkSpan, PacketError } from './packet-error.js';
import { parseTcpHeader } from './tcp.js';
import { TcpView } from './tcp-view.js';
import { parseUdpHeader } from './udp.js';
import { UdpView } from './udp-view.js';

const MAX_LAYERS = 32;

export interface ParseOptions {
  /** Refuse wrong checksums with `bad-checksum`. Without it they are kept in their layers. */
  verifyChecksums?: boolean;
}

/** Plain layers of an Ethernet frame without frame check sequence. Byte fields are subarrays of `bytes`. */
export function parseFrame(bytes: Uint8Array, options: ParseOptions = {}): Layer[] {
  const parser = new FrameParser(bytes, options.verifyChecksums === true);
  parser.ethernet();
  return parser.layers;
}

/** Plain layers of an IPv4 or IPv6 packet, as a tunnel carries it. */
export function parsePacket(bytes: Uint8Array, options: ParseOptions = {}): Layer[] {
  const parser = new FrameParser(bytes, options.verifyChecksums === true);
  checkSpan('ipv4', bytes, 0, bytes.length, 1);
  parser.trailer(bytes[0]! >>> 4 === 6 ? parser.ipv6(0, bytes.length) : parser.ipv4(0, bytes.length));
  return parser.layers;
}

/** Each method appends the layers found at an offset; those for packets return the offset after them. */
class FrameParser {
  readonly layers: Layer[] = [];
  readonly #bytes: Uint8Array;
  readonly #verify: boolean;

  constructor(bytes: Uint8Array, verify: boolean) {
    this.#bytes = bytes;
    this.#verify = verify;
  }

  ethernet(): void {
    const view = new EthernetView(this.#bytes);
    this.layers.push(...parseEthernet(view));
    const { payloadOffset, end } = view;
    const lengthField = view.etherType <= MAX_LENGTH_FIELD ? view.etherType : 0;
    checkSpan('ethernet', this.#bytes, payloadOffset, end, lengthField);
    switch (view.etherType) {
      case EtherType.ARP:
        this.layers.push(parseArp(new ArpView(this.#bytes, payloadOffset, end)));
        this.trailer(payloadOffset + 28);
        break;
      case EtherType.IPV4:
        this.trailer(this.ipv4(payloadOffset, end));
        break;
      case EtherType.IPV6:
        this.trailer(this.ipv6(payloadOffset, end));
        break;
      case EtherType.LLDP: {
        const lldp = new LldpView(this.#bytes, payloadOffset, end);
        this.layers.push(parseLldp(lldp));
        this.trailer(lldp.end);
        break;
      }
      default:
        this.#payload(payloadOffset, view.payloadEnd);
        this.trailer(view.payloadEnd);
    }
  }

  ipv4(start: number, end: number): number {
    const view = new Ipv4View(this.#bytes, start, end);
    if (this.#verify && !view.hasRightChecksum()) this.#wrongChecksum('ipv4', start);
    this.#push(parseIpv4Header(view), start);
    if (view.isFragment) this.#payload(view.payloadOffset, view.end);
    else this.#ipPayload(view.protocol, view.payloadOffset, view.end, 4, view.addressSum);
    return view.end;
  }

  ipv6(start: number, end: number): number {
    const view = new Ipv6View(this.#bytes, start, end);
    this.#push(parseIpv6Header(view), start);
    let protocol = view.nextHeader;
    let offset = start + IPV6_HEADER_LENGTH;
    while (offset < view.payloadOffset) {
      const length = extensionHeaderLength(this.#bytes, offset, view.end, protocol);
      this.#push(parseExtension(protocol, this.#bytes, offset, length), offset);
      protocol = this.#bytes[offset]!;
      offset += length;
    }
    if (view.isFragment) this.#payload(offset, view.end);
    else this.#ipPayload(protocol, offset, view.end, 6, view.addressSum);
    return view.end;
  }

  trailer(offset: number): void {
    if (offset < this.#bytes.length) {
      this.layers.push({ type: 'trailer', data: this.#bytes.subarray(offset) });
    }
  }

  /** `version` is that of the IP header around. ICMP of the other version is a payload like any other. */
  #ipPayload(protocol: number, offset: number, end: number, version: 4 | 6, addressSum: number): void {
    if (protocol === IpProtocol.TCP) this.#tcp(offset, end, addressSum);
    else if (protocol === IpProtocol.UDP) this.#udp(offset, end, version, addressSum);
    else if (protocol === IpProtocol.ICMPV4 && version === 4) this.#icmpv4(offset, end);
    else if (protocol === IpProtocol.ICMPV6 && version === 6) this.#icmpv6(offset, end, addressSum);
    else if (protocol === IpProtocol.IPV4) this.#tunnelled(4, offset, end);
    else if (protocol === IpProtocol.IPV6) this.#tunnelled(6, offset, end);
    else if (protocol === IpProtocol.AUTHENTICATION) {
      const length = extensionHeaderLength(this.#bytes, offset, end, protocol);
      this.#push(parseExtension(protocol, this.#bytes, offset, length), offset);
      this.#ipPayload(this.#bytes[offset]!, offset + length, end, version, addressSum);
    } else this.#payload(offset, end);
  }

  #tcp(offset: number, end: number, addressSum: number): void {
    const view = new TcpView(this.#bytes, offset, end);
    if (this.#verify && !view.hasRightChecksum(addressSum)) this.#wrongChecksum('tcp', offset);
    this.#push(parseTcpHeader(view, addressSum), offset);
    this.#payload(view.payloadOffset, end);
  }

  #udp(offset: number, end: number, version: 4 | 6, addressSum: number): void {
    const view = new UdpView(this.#bytes, offset, end);
    const missing = version === 6 && view.checksum === 0;
    if (this.#verify && (missing || !view.hasRightChecksum(addressSum))) this.#wrongChecksum('udp', offset);
    this.#push(parseUdpHeader(view, end, addressSum), offset);
    this.#payload(view.payloadOffset, view.end);
  }

  #icmpv4(offset: number, end: number): void {
    const view = new Icmpv4View(this.#bytes, offset, end);
    if (this.#verify && !view.hasRightChecksum()) this.#wrongChecksum('icmpv4', offset);
    this.#push(parseIcmpv4Header(view), offset);
    this.#payload(view.payloadOffset, end);
  }

  #icmpv6(offset: number, end: number, addressSum: number): void {
    const view = new Icmpv6View(this.#bytes, offset, end);
    if (this.#verify && !view.hasRightChecksum(addressSum)) this.#wrongChecksum('icmpv6', offset);
    const layer = parseIcmpv6Header(view, addressSum);
    this.#push(layer, offset);
    if (!isNeighbourDiscovery(layer.body)) this.#payload(view.payloadOffset, end);
  }

  /** A packet that does not fill its tunnel is left as it is: only the outermost can have a trailer. */
  #tunnelled(version: 4 | 6, offset: number, end: number): void {
    const inner =
      version === 4 ? new Ipv4View(this.#bytes, offset, end) : new Ipv6View(this.#bytes, offset, end);
    if (inner.end !== end) this.#payload(offset, end);
    else if (version === 4) this.ipv4(offset, end);
    else this.ipv6(offset, end);
  }

  #payload(offset: number, end: number): void {
    if (offset < end) this.#push({ type: 'payload', data: this.#bytes.subarray(offset, end) }, offset);
  }

  #push(layer: Layer, offset: number): void {
    if (this.layers.length === MAX_LAYERS) {
      throw new PacketError('too-many-headers', layer.type, `more than ${MAX_LAYERS} layers`, { offset });
    }
    this.layers.push(layer);
  }

  #wrongChecksum(protocol: string, offset: number): never {
    throw new PacketError('bad-checksum', protocol, 'the checksum is wrong', { offset });
  }
}
