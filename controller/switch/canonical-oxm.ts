/**
 * OXM fields in one form, so that two matches that select the same packets have the same bytes: sorted by
 * field, masks of all ones left out, fields with a mask of zeros left out, value bits outside the mask cleared,
 * every field under one of its headers where there are several, and wide registers as the narrow ones that they
 * are made of.
 */

/** Class and field number of the header, as `class << 7 | field`. */
type OxmId = number;

const OXM = 0x8000;
const PACKET_REGISTERS = 0x8001;
const NXM_0 = 0x0000;
const NXM_1 = 0x0001;
const FIRST_XXREG = 111;
const REGISTER_LENGTH = 4;
const idOf = (oxmClass: number, field: number): OxmId => oxmClass * 0x80 + field;

/** Fields that have a header of Nicira's besides OpenFlow's: class, numbers there, numbers in the class OXM. */
const TWICE_NAMED: readonly [
  oxmClass: number,
  pairs: readonly (readonly [nicira: number, openflow: number])[],
][] = [
  [
    NXM_0,
    // eth_dst .. eth_type, ip_proto .. udp_dst, icmpv4_type .. arp_tpa
    [...consecutive(1, 3, 3), ...consecutive(6, 10, 7), ...consecutive(13, 19, 5)],
  ],
  [
    NXM_1,
    // tunnel_id, arp_sha .. ipv6_dst, icmpv6_type .. ipv6_nd_tll, ipv6_flabel, ip_ecn
    [[16, 38], ...consecutive(17, 24, 4), ...consecutive(21, 29, 5), [27, 28], [28, 9]],
  ],
];

/**
 * Both name the same field with the same width (Open vSwitch meta-flow.h), and Open vSwitch answers with
 * either.
 */
const ALIASES = new Map<OxmId, OxmId>(
  TWICE_NAMED.flatMap(([oxmClass, pairs]) =>
    pairs.map(([nicira, openflow]) => [idOf(oxmClass, nicira), idOf(OXM, openflow)] as const),
  ),
);

function consecutive(nicira: number, openflow: number, count: number): (readonly [number, number])[] {
  return Array.from({ length: count }, (_, index) => [nicira + index, openflow + index] as const);
}

/** Wide registers, and the first of the 32-bit registers that each consists of. */
const WIDE_REGISTERS = new Map<OxmId, number>([
  ...Array.from({ length: 8 }, (_, index) => [idOf(PACKET_REGISTERS, index), 2 * index] as const),
  ...Array.from({ length: 4 }, (_, index) => [idOf(NXM_1, FIRST_XXREG + index), 4 * index] as const),
]);

/** Bits of a full mask where the field does not fill its bytes (OpenFlow 1.3.5 section 7.2.3.7). */
const FULL_MASKS = new Map<OxmId, number>([
  [idOf(OXM, 6), 0x1fff], // vlan_vid
  [idOf(OXM, 28), 0xfffff], // ipv6_flabel
  [idOf(OXM, 39), 0x1ff], // ipv6_exthdr
  [idOf(NXM_1, 34), 0xfff], // tcp_flags
]);

interface Field {
  id: OxmId;
  bytes: Uint8Array;
}

/** The canonical bytes of the match fields in `bytes[start, end)`. */
export function canonicalOxms(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const fields: Field[] = [];
  let isCanonical = true;
  let last = -1;
  let offset = start;
  while (offset + 4 <= end) {
    const next = offset + 4 + bytes[offset + 3]!;
    const id = idAt(bytes, offset);
    const isMasked = (bytes[offset + 2]! & 1) === 1;
    if (!isMasked && !ALIASES.has(id) && !WIDE_REGISTERS.has(id)) {
      fields.push({ id, bytes: bytes.subarray(offset, next) });
      if (id < last) isCanonical = false;
    } else {
      isCanonical = false;
      const firstRegister = WIDE_REGISTERS.get(id);
      if (firstRegister === undefined) pushField(fields, bytes, offset, next);
      else pushRegisters(fields, firstRegister, isMasked, bytes.subarray(offset + 4, next));
    }
    last = id;
    offset = next;
  }
  if (isCanonical) return bytes.subarray(start, end);
  fields.sort((a, b) => a.id - b.id);
  return concatenate(fields.map(field => field.bytes));
}

