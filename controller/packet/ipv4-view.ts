/**
 * IPv4 packets (RFC 791). The constructor checks version, header length and total length; it may fail with
 * `truncated`, `bad-version` and `bad-length`. The getters do not fail. Setters keep the header checksum right.
 */
import { readU16, readU32, writeU16, writeU32 } from './byte-order.js';
import {
  type AddressedChecksum,
  checksumFor,
  internetChecksum,
  sumOf32,
  sumWords,
  updateChecksum,
} from './checksum.js';
import { checkSpan, PacketError } from './packet-error.js';

export const IPV4_HEADER_LENGTH = 20;
export const Ipv4OptionKind = {
  END: 0,
  NO_OPERATION: 1,
  LOOSE_SOURCE_ROUTE: 131,
  STRICT_SOURCE_ROUTE: 137,
  ROUTER_ALERT: 148,
} as const;

export class Ipv4View {
  readonly bytes: Uint8Array;
  readonly start: number;
  /** End of the packet by its total length, so without Ethernet padding; of what there is, if it is cut. */
  readonly end: number;
  readonly payloadOffset: number;

  /** With `partial`, a packet cut after its header is accepted: quoted in ICMP, or cut by the switch. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length, partial = false) {
    checkSpan('ipv4', bytes, start, end, IPV4_HEADER_LENGTH);
    if (bytes[start]! >>> 4 !== 4) {
      throw new PacketError('bad-version', 'ipv4', `version is ${bytes[start]! >>> 4}`, { offset: start });
    }
    const headerLength = (bytes[start]! & 15) * 4;
    if (headerLength < IPV4_HEADER_LENGTH) {
      throw new PacketError('bad-length', 'ipv4', `header of ${headerLength} bytes`, { offset: start });
    }
    checkSpan('ipv4', bytes, start, end, headerLength);
    const totalLength = readU16(bytes, start + 2);
    if (totalLength < headerLength) {
      const message = `total length ${totalLength} is less than the header`;
      throw new PacketError('bad-length', 'ipv4', message, { offset: start + 2 });
    }
    if (!partial) checkSpan('ipv4', bytes, start, end, totalLength);
    this.bytes = bytes;
    this.start = start;
    this.end = Math.min(end, start + totalLength);
    this.payloadOffset = start + headerLength;
  }

  get dscp(): number {
    return this.bytes[this.start + 1]! >>> 2;
  }

  get ecn(): number {
    return this.bytes[this.start + 1]! & 3;
  }

  get totalLength(): number {
    return readU16(this.bytes, this.start + 2);
  }

  /** Whether bytes of the packet are missing; possible only with `partial`. */
  get isCut(): boolean {
    return this.end - this.start < this.totalLength;
  }

  get identification(): number {
    return readU16(this.bytes, this.start + 4);
  }

  get dontFragment(): boolean {
    return (this.bytes[this.start + 6]! & 0x40) !== 0;
  }

  get moreFragments(): boolean {
    return (this.bytes[this.start + 6]! & 0x20) !== 0;
  }

  /** Bytes. */
  get fragmentOffset(): number {
    return (readU16(this.bytes, this.start + 6) & 0x1fff) * 8;
  }

  /** Whether this is a part of a packet; its payload then starts with a transport header only at offset 0. */
  get isFragment(): boolean {
    return (readU16(this.bytes, this.start + 6) & 0x3fff) !== 0;
  }

  get ttl(): number {
    return this.bytes[this.start + 8]!;
  }

  set ttl(ttl: number) {
    const before = readU16(this.bytes, this.start + 8);
    this.bytes[this.start + 8] = ttl;
    this.#adjustHeader(before, readU16(this.bytes, this.start + 8));
  }

  get protocol(): number {
    return this.bytes[this.start + 9]!;
  }

  get checksum(): number {
    return readU16(this.bytes, this.start + 10);
  }

  set checksum(checksum: number) {
    writeU16(this.bytes, this.start + 10, checksum);
  }

  /** 32-bit number. */
  get source(): number {
    return readU32(this.bytes, this.start + 12);
  }

  /** 32-bit number. */
  get destination(): number {
    return readU32(this.bytes, this.start + 16);
  }

  /** Rewrites the source address; the checksum of `transport` covers it too. */
  setSource(address: number, transport?: AddressedChecksum): void {
    const before = sumOf32(this.source);
    const after = sumOf32(address);
    writeU32(this.bytes, this.start + 12, address);
    this.#adjustHeader(before, after);
    transport?.adjustChecksum(before, after);
  }

  /** Rewrites the destination address; the checksum of `transport` covers it too, unless a source route leads on. */
  setDestination(address: number, transport?: AddressedChecksum): void {
    const before = sumOf32(this.destination);
    const after = sumOf32(address);
    const covered = this.#finalDestinationOffset() === this.start + 16;
    writeU32(this.bytes, this.start + 16, address);
    this.#adjustHeader(before, after);
    if (covered) transport?.adjustChecksum(before, after);
  }

  /** Sum of both addresses for a pseudo header; with a source route, of its last address. */
  get addressSum(): number {
    const destination = this.#finalDestinationOffset();
    return sumWords(
      this.bytes,
      destination,
      destination + 4,
      sumWords(this.bytes, this.start + 12, this.start + 16),
    );
  }

  hasRightChecksum(): boolean {
    return internetChecksum(this.bytes, this.start, this.payloadOffset) === 0;
  }

  /** What the checksum should be. */
  computeChecksum(): number {
    return checksumFor(this.bytes, this.start, this.payloadOffset, this.start + 10);
  }

  #adjustHeader(before: number, after: number): void {
    this.checksum = updateChecksum(this.checksum, before, after);
  }

  /** RFC 791 section 3.1: a source route that is not used up ends in the destination. */
  #finalDestinationOffset(): number {
    const { bytes, payloadOffset } = this;
    let offset = this.start + IPV4_HEADER_LENGTH;
    while (offset + 1 < payloadOffset && bytes[offset] !== Ipv4OptionKind.END) {
      const kind = bytes[offset]!;
      const length = kind === Ipv4OptionKind.NO_OPERATION ? 1 : bytes[offset + 1]!;
      if (length === 0 || offset + length > payloadOffset) break;
      const route = kind === Ipv4OptionKind.LOOSE_SOURCE_ROUTE || kind === Ipv4OptionKind.STRICT_SOURCE_ROUTE;
      if (route && length >= 7 && bytes[offset + 2]! <= length) return offset + length - 4;
      offset += length;
    }
    return this.start + 16;
  }
}
