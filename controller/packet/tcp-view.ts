/**
 * TCP segments (RFC 9293). The constructor checks the data offset; it may fail with `truncated` and
 * `bad-length`. The getters do not fail, on broken options neither. Setters keep the checksum right.
 */
import { readU16, readU32 } from './byte-order.js';
import { IpProtocol } from './ip-protocol.js';
import { checkSpan, PacketError } from './packet-error.js';
import { PortsView } from './ports-view.js';

export const TCP_HEADER_LENGTH = 20;

/** Bits of `TcpView.flags`. AE is RFC 9768's name for the former nonce sum. */
export const TcpFlag = {
  FIN: 1,
  SYN: 2,
  RST: 4,
  PSH: 8,
  ACK: 16,
  URG: 32,
  ECE: 64,
  CWR: 128,
  AE: 256,
} as const;

export const TcpOptionKind = {
  END: 0,
  NO_OPERATION: 1,
  MAXIMUM_SEGMENT_SIZE: 2,
  WINDOW_SCALE: 3,
  SACK_PERMITTED: 4,
  SACK: 5,
  TIMESTAMPS: 8,
} as const;

export class TcpView extends PortsView {
  /** `end` is the end of the IP packet. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    checkSpan('tcp', bytes, start, end, TCP_HEADER_LENGTH);
    const headerLength = (bytes[start + 12]! >>> 4) * 4;
    if (headerLength < TCP_HEADER_LENGTH) {
      throw new PacketError('bad-length', 'tcp', `header of ${headerLength} bytes`, { offset: start + 12 });
    }
    checkSpan('tcp', bytes, start, end, headerLength);
    super(bytes, start, end, start + headerLength);
  }

  protected get protocol(): number {
    return IpProtocol.TCP;
  }

  protected get checksumPlace(): number {
    return 16;
  }

  get sequence(): number {
    return readU32(this.bytes, this.start + 4);
  }

  set sequence(sequence: number) {
    this.rewrite32(4, sequence);
  }

  get acknowledgement(): number {
    return readU32(this.bytes, this.start + 8);
  }

  set acknowledgement(acknowledgement: number) {
    this.rewrite32(8, acknowledgement);
  }

  /** Bits of `TcpFlag`. */
  get flags(): number {
    return readU16(this.bytes, this.start + 12) & 0x1ff;
  }

  set flags(flags: number) {
    this.rewrite16(12, (readU16(this.bytes, this.start + 12) & 0xfe00) | (flags & 0x1ff));
  }

  /** As it stands in the header: not scaled. */
  get window(): number {
    return readU16(this.bytes, this.start + 14);
  }

  set window(window: number) {
    this.rewrite16(14, window);
  }

  get urgentPointer(): number {
    return readU16(this.bytes, this.start + 18);
  }

  get payloadLength(): number {
    return this.end - this.payloadOffset;
  }

  /** Offset in `bytes` of the kind of that option; -1 where it is missing, or behind an option that is broken. */
  optionOffset(kind: number): number {
    const { bytes, payloadOffset } = this;
    let offset = this.start + TCP_HEADER_LENGTH;
    while (offset < payloadOffset) {
      const here = bytes[offset]!;
      if (here === TcpOptionKind.END) return -1;
      if (here === TcpOptionKind.NO_OPERATION) {
        offset++;
        continue;
      }
      const length = offset + 1 < payloadOffset ? bytes[offset + 1]! : 0;
      if (length < 2 || offset + length > payloadOffset) return -1;
      if (here === kind) return offset;
      offset += length;
    }
    return -1;
  }

  /** Of a SYN; -1 where it has none. */
  get maximumSegmentSize(): number {
    const offset = this.#option(TcpOptionKind.MAXIMUM_SEGMENT_SIZE, 4);
    return offset < 0 ? -1 : readU16(this.bytes, offset + 2);
  }

  /** Shift count of a SYN as it stands there, also above 14; -1 where it has none (RFC 7323 section 2). */
  get windowScale(): number {
    const offset = this.#option(TcpOptionKind.WINDOW_SCALE, 3);
    return offset < 0 ? -1 : this.bytes[offset + 2]!;
  }

  get sackPermitted(): boolean {
    return this.#option(TcpOptionKind.SACK_PERMITTED, 2) >= 0;
  }

  get hasTimestamps(): boolean {
    return this.#option(TcpOptionKind.TIMESTAMPS, 10) >= 0;
  }

  /** TSval (RFC 7323 section 3); -1 where there are no timestamps. Setting does nothing then. */
  get timestampValue(): number {
    const offset = this.#option(TcpOptionKind.TIMESTAMPS, 10);
    return offset < 0 ? -1 : readU32(this.bytes, offset + 2);
  }

  set timestampValue(value: number) {
    const offset = this.#option(TcpOptionKind.TIMESTAMPS, 10);
    if (offset >= 0) this.rewrite32(offset + 2 - this.start, value);
  }

  /** TSecr; -1 where there are no timestamps. Setting does nothing then. */
  get timestampEcho(): number {
    const offset = this.#option(TcpOptionKind.TIMESTAMPS, 10);
    return offset < 0 ? -1 : readU32(this.bytes, offset + 6);
  }

  set timestampEcho(value: number) {
    const offset = this.#option(TcpOptionKind.TIMESTAMPS, 10);
    if (offset >= 0) this.rewrite32(offset + 6 - this.start, value);
  }

  /** Adds `delta`, modulo 2^32, to every edge of the SACK blocks (RFC 2018), as a change of sequence space does. */
  shiftSack(delta: number): void {
    const offset = this.optionOffset(TcpOptionKind.SACK);
    if (offset < 0) return;
    const end = offset + this.bytes[offset + 1]!;
    for (let edge = offset + 2; edge + 4 <= end; edge += 4) {
      this.rewrite32(edge - this.start, (readU32(this.bytes, edge) + delta) >>> 0);
    }
  }

  #option(kind: number, length: number): number {
    const offset = this.optionOffset(kind);
    return offset >= 0 && this.bytes[offset + 1] === length ? offset : -1;
  }
}
