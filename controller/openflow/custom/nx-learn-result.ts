/**
 * Where NXAST_LEARN2 tells whether it learned (ofp-actions.c): a bit offset and padding; then, only with the flag
 * write-result, the header of the field.
 */
import { Refusal, refuseUint, refuseUnknownKeys, refuseValue, within } from '../errors.js';
import { readOxmHeader, writeOxmHeader } from '../ids.js';
import { type Reader, refuseRead } from '../reader.js';
import type { Writer } from '../writer.js';

/** Bit `ofs` of a field; null without the flag write-result. */
export type NxLearnResult = { dst: string; ofs?: number | undefined } | null;
export type DecodedNxLearnResult = { dst: string; ofs: number } | null;

const WRITE_RESULT = 4;
/** From the result back to the flags: the offsets of both are fixed in the action. */
const FLAGS_BEFORE = 12;

export function encodeNxLearnResult(w: Writer, result: NxLearnResult, field: string): void {
  const flagged = (w.view.getUint16(w.pos - FLAGS_BEFORE) & WRITE_RESULT) !== 0;
  if (flagged !== (result !== null)) {
    throw new Refusal('bad-value', field, "must be there with the flag 'write-result', and only then");
  }
  if (typeof result !== 'object') refuseValue(field, result, 'an object, or null');
  const ofs = result?.ofs ?? 0;
  if ((ofs & 0xffff) !== ofs) refuseUint(`${field}.ofs`, ofs, 16);
  w.reserve(4);
  w.view.setUint16(w.pos, ofs);
  w.view.setUint16(w.pos + 2, 0);
  w.pos += 4;
  if (result === null) return;
  try {
    refuseUnknownKeys(result, ['dst', 'ofs']);
    writeOxmHeader(w, result.dst, 'dst');
  } catch (error) {
    throw within(error, field);
  }
}

export function decodeNxLearnResult(r: Reader, end: number, field: string): DecodedNxLearnResult {
  r.need(end, 4, field);
  const flagged = (r.view.getUint16(r.pos - FLAGS_BEFORE) & WRITE_RESULT) !== 0;
  const ofs = r.view.getUint16(r.pos);
  if (r.view.getUint16(r.pos + 2) !== 0)
    refuseRead('bad-value', field, 'has padding that is not zero', r.pos + 2);
  if (!flagged && ofs !== 0)
    refuseRead('bad-value', field, "is there without the flag 'write-result'", r.pos);
  r.pos += 4;
  return flagged ? { dst: readOxmHeader(r, end, field), ofs } : null;
}
