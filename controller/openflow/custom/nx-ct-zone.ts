/** Conntrack zone of NXAST_CT (ofp-actions.c): a number, or a subfield that holds it. */
import { refuseUint, refuseUnknownKeys, refuseValue, within } from '../errors.js';
import { readShortOxmHeader, writeShortOxmHeader } from '../ids.js';
import type { Reader } from '../reader.js';
import type { Writer } from '../writer.js';

/** Bits `ofs` to `ofs + nBits - 1` of a field; nBits is 1 to 64. */
export interface Subfield {
  src: string;
  ofs?: number | undefined;
  nBits: number;
}

export type NxCtZone = number | Subfield;
export type DecodedNxCtZone = number | Required<Subfield>;

export function encodeNxCtZone(w: Writer, zone: NxCtZone, field: string): void {
  w.reserve(6);
  if (typeof zone === 'number') {
    if ((zone & 0xffff) !== zone) refuseUint(field, zone, 16);
    w.view.setUint32(w.pos, 0);
    w.view.setUint16(w.pos + 4, zone);
    w.pos += 6;
    return;
  }
  if (typeof zone !== 'object' || zone === null)
    refuseValue(field, zone, 'a number of 16 bits, or a subfield');
  try {
    const { src, ofs = 0, nBits } = zone;
    refuseUnknownKeys(zone, ['src', 'ofs', 'nBits']);
    if ((ofs & 0x3ff) !== ofs) refuseUint('ofs', ofs, 10);
    if (((nBits - 1) & 0x3f) !== nBits - 1) refuseValue('nBits', nBits, 'an integer from 1 to 64');
    writeShortOxmHeader(w, src, 'src');
    w.reserve(2);
    w.view.setUint16(w.pos, (ofs << 6) | (nBits - 1));
    w.pos += 2;
  } catch (error) {
    throw within(error, field);
  }
}

export function decodeNxCtZone(r: Reader, end: number, field: string): DecodedNxCtZone {
  r.need(end, 6, field);
  if (r.view.getUint32(r.pos) === 0) {
    r.pos += 6;
    return r.view.getUint16(r.pos - 2);
  }
  const src = readShortOxmHeader(r, end, field);
  r.need(end, 2, field);
  const packed = r.view.getUint16(r.pos);
  r.pos += 2;
  return { src, ofs: packed >>> 6, nBits: (packed & 0x3f) + 1 };
}
