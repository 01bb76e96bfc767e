/**
 * LLDP data units (IEEE Std 802.1AB-2016 clause 8): a list of type-length-value fields, of which chassis id,
 * port id and time to live come first, once each.
 * The constructor checks the whole list; it may fail with `truncated`, `bad-length`, `bad-value` and
 * `too-many-headers`. The getters do not fail, and copy nothing.
 */
import { readU16, readU24 } from './byte-order.js';
import { checkSpan, PacketError } from './packet-error.js';

/** IEEE Std 802.1AB-2016 table 8-1. */
export const LldpTlvType = {
  END: 0,
  CHASSIS_ID: 1,
  PORT_ID: 2,
  TIME_TO_LIVE: 3,
  PORT_DESCRIPTION: 4,
  SYSTEM_NAME: 5,
  SYSTEM_DESCRIPTION: 6,
  SYSTEM_CAPABILITIES: 7,
  MANAGEMENT_ADDRESS: 8,
  ORGANISATION_SPECIFIC: 127,
} as const;

/** Destinations of LLDP frames (table 7-1): a bridge does not forward them. */
export const LLDP_NEAREST_BRIDGE_MAC = 0x0180_c200_000e;

const MAX_LLDP_TLVS = 128;

export class LldpView {
  readonly bytes: Uint8Array;
  readonly start: number;
  /** After the end TLV, or after the last TLV of a unit that has none. */
  readonly end: number;
  readonly hasEnd: boolean;
  readonly #portOffset: number;
  readonly #timeOffset: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    checkSpan('lldp', bytes, start, end, 2);
    let offset = start;
    let count = 0;
    let portOffset = 0;
    let timeOffset = 0;
    let hasEnd = false;
    while (offset < end && !hasEnd) {
      checkSpan('lldp', bytes, offset, end, 2);
      const type = bytes[offset]! >>> 1;
      const length = readU16(bytes, offset) & 0x1ff;
      checkSpan('lldp', bytes, offset, end, 2 + length);
      if (count === MAX_LLDP_TLVS) {
        throw new PacketError('too-many-headers', 'lldp', `more than ${MAX_LLDP_TLVS} TLVs`, { offset });
      }
      checkPlace(type, count, offset);
      checkLength(type, length, offset);
      if (count === 1) portOffset = offset;
      if (count === 2) timeOffset = offset;
      hasEnd = type === LldpTlvType.END;
      offset += 2 + length;
      count++;
    }
    if (count < 3) throw new PacketError('truncated', 'lldp', 'mandatory TLVs are missing', { offset });
    this.bytes = bytes;
    this.start = start;
    this.end = offset;
    this.hasEnd = hasEnd;
    this.#portOffset = portOffset;
    this.#timeOffset = timeOffset;
  }

  /** Table 8-2: 4 is a MAC address, 7 is locally assigned. */
  get chassisIdSubtype(): number {
    return this.bytes[this.start + 2]!;
  }

  /** Subarray of 1 to 255 bytes. */
  get chassisId(): Uint8Array {
    return this.#value(this.start, 3);
  }

  /** Table 8-3: 3 is a MAC address, 5 an interface name, 7 is locally assigned. */
  get portIdSubtype(): number {
    return this.bytes[this.#portOffset + 2]!;
  }

  /** Subarray of 1 to 255 bytes. */
  get portId(): Uint8Array {
    return this.#value(this.#portOffset, 3);
  }

  /** Seconds for which the neighbour wants to be remembered; 0 takes it back. */
  get timeToLive(): number {
    return readU16(this.bytes, this.#timeOffset + 2);
  }

  /** Value, after identifier and subtype, of the first TLV of that organisation (24 bits) and subtype. */
  organisationSpecific(oui: number, subtype: number): Uint8Array | undefined {
    const { bytes } = this;
    for (let offset = this.#timeOffset; offset < this.end; offset = this.#next(offset)) {
      if (
        bytes[offset]! >>> 1 === LldpTlvType.ORGANISATION_SPECIFIC &&
        readU24(bytes, offset + 2) === oui &&
        bytes[offset + 5] === subtype
      ) {
        return this.#value(offset, 6);
      }
    }
    return undefined;
  }

  /** Calls `visit` with type and value of each TLV in order, the end TLV left out. */
  forEach(visit: (type: number, value: Uint8Array) => void): void {
    const last = this.hasEnd ? this.end - 2 : this.end;
    for (let offset = this.start; offset < last; offset = this.#next(offset)) {
      visit(this.bytes[offset]! >>> 1, this.#value(offset, 2));
    }
  }

  #next(offset: number): number {
    return offset + 2 + (readU16(this.bytes, offset) & 0x1ff);
  }

  #value(offset: number, skip: number): Uint8Array {
    return this.bytes.subarray(offset + skip, this.#next(offset));
  }
}

/** The first three TLVs are mandatory and appear nowhere else (clause 8.2). */
function checkPlace(type: number, index: number, offset: number): void {
  const mandatory = type >= LldpTlvType.CHASSIS_ID && type <= LldpTlvType.TIME_TO_LIVE;
  if (index < 3 ? type !== index + 1 : mandatory) {
    throw new PacketError('bad-value', 'lldp', `TLV type ${type} at position ${index + 1}`, { offset });
  }
}

function checkLength(type: number, length: number, offset: number): void {
  let valid = true;
  if (type === LldpTlvType.END) valid = length === 0;
  else if (type === LldpTlvType.CHASSIS_ID || type === LldpTlvType.PORT_ID)
    valid = length >= 2 && length <= 256;
  else if (type === LldpTlvType.TIME_TO_LIVE) valid = length === 2;
  else if (type === LldpTlvType.ORGANISATION_SPECIFIC) valid = length >= 4;
  if (!valid) {
    throw new PacketError('bad-length', 'lldp', `TLV type ${type} with ${length} bytes`, { offset });
  }
}
