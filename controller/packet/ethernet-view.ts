/**
 * Ethernet II and 802.3 frames without preamble and frame check sequence, with up to four VLAN tags
 * (IEEE 802.1Q, 802.1ad). A view holds no copy: it is valid as long as its bytes are.
 * The constructor may fail with `truncated` and `too-many-headers`; nothing else does.
 */
import { readU16, readU48, writeU48 } from './byte-order.js';
import { isVlanTag, MAX_LENGTH_FIELD } from './ether-type.js';
import { checkSpan, PacketError } from './packet-error.js';

export const ETHERNET_HEADER_LENGTH = 14;
export const MAX_VLAN_TAGS = 4;

export class EthernetView {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
  /** After the VLAN tags. Up to 1500 it is the length of an 802.3 frame, which an LLC header opens. */
  readonly etherType: number;
  /** Offset in `bytes` of what the EtherType describes. */
  readonly payloadOffset: number;
  readonly tagCount: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    checkSpan('ethernet', bytes, start, end, ETHERNET_HEADER_LENGTH);
    let offset = start + ETHERNET_HEADER_LENGTH;
    let etherType = readU16(bytes, offset - 2);
    let tags = 0;
    while (isVlanTag(etherType)) {
      if (tags === MAX_VLAN_TAGS) {
        throw new PacketError('too-many-headers', 'vlan', `more than ${MAX_VLAN_TAGS} tags`, { offset });
      }
      checkSpan('vlan', bytes, offset, end, 4);
      etherType = readU16(bytes, offset + 2);
      offset += 4;
      tags++;
    }
    this.bytes = bytes;
    this.start = start;
    this.end = end;
    this.etherType = etherType;
    this.payloadOffset = offset;
    this.tagCount = tags;
  }

  /** 48-bit number. */
  get destination(): number {
    return readU48(this.bytes, this.start);
  }

  set destination(mac: number) {
    writeU48(this.bytes, this.start, mac);
  }

  /** 48-bit number. */
  get source(): number {
    return readU48(this.bytes, this.start + 6);
  }

  set source(mac: number) {
    writeU48(this.bytes, this.start + 6, mac);
  }

  /** VLAN identifier of the outermost tag; -1 without tags. */
  get vlanId(): number {
    return this.tagCount === 0 ? -1 : this.tagControl(0) & 0xfff;
  }

  /** Tag protocol identifier of tag `index` (0 is the outermost), which is less than `tagCount`. */
  tagProtocol(index: number): number {
    return readU16(this.bytes, this.#tagOffset(index));
  }

  /** Tag control information: priority (3 bits), drop eligible (1), VLAN identifier (12). */
  tagControl(index: number): number {
    return readU16(this.bytes, this.#tagOffset(index) + 2);
  }

  /** End of the payload: before the padding of an 802.3 frame, else the end of the frame. Never past `end`. */
  get payloadEnd(): number {
    if (this.etherType > MAX_LENGTH_FIELD) return this.end;
    return Math.min(this.end, this.payloadOffset + this.etherType);
  }

  #tagOffset(index: number): number {
    if (!(index >= 0 && index < this.tagCount)) throw new RangeError(`no VLAN tag ${index}`);
    return this.start + 12 + 4 * index;
  }
}
