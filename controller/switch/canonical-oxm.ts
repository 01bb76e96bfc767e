/**
 * OXM fields in one form, so that two matches that select the same packets have the same bytes: sorted by field, masks of
 * all ones left out, fields with a mask of zeros left out, value bits outside the mask cleared, and every field
 * under one of its headers where there are several.
 */

/** Class and field number of the header, as `class << 7 | field`. */
type OxmId = number;

const OXM = 0x8000;
const NXM_1 = 0x0001;
const idOf = (oxmClass: number, field: number): OxmId => oxmClass * 0x80 + field;

/** The same field under another header (Open vSwitch meta-flow.h); Open vSwitch answers with the second. */
const ALIASES = new Map<OxmId, OxmId>([[idOf(NXM_1, 16), idOf(OXM, 38)]]);

/** Bits of a full mask where the field does not fill its bytes (OpenFlow 1.3.5 section 7.2.3.7). */
const FULL_MASKS = new Map<OxmId, number>([
  [idOf(OXM, 6), 0x1fff], // vlan_vid
  [idOf(OXM, 28), 0xfffff], // ipv6_flabel
  [idOf(OXM, 39), 0x1ff], // ipv6_exthdr
  [idOf(NXM_1, 34), 0xfff], // tcp_flags
]);

interface Field {
  id: number;
  bytes: Uint8Array;
}

/** The canonical bytes of the OXM fields in `bytes[start, end)`. */
export function canonicalOxms(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const fields: Field[] = [];
  let sorted = true;
  let last = -1;
  let offset = start;
  while (offset + 4 <= end) {
    const next = offset + 4 + bytes[offset + 3]!;
    const id = idOf(bytes[offset]! * 256 + bytes[offset + 1]!, bytes[offset + 2]! >> 1);
    const masked = (bytes[offset + 2]! & 1) === 1;
    const plain = !masked && !ALIASES.has(id);
    const field = plain
      ? { id, bytes: bytes.subarray(offset, next) }
      : canonicalField(id, masked, bytes, offset, next);
    if (field === undefined) sorted = false;
    else {
      if (field.id < last || !plain) sorted = false;
      last = field.id;
      fields.push(field);
    }
    offset = next;
  }
  if (sorted) return bytes.subarray(start, end);
  fields.sort((a, b) => a.id - b.id);
  return concatenate(fields.map(field => field.bytes));
}

/** One field in canonical form; undefined where the mask lets everything pass. */
function canonicalField(
  id: OxmId,
  masked: boolean,
  bytes: Uint8Array,
  start: number,
  end: number,
): Field | undefined {
  const canonicalId = ALIASES.get(id) ?? id;
  const isExperimenter = bytes[start] === 0xff && bytes[start + 1] === 0xff;
  const prefix = isExperimenter ? 8 : 4;
  const payload = bytes.slice(start + prefix, end);
  if (!masked)
    return { id: canonicalId, bytes: withHeader(canonicalId, false, bytes, start, prefix, payload) };
  const width = payload.length >> 1;
  let ones = true;
  let zeros = true;
  const full = FULL_MASKS.get(canonicalId);
  for (let index = 0; index < width; index++) {
    const mask = payload[width + index]!;
    const shift = 8 * (width - 1 - index);
    const wanted = full === undefined ? 0xff : (full >>> shift) & 0xff;
    if ((mask & wanted) !== wanted) ones = false;
    if (mask !== 0) zeros = false;
    payload[index]! &= mask;
  }
  if (zeros) return undefined;
  const kept = ones ? payload.subarray(0, width) : payload;
  return { id: canonicalId, bytes: withHeader(canonicalId, !ones, bytes, start, prefix, kept) };
}

function withHeader(
  id: OxmId,
  masked: boolean,
  bytes: Uint8Array,
  start: number,
  prefix: number,
  payload: Uint8Array,
): Uint8Array {
  const field = new Uint8Array(prefix + payload.length);
  field.set(bytes.subarray(start, start + prefix));
  const oxmClass = Math.floor(id / 0x80);
  field[0] = oxmClass >>> 8;
  field[1] = oxmClass & 0xff;
  field[2] = ((id & 0x7f) << 1) | (masked ? 1 : 0);
  field[3] = prefix - 4 + payload.length;
  field.set(payload, prefix);
  return field;
}

export function concatenate(parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    whole.set(part, offset);
    offset += part.length;
  }
  return whole;
}
