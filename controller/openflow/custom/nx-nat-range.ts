/** Addresses and ports of NXAST_NAT (ofp-actions.c): a bitmap of what is there, then each in the order of its bit. */
import { formatIpv4, formatIpv6, type Ipv4Address, type Ipv6Address } from '../../address/index.js';
import { Refusal, refuseUint, refuseUnknownKeys, refuseValue, within } from '../errors.js';
import { type Reader, refuseRead } from '../reader.js';
import { writeIpv4, writeIpv6 } from '../write-values.js';
import type { Writer } from '../writer.js';

export interface NxNatRange {
  ipv4Min?: Ipv4Address | undefined;
  ipv4Max?: Ipv4Address | undefined;
  ipv6Min?: Ipv6Address | undefined;
  ipv6Max?: Ipv6Address | undefined;
  /** TCP, UDP or SCTP port. */
  protoMin?: number | undefined;
  protoMax?: number | undefined;
}

export interface DecodedNxNatRange extends NxNatRange {
  ipv4Min?: string;
  ipv4Max?: string;
  ipv6Min?: string;
  ipv6Max?: string;
  protoMin?: number;
  protoMax?: number;
}

type Key = keyof NxNatRange;

/** In the order of the bits. */
const KEYS: readonly Key[] = ['ipv4Min', 'ipv4Max', 'ipv6Min', 'ipv6Max', 'protoMin', 'protoMax'];
const SIZES: Record<Key, number> = {
  ipv4Min: 4,
  ipv4Max: 4,
  ipv6Min: 16,
  ipv6Max: 16,
  protoMin: 2,
  protoMax: 2,
};
/** What must be there for each to make sense; any one of a list is enough. */
const REQUIRES: Partial<Record<Key, readonly Key[]>> = {
  ipv4Max: ['ipv4Min'],
  ipv6Max: ['ipv6Min'],
  protoMin: ['ipv4Min', 'ipv6Min'],
  protoMax: ['protoMin'],
};

export function encodeNxNatRange(w: Writer, range: NxNatRange, field: string): void {
  if (typeof range !== 'object' || range === null) refuseValue(field, range, 'an object');
  try {
    refuseUnknownKeys(range, KEYS);
    const present = KEYS.reduce((bits, key, bit) => (range[key] === undefined ? bits : bits | (1 << bit)), 0);
    check(present);
    w.reserve(46);
    w.view.setUint16(w.pos, present);
    w.pos += 2;
    for (const key of KEYS) if (range[key] !== undefined) write(w, key, range[key]);
  } catch (error) {
    throw within(error, field);
  }
}

function write(w: Writer, key: Key, value: unknown): void {
  const size = SIZES[key];
  if (size === 4) writeIpv4(w.view, w.pos, value, key);
  else if (size === 16) writeIpv6(w.buf, w.pos, value, key);
  else if (typeof value !== 'number' || (value & 0xffff) !== value) refuseUint(key, value, 16);
  else w.view.setUint16(w.pos, value);
  w.pos += size;
}

export function decodeNxNatRange(r: Reader, end: number, field: string): DecodedNxNatRange {
  r.need(end, 2, field);
  const present = r.view.getUint16(r.pos);
  if (present >>> KEYS.length !== 0) refuseRead('bad-value', field, 'has a bit without a meaning', r.pos);
  try {
    check(present, r.pos);
  } catch (error) {
    throw within(error, field);
  }
  r.pos += 2;
  const range: Record<string, string | number> = {};
  KEYS.forEach((key, bit) => {
    if ((present & (1 << bit)) === 0) return;
    const size = SIZES[key];
    r.need(end, size, `${field}.${key}`);
    range[key] = read(r, size);
    r.pos += size;
  });
  return range;
}

function read({ view, buf, pos }: Reader, size: number): string | number {
  if (size === 4) return formatIpv4(view.getUint32(pos));
  return size === 16 ? formatIpv6(buf.subarray(pos, pos + 16)) : view.getUint16(pos);
}

function check(present: number, position = -1): void {
  const has = (key: Key) => (present & (1 << KEYS.indexOf(key))) !== 0;
  for (const key of KEYS) {
    const required = REQUIRES[key];
    if (has(key) && required !== undefined && !required.some(has)) {
      throw new Refusal('missing-field', required[0]!, `is missing: ${key} needs it`, position);
    }
  }
  if (has('ipv4Min') && has('ipv6Min')) {
    throw new Refusal('bad-value', 'ipv6Min', 'cannot stand beside ipv4Min', position);
  }
}
