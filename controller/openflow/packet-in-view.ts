import { decode } from './codec.js';
import { publicError, Refusal } from './errors.js';
import { decodeMatch } from './generated/decoders.js';
import { MessageType, Port } from './generated/enumerations.js';
import type { DecodedMatch, DecodedPacketIn } from './generated/types.js';
import { copyBytes, Reader } from './reader.js';
import { CHECKED_RANGE } from './write-values.js';

/** Header of the OXM field in_port without a mask. */
const IN_PORT = 0x80000004;
/** ofp_packet_in up to its match (OpenFlow 1.3.5 section 7.4.1), and with the smallest match and the padding. */
const MATCH = 24;
const LEAST_LENGTH = MATCH + 8 + 2;

/**
 * A PACKET_IN where it lies in the receive buffer; nothing is copied, and what is not asked for is not read.
 * Valid only until the callback that received it returns: `detach()` gives one that lasts.
 */
export class PacketInView {
  readonly buf: Uint8Array;
  readonly view: DataView;
  /** Where the message starts in `buf`. */
  readonly offset: number;
  /** Bytes of the message. */
  readonly length: number;
  /** Where the frame starts in `buf`. */
  readonly dataOffset: number;

  /** `view` must be over the same bytes as `buf`. Only for messages that `check` accepts. */
  constructor(buf: Uint8Array, view: DataView, offset: number, length: number) {
    this.buf = buf;
    this.view = view;
    this.offset = offset;
    this.length = length;
    this.dataOffset = offset + MATCH + ((view.getUint16(offset + MATCH + 2) + 7) & ~7) + 2;
  }

  /**
   * The view of the PACKET_IN of `length` bytes at `offset`, all of which are in `buf`. Throws OpenflowError when
   * it is none, or when its match does not fit. The fields in the match are checked when they are read.
   */
  static from(buf: Uint8Array, view: DataView, offset: number, length: number): PacketInView {
    if (
      length < LEAST_LENGTH ||
      buf.length - offset < length ||
      view.getUint16(offset) !== 0x0400 + MessageType['packet-in']
    ) {
      refuse('bad-length', 'is not a PACKET_IN, or too short for one', offset, offset + 2);
    }
    const match = view.getUint32(offset + MATCH);
    const matchLength = match & 0xffff;
    if (match >>> 16 !== 1)
      refuse('bad-type', 'has a match that is not of the type OXM', offset, offset + MATCH);
    if (matchLength < 4 || MATCH + ((matchLength + 7) & ~7) + 2 > length) {
      refuse('bad-length', 'has a match of a wrong length', offset, offset + MATCH + 2);
    }
    return new PacketInView(buf, view, offset, length);
  }

  /** `from` has checked where the frame lies. */
  get [CHECKED_RANGE](): true {
    return true;
  }

  get xid(): number {
    return this.view.getUint32(this.offset + 4);
  }

  /** 0xffffffff when the whole frame is in `data`. */
  get bufferId(): number {
    return this.view.getUint32(this.offset + 8);
  }

  /** Bytes of the frame at the switch, of which `data` may hold only the first. */
  get totalLength(): number {
    return this.view.getUint16(this.offset + 12);
  }

  /** A number of PacketInReason. */
  get reason(): number {
    return this.view.getUint8(this.offset + 14);
  }

  get tableId(): number {
    return this.view.getUint8(this.offset + 15);
  }

  /** Bits 63 to 32 of the cookie. */
  get cookieHigh(): number {
    return this.view.getUint32(this.offset + 16);
  }

  /** Bits 31 to 0 of the cookie. */
  get cookieLow(): number {
    return this.view.getUint32(this.offset + 20);
  }

  get cookie(): bigint {
    return this.view.getBigUint64(this.offset + 16);
  }

  /** The port the frame came in by; Port.ANY when the switch does not say. */
  get inPort(): number {
    const { view, offset } = this;
    if (view.getUint32(offset + MATCH + 4) === IN_PORT && view.getUint16(offset + MATCH + 2) >= 12) {
      return view.getUint32(offset + MATCH + 8);
    }
    return this.findInPort();
  }

  private findInPort(): number {
    const { view } = this;
    const start = this.offset + MATCH;
    const end = start + view.getUint16(start + 2);
    for (let pos = start + 4; pos + 4 <= end; ) {
      const header = view.getUint32(pos);
      const next = pos + 4 + (header & 0xff);
      if (header === IN_PORT && next <= end) return view.getUint32(pos + 4);
      pos = next;
    }
    return Port.ANY;
  }

  get dataLength(): number {
    return this.offset + this.length - this.dataOffset;
  }

  /** The frame, in place. */
  get data(): Uint8Array {
    return this.buf.subarray(this.dataOffset, this.offset + this.length);
  }

  /** All pipeline fields. Throws OpenflowError when they are malformed. */
  get match(): DecodedMatch {
    const { offset, length } = this;
    try {
      return decodeMatch(new Reader(this.buf, offset + MATCH, this.view), offset + length - 2);
    } catch (error) {
      throw publicError(error, 'packet-in', offset);
    }
  }

  /** A view of a copy of the message, which stays valid. */
  detach(): PacketInView {
    const copy = copyBytes(this.buf, this.offset, this.offset + this.length);
    return new PacketInView(copy, new DataView(copy.buffer), 0, this.length);
  }

  /** The whole message as decode gives it. Throws OpenflowError when its match is malformed. */
  toObject(): DecodedPacketIn {
    return decode(this.buf, this.offset) as DecodedPacketIn;
  }
}

function refuse(code: 'bad-length' | 'bad-type', reason: string, start: number, position: number): never {
  throw publicError(new Refusal(code, '', reason, position), 'packet-in', start);
}
