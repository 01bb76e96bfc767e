/**
 * IPv6 packets (RFC 8200) with their extension headers. The constructor checks version, payload length and
 * the chain of at most eight extension headers; it may fail with `truncated`, `bad-version`, `bad-value` and
 * `too-many-headers`. The getters do not fail. The IPv6 header has no checksum.
 */
import { formatIpv6 } from '../address/index.js';
import { readU16, readU32 } from './byte-order.js';
import { type AddressedChecksum, ipv6AddressSum, sumWords } from './checksum.js';
import { ipv6Bytes } from './field-check.js';
import { IpProtocol } from './ip-protocol.js';
import { extensionHeaderLength, routedDestinationOffset } from './ipv6-extension.js';
import { checkSpan, PacketError } from './packet-error.js';

export const IPV6_HEADER_LENGTH = 40;
export const MAX_EXTENSION_HEADERS = 8;

export class Ipv6View {
  readonly bytes: Uint8Array;
  readonly start: number;
  /** End of the packet by its payload length; of what there is, if it is cut. */
  readonly end: number;
  /** Upper-layer protocol: what follows the extension headers, or the fragment header of a fragment. */
  readonly protocol: number;
  readonly payloadOffset: number;
  readonly #fragmentHeader: number;
  readonly #finalDestination: number;

  /** With `partial`, a packet cut after its headers is accepted: quoted in ICMPv6, or cut by the switch. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length, partial = false) {
    checkSpan('ipv6', bytes, start, end, IPV6_HEADER_LENGTH);
    if (bytes[start]! >>> 4 !== 6) {
      throw new PacketError('bad-version', 'ipv6', `version is ${bytes[start]! >>> 4}`, { offset: start });
    }
    const length = IPV6_HEADER_LENGTH + readU16(bytes, start + 4);
    if (!partial) checkSpan('ipv6', bytes, start, end, length);
    const packetEnd = Math.min(end, start + length);
    let protocol = bytes[start + 6]!;
    let offset = start + IPV6_HEADER_LENGTH;
    let fragmentHeader = -1;
    let finalDestination = start + 24;
    for (let count = 0; fragmentHeader < 0; count++) {
      const headerLength = extensionHeaderLength(bytes, offset, packetEnd, protocol);
      if (headerLength === 0) break;
      if (count === MAX_EXTENSION_HEADERS) {
        const message = `more than ${MAX_EXTENSION_HEADERS} extension headers`;
        throw new PacketError('too-many-headers', 'ipv6', message, { offset });
      }
      if (protocol === IpProtocol.HOP_BY_HOP && count > 0) {
        throw new PacketError('bad-value', 'ipv6', 'hop-by-hop options are not first', { offset });
      }
      if (protocol === IpProtocol.ROUTING) {
        finalDestination = routedDestinationOffset(bytes, offset, headerLength) ?? finalDestination;
      }
      if (protocol === IpProtocol.FRAGMENT && (readU16(bytes, offset + 2) & 0xfff9) !== 0) {
        fragmentHeader = offset;
      }
      protocol = bytes[offset]!;
      offset += headerLength;
    }
    this.bytes = bytes;
    this.start = start;
    this.end = packetEnd;
    this.protocol = protocol;
    this.payloadOffset = offset;
    this.#fragmentHeader = fragmentHeader;
    this.#finalDestination = finalDestination;
  }

  get dscp(): number {
    return (readU16(this.bytes, this.start) >>> 6) & 0x3f;
  }

  get ecn(): number {
    return (this.bytes[this.start + 1]! >>> 4) & 3;
  }

  get flowLabel(): number {
    return readU32(this.bytes, this.start) & 0xf_ffff;
  }

  get payloadLength(): number {
    return readU16(this.bytes, this.start + 4);
  }

  /** Whether bytes of the packet are missing; possible only with `partial`. */
  get isCut(): boolean {
    return this.end - this.start < IPV6_HEADER_LENGTH + this.payloadLength;
  }

  /** Of the IPv6 header itself: the first extension header, if there is one. */
  get nextHeader(): number {
    return this.bytes[this.start + 6]!;
  }

  get hopLimit(): number {
    return this.bytes[this.start + 7]!;
  }

  set hopLimit(hopLimit: number) {
    this.bytes[this.start + 7] = hopLimit;
  }

  /** Subarray of 16 bytes. */
  get source(): Uint8Array {
    return this.bytes.subarray(this.start + 8, this.start + 24);
  }

  /** Subarray of 16 bytes. */
  get destination(): Uint8Array {
    return this.bytes.subarray(this.start + 24, this.start + 40);
  }

  get sourceText(): string {
    return formatIpv6(this.bytes, this.start + 8);
  }

  get destinationText(): string {
    return formatIpv6(this.bytes, this.start + 24);
  }

  /** Whether this is a part of a packet. A fragment header with offset 0 and nothing to follow makes none. */
  get isFragment(): boolean {
    return this.#fragmentHeader >= 0;
  }

  /** Bytes. */
  get fragmentOffset(): number {
    return this.isFragment ? readU16(this.bytes, this.#fragmentHeader + 2) & 0xfff8 : 0;
  }

  get moreFragments(): boolean {
    return this.isFragment && (this.bytes[this.#fragmentHeader + 3]! & 1) !== 0;
  }

  /** Rewrites the source address (16 bytes); the checksum of `transport` covers it too. */
  setSource(address: Uint8Array, transport?: AddressedChecksum): void {
    this.#setAddress(this.start + 8, ipv6Bytes(address, 'ipv6.source'), transport);
  }

  /** Rewrites the destination address (16 bytes); the checksum of `transport` covers it too, unless a routing
   * header leads on. */
  setDestination(address: Uint8Array, transport?: AddressedChecksum): void {
    const covered = this.#finalDestination === this.start + 24;
    this.#setAddress(
      this.start + 24,
      ipv6Bytes(address, 'ipv6.destination'),
      covered ? transport : undefined,
    );
  }

  /** Sum of both addresses for a pseudo header; with a routing header, of its last address. */
  get addressSum(): number {
    const source = ipv6AddressSum(this.bytes, this.start + 8);
    return sumWords(this.bytes, this.#finalDestination, this.#finalDestination + 16, source);
  }

  #setAddress(offset: number, address: Uint8Array, transport: AddressedChecksum | undefined): void {
    const before = ipv6AddressSum(this.bytes, offset);
    this.bytes.set(address, offset);
    transport?.adjustChecksum(before, ipv6AddressSum(this.bytes, offset));
  }
}
