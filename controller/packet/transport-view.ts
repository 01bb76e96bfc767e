/** Checksums over a pseudo header and a whole segment, datagram or ICMPv6 message. Nothing here throws. */
import { readU16, readU32, writeU16, writeU32 } from './byte-order.js';
import {
  type AddressedChecksum,
  checksumFor,
  internetChecksum,
  pseudoHeaderSum,
  sumOf32,
  swapped,
  updateChecksum,
} from './checksum.js';

/** What TCP, UDP and ICMPv6 views share. A view holds no copy: it is valid as long as its bytes are. */
export abstract class TransportView implements AddressedChecksum {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly payloadOffset: number;
  protected abstract readonly protocol: number;
  /** Distance of the checksum from the start. */
  protected abstract readonly checksumPlace: number;

  protected constructor(bytes: Uint8Array, start: number, end: number, payloadOffset: number) {
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.payloadOffset = payloadOffset;
  }

  get checksum(): number {
    return readU16(this.bytes, this.start + this.checksumPlace);
  }

  set checksum(checksum: number) {
    writeU16(this.bytes, this.start + this.checksumPlace, checksum);
  }

  adjustChecksum(before: number, after: number): void {
    this.checksum = updateChecksum(this.checksum, before, after);
  }

  /** `addressSum` is that of the Ipv4View or Ipv6View around. The packet must be neither cut nor a fragment. */
  hasRightChecksum(addressSum: number): boolean {
    return internetChecksum(this.bytes, this.start, this.end, this.#pseudoHeader(addressSum)) === 0;
  }

  /** What the checksum should be. */
  computeChecksum(addressSum: number): number {
    const { bytes, start, end } = this;
    return checksumFor(bytes, start, end, start + this.checksumPlace, this.#pseudoHeader(addressSum));
  }

  /** Overwrites the 16 bits at the even distance `place` from the start, and updates the checksum. */
  protected rewrite16(place: number, value: number): void {
    const offset = this.start + place;
    const before = readU16(this.bytes, offset);
    writeU16(this.bytes, offset, value);
    this.adjustChecksum(before, readU16(this.bytes, offset));
  }

  /** Overwrites the 32 bits at any distance `place` from the start, and updates the checksum. */
  protected rewrite32(place: number, value: number): void {
    const offset = this.start + place;
    const before = sumOf32(readU32(this.bytes, offset));
    const after = sumOf32(value);
    writeU32(this.bytes, offset, value);
    if (place % 2 === 0) this.adjustChecksum(before, after);
    else this.adjustChecksum(swapped(before), swapped(after));
  }

  #pseudoHeader(addressSum: number): number {
    return pseudoHeaderSum(addressSum, this.protocol, this.end - this.start);
  }
}
