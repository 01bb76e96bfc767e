import { writeU32 } from '../../../controller/packet/byte-order.js';
import type { PuntedSegment } from '../segments/punted-segment.js';
import type { SipHash } from '../siphash.js';
import type { CookieKeys } from './cookie-keys.js';
import {
  CLIENT_MSS,
  ClockField,
  HashedBytes,
  MAX_WINDOW_SCALE,
  NO_WINDOW_SCALE,
  SequenceField,
  TimestampField,
} from './cookie-layout.js';

/** Largest size of a client that says none (RFC 9293 section 3.7.1). */
const ASSUMED_MSS = { 4: 536, 6: 1220 } as const;
const { h1: H1, h2: H2, mssIndex: MSS, sackPermitted: SACK } = SequenceField;

/**
 * Makes and checks the SYN cookies of `cookie-layout.ts`. Whatever a connection needs later comes back in the client's own
 * segments, so that an answered SYN costs no memory.
 */
export class SynCookies {
  /** TSval for the SYN-ACK of the SYN that `make` was called for last. */
  timestamp = 0;
  private readonly keys: CookieKeys;
  private readonly input = new Uint8Array(HashedBytes.ipv6.firstByte);

  constructor(keys: CookieKeys) {
    this.keys = keys;
  }

  /** Initial sequence number for the SYN-ACK of a SYN. `clock`: milliseconds. */
  make(syn: PuntedSegment, clock: number): number {
    const hash = this.keys.newest;
    const h1 = this.connectionHash(hash, syn);
    const h2 = this.firstByteHash(hash, syn, syn.sequence);
    this.timestamp = timestampOf(h2, clock);
    const { windowScale } = syn;
    const scale = windowScale < 0 ? NO_WINDOW_SCALE : Math.min(windowScale, MAX_WINDOW_SCALE);
    return (
      (((h1 & H1.mask) << H1.shift) |
        ((h2 & H2.mask) << H2.shift) |
        (mssIndexOf(syn) << MSS.shift) |
        ((syn.sackPermitted ? 1 : 0) << SACK.shift) |
        scale) >>>
      0
    );
  }

  /**
   * Whether the segment belongs to a connection that this or an earlier run answered: its acknowledgement carries a
   * cookie made for its source. `initial` is the client's initial sequence number.
   */
  accepts(segment: PuntedSegment, initial: number): boolean {
    const { newest, previous } = this.keys;
    return (
      this.matches(newest, segment, initial) ||
      (previous !== undefined && this.matches(previous, segment, initial))
    );
  }

  /** Whether the acknowledgement carries the half of a cookie that says: a connection answered here. */
  isOurs(segment: PuntedSegment): boolean {
    const { newest, previous } = this.keys;
    const part = (cookieOf(segment) >>> H1.shift) & H1.mask;
    if ((this.connectionHash(newest, segment) & H1.mask) === part) return true;
    return previous !== undefined && (this.connectionHash(previous, segment) & H1.mask) === part;
  }

  private matches(hash: SipHash, segment: PuntedSegment, initial: number): boolean {
    const cookie = cookieOf(segment);
    if ((this.connectionHash(hash, segment) & H1.mask) !== ((cookie >>> H1.shift) & H1.mask)) return false;
    const h2 = this.firstByteHash(hash, segment, initial);
    if ((h2 & H2.mask) !== ((cookie >>> H2.shift) & H2.mask)) return false;
    if (segment.timestampEcho < 0) return true;
    const echoed = (segment.timestampEcho >>> TimestampField.shift) & TimestampField.mask;
    return ((h2 >>> TimestampField.hashShift) & TimestampField.mask) === echoed;
  }

  private connectionHash(hash: SipHash, segment: PuntedSegment): number {
    const length = this.fill(segment, HashedBytes.tag.connection);
    return hash.hash(this.input, length);
  }

  private firstByteHash(hash: SipHash, segment: PuntedSegment, initial: number): number {
    const length = this.fill(segment, HashedBytes.tag.firstByte);
    writeU32(this.input, length, initial);
    return hash.hash(this.input, length + 4);
  }

  /** Writes what both hashes have in common; returns its length. */
  private fill(segment: PuntedSegment, tag: number): number {
    const { input } = this;
    let offset = 0;
    if (segment.family === 6) {
      writeU32(input, 0, segment.source0);
      writeU32(input, 4, segment.source1);
      writeU32(input, 8, segment.source2);
      offset = 12;
    }
    writeU32(input, offset, segment.source3);
    input[offset + 4] = segment.destinationPort >>> 8;
    input[offset + 5] = segment.destinationPort;
    input[offset + 6] = tag;
    input[offset + 7] = segment.family;
    return offset + 8;
  }
}

/** The sequence number of the SYN-ACK that a segment without data behind it acknowledges. */
export function cookieOf(segment: PuntedSegment): number {
  return (segment.acknowledgement - 1) >>> 0;
}

/** Window scale that the client offered, by the cookie that the segment acknowledges; -1 for none. */
export function windowScaleOf(segment: PuntedSegment): number {
  const scale = (cookieOf(segment) >>> SequenceField.windowScale.shift) & SequenceField.windowScale.mask;
  return scale === NO_WINDOW_SCALE ? -1 : scale;
}

function timestampOf(h2: number, clock: number): number {
  const part = (h2 >>> TimestampField.hashShift) & TimestampField.mask;
  return (((clock & ClockField.mask) << ClockField.shift) | (part << TimestampField.shift)) >>> 0;
}

function mssIndexOf(syn: PuntedSegment): number {
  const sizes = syn.family === 4 ? CLIENT_MSS.ipv4 : CLIENT_MSS.ipv6;
  const offered = syn.maximumSegmentSize < 0 ? ASSUMED_MSS[syn.family] : syn.maximumSegmentSize;
  let index = sizes.length - 1;
  while (index > 0 && sizes[index]! > offered) index--;
  return index;
}
