/**
 * ICMP for IPv4 (RFC 792). The constructor may fail with `truncated`; nothing else does. Setters keep the
 * checksum right.
 */
import { readU16, writeU16 } from './byte-order.js';
import { checksumFor, internetChecksum, updateChecksum } from './checksum.js';
import { checkSpan } from './packet-error.js';

export const ICMPV4_HEADER_LENGTH = 8;

export const Icmpv4Type = {
  ECHO_REPLY: 0,
  DESTINATION_UNREACHABLE: 3,
  REDIRECT: 5,
  ECHO_REQUEST: 8,
  TIME_EXCEEDED: 11,
  PARAMETER_PROBLEM: 12,
} as const;

export class Icmpv4View {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** Echo data, or the packet that an error quotes. */
  readonly payloadOffset: number;

  /** `end` is the end of the IP packet. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    checkSpan('icmpv4', bytes, start, end, ICMPV4_HEADER_LENGTH);
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.payloadOffset = start + ICMPV4_HEADER_LENGTH;
  }

  get type(): number {
    return this.bytes[this.start]!;
  }

  get code(): number {
    return this.bytes[this.start + 1]!;
  }

  get checksum(): number {
    return readU16(this.bytes, this.start + 2);
  }

  set checksum(checksum: number) {
    writeU16(this.bytes, this.start + 2, checksum);
  }

  /** Of an echo. */
  get identifier(): number {
    return readU16(this.bytes, this.start + 4);
  }

  set identifier(identifier: number) {
    const before = this.identifier;
    writeU16(this.bytes, this.start + 4, identifier);
    this.checksum = updateChecksum(this.checksum, before, this.identifier);
  }

  /** Of an echo. */
  get sequence(): number {
    return readU16(this.bytes, this.start + 6);
  }

  /** Of a destination unreachable with code 4, fragmentation needed (RFC 1191); 0 from old routers. */
  get nextHopMtu(): number {
    return readU16(this.bytes, this.start + 6);
  }

  hasRightChecksum(): boolean {
    return internetChecksum(this.bytes, this.start, this.end) === 0;
  }

  /** What the checksum should be. */
  computeChecksum(): number {
    return checksumFor(this.bytes, this.start, this.end, this.start + 2);
  }
}