/** The canonical bytes of the one field in `bytes[start, end)` that an action sets. */
export function canonicalOxm(bytes: Uint8Array, start: number, end: number): Uint8Array {
  const fields: Field[] = [];
  pushField(fields, bytes, start, end);
  return concatenate(fields.map(field => field.bytes));
}

/** Rewrites the bare header at `offset` of an action that names a field without a value. */
export function canonicalHeader(bytes: Uint8Array, offset: number): void {
  const id = ALIASES.get(idAt(bytes, offset));
  if (id === undefined) return;
  bytes[offset] = Math.floor(id / 0x80) >>> 8;
  bytes[offset + 1] = Math.floor(id / 0x80) & 0xff;
  bytes[offset + 2] = ((id & 0x7f) << 1) | (bytes[offset + 2]! & 1);
}

function idAt(bytes: Uint8Array, offset: number): OxmId {
  return idOf(bytes[offset]! * 256 + bytes[offset + 1]!, bytes[offset + 2]! >> 1);
}

/** Adds one field in canonical form; nothing where the mask lets everything pass. */
function pushField(fields: Field[], bytes: Uint8Array, start: number, end: number): void {
  const found = idAt(bytes, start);
  const id = ALIASES.get(found) ?? found;
  const isExperimenter = bytes[start] === 0xff && bytes[start + 1] === 0xff;
  const prefix = isExperimenter ? 8 : 4;
  const payload = bytes.slice(start + prefix, end);
  const isMasked = (bytes[start + 2]! & 1) === 1;
  const mask = isMasked ? reduceMask(payload, FULL_MASKS.get(id)) : 'full';
  if (mask === 'empty') return;
  const kept = isMasked && mask === 'full' ? payload.subarray(0, payload.length >> 1) : payload;
  fields.push(fieldOf(id, mask === 'partial', bytes.subarray(start + 4, start + prefix), kept));
}

/** A wide register is its narrow ones side by side, the most significant first. */
function pushRegisters(fields: Field[], first: number, isMasked: boolean, payload: Uint8Array): void {
  const width = isMasked ? payload.length >> 1 : payload.length;
  for (let offset = 0; offset < width; offset += REGISTER_LENGTH) {
    const id = idOf(NXM_1, first + offset / REGISTER_LENGTH);
    const value = payload.slice(offset, offset + REGISTER_LENGTH);
    if (!isMasked) {
      fields.push(fieldOf(id, false, NO_BYTES, value));
      continue;
    }
    const both = concatenate([value, payload.subarray(width + offset, width + offset + REGISTER_LENGTH)]);
    const mask = reduceMask(both, undefined);
    if (mask === 'full') fields.push(fieldOf(id, false, NO_BYTES, both.subarray(0, REGISTER_LENGTH)));
    else if (mask === 'partial') fields.push(fieldOf(id, true, NO_BYTES, both));
  }
}

/** Clears the bits of the value (the first half of `payload`) that the mask (the second half) does not look at. */
function reduceMask(payload: Uint8Array, full: number | undefined): 'full' | 'partial' | 'empty' {
  const width = payload.length >> 1;
  let isFull = true;
  let isEmpty = true;
  for (let index = 0; index < width; index++) {
    const mask = payload[width + index]!;
    const wanted = full === undefined ? 0xff : (full >>> (8 * (width - 1 - index))) & 0xff;
    if ((mask & wanted) !== wanted) isFull = false;
    if (mask !== 0) isEmpty = false;
    payload[index]! &= mask;
  }
  return isEmpty ? 'empty' : isFull ? 'full' : 'partial';
}

const NO_BYTES = new Uint8Array();

function fieldOf(id: OxmId, isMasked: boolean, experimenter: Uint8Array, payload: Uint8Array): Field {
  const oxmClass = Math.floor(id / 0x80);
  const flags = ((id & 0x7f) << 1) | (isMasked ? 1 : 0);
  const header = Uint8Array.of(oxmClass >>> 8, oxmClass & 0xff, flags, experimenter.length + payload.length);
  return { id, bytes: concatenate([header, experimenter, payload]) };
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
