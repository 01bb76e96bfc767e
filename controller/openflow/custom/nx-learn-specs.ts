/**
 * What a flow learned by NXAST_LEARN matches and does (ofp-actions.c): a 16-bit header of source, destination and
 * number of bits, then the source (a subfield, or bits right-aligned in whole 16-bit words) and the destination.
 * A header of zero ends the list; zeros fill the action.
 */
import { Refusal, refuseUint, refuseUnknownKeys, refuseValue, within } from '../errors.js';
import { readShortOxmHeader, writeShortOxmHeader } from '../ids.js';
import { type Reader, refuseRead } from '../reader.js';
import { type Bytes, writeSizedBytes } from '../write-values.js';
import type { Writer } from '../writer.js';

interface FromField {
  nBits: number;
  /** Field of the packet that is processed. */
  src: string;
  srcOfs?: number | undefined;
}
interface FromValue<Value> {
  nBits: number;
  /** The bits at the end of as many 16-bit words as they need. */
  value: Value;
}
interface To {
  /** Field of the learned flow's match, or that its action loads. */
  dst: string;
  dstOfs?: number | undefined;
}

type Spec<Value> =
  | ({ type: 'match-field' } & FromField & To)
  | ({ type: 'match-value' } & FromValue<Value> & To)
  | ({ type: 'load-field' } & FromField & To)
  | ({ type: 'load-value' } & FromValue<Value> & To)
  | ({ type: 'output-field' } & FromField);

export type NxLearnSpecs = readonly Spec<Bytes>[];
export type DecodedNxLearnSpecs = Spec<Uint8Array>[];

const FROM_VALUE = 1 << 13;
const HEADERS: Record<Spec<Bytes>['type'], number> = {
  'match-field': 0,
  'match-value': FROM_VALUE,
  'load-field': 1 << 11,
  'load-value': FROM_VALUE | (1 << 11),
  'output-field': 2 << 11,
};
const TYPES = new Map(Object.entries(HEADERS).map(([type, header]) => [header, type as Spec<Bytes>['type']]));
const MAX_BITS = 0x3ff;

export function encodeNxLearnSpecs(w: Writer, specs: NxLearnSpecs, field: string): void {
  if (!Array.isArray(specs)) refuseValue(field, specs, 'a list');
  specs.forEach((spec: Spec<Bytes>, index) => {
    try {
      encodeSpec(w, spec);
    } catch (error) {
      throw within(error, `${field}[${index}]`);
    }
  });
}

function encodeSpec(w: Writer, spec: Spec<Bytes>): void {
  if (typeof spec !== 'object' || spec === null) refuseValue('', spec, 'an object');
  const header = Object.hasOwn(HEADERS, spec.type) ? HEADERS[spec.type] : undefined;
  if (header === undefined) throw new Refusal('bad-type', 'type', 'is not a kind of learning');
  const { nBits } = spec;
  if ((nBits & MAX_BITS) !== nBits || nBits === 0) refuseValue('nBits', nBits, 'an integer from 1 to 1023');
  w.reserve(2);
  w.view.setUint16(w.pos, header | nBits);
  w.pos += 2;
  const source = 'value' in spec ? ['value'] : ['src', 'srcOfs'];
  const destination = spec.type === 'output-field' ? [] : ['dst', 'dstOfs'];
  refuseUnknownKeys(spec, ['type', 'nBits', ...source, ...destination]);
  if (spec.type === 'match-value' || spec.type === 'load-value') {
    writeSizedBytes(w, spec.value, valueSize(nBits), 'value');
  } else {
    writeSubfield(w, spec.src, spec.srcOfs, 'src');
  }
  if (spec.type !== 'output-field') writeSubfield(w, spec.dst, spec.dstOfs, 'dst');
}

function writeSubfield(w: Writer, name: string, ofs: number | undefined, field: string): void {
  writeShortOxmHeader(w, name, field);
  const offset = ofs ?? 0;
  if ((offset & 0xffff) !== offset) refuseUint(`${field}Ofs`, offset, 16);
  w.reserve(2);
  w.view.setUint16(w.pos, offset);
  w.pos += 2;
}

const valueSize = (nBits: number): number => 2 * Math.ceil(nBits / 16);

export function decodeNxLearnSpecs(r: Reader, end: number, field: string): DecodedNxLearnSpecs {
  const specs: DecodedNxLearnSpecs = [];
  while (end - r.pos >= 2 && r.view.getUint16(r.pos) !== 0) {
    const place = `${field}[${specs.length}]`;
    const header = r.view.getUint16(r.pos);
    const type = TYPES.get(header & ~MAX_BITS);
    const nBits = header & MAX_BITS;
    if (type === undefined) refuseRead('bad-type', place, 'has a kind without a meaning', r.pos);
    if (nBits === 0) refuseRead('bad-value', place, 'has no bits', r.pos);
    r.pos += 2;
    specs.push(decodeSpec(r, end, type, nBits, place));
  }
  return specs;
}

function decodeSpec(
  r: Reader,
  end: number,
  type: Spec<Bytes>['type'],
  nBits: number,
  field: string,
): Spec<Uint8Array> {
  if (type === 'match-value' || type === 'load-value') {
    const size = valueSize(nBits);
    r.need(end, size, field);
    const value = r.bytes(r.pos + size);
    const [dst, dstOfs] = readSubfield(r, end, field);
    return { type, nBits, value, dst, dstOfs };
  }
  const [src, srcOfs] = readSubfield(r, end, field);
  if (type === 'output-field') return { type, nBits, src, srcOfs };
  const [dst, dstOfs] = readSubfield(r, end, field);
  return { type, nBits, src, srcOfs, dst, dstOfs };
}

function readSubfield(r: Reader, end: number, field: string): [name: string, ofs: number] {
  const name = readShortOxmHeader(r, end, field);
  r.need(end, 2, field);
  r.pos += 2;
  return [name, r.view.getUint16(r.pos - 2)];
}
