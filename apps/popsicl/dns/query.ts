/**
 * Reads queries byte by byte: names keep their bytes (mixed case comes back as it was sent), and a label with a dot or another
 * odd byte in it is told from two labels, which a codec that makes text of names cannot do.
 */
import { HEADER_LENGTH, RecordType } from './wire.js';

export interface Edns {
  /** What the client takes over UDP, in bytes. */
  readonly size: number;
  readonly version: number;
}

export interface Query {
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
  /** Name, type and class as they were sent. */
  readonly question: Buffer;
  /** Labels in lower case, the topmost last, one character a byte. */
  readonly labels: readonly string[];
  /** Where each label begins in the message, with one place more: the root's. */
  readonly offsets: readonly number[];
  readonly type: number;
  readonly class: number;
  readonly edns: Edns | undefined;
}

/** A message that draws no answer, or one with an error code alone. */
export interface BadQuery {
  readonly reason: 'no-query' | 'malformed' | 'unsupported-opcode';
  readonly id: number;
  readonly opcode: number;
  readonly recursionDesired: boolean;
}

const QUESTION_TAIL = 4;
const RECORD_TAIL = 10;
const MAX_NAME_BYTES = 255;
const POINTER = 0xc0;

export function readQuery(bytes: Buffer): Query | BadQuery {
  if (bytes.length < HEADER_LENGTH) return { reason: 'no-query', id: 0, opcode: 0, recursionDesired: false };
  const flags = bytes.readUInt16BE(2);
  const base = {
    id: bytes.readUInt16BE(0),
    opcode: (flags >>> 11) & 0xf,
    recursionDesired: (flags & 0x0100) !== 0,
  };
  // An answer to an answer could go back and forth for ever.
  if ((flags & 0x8000) !== 0) return { ...base, reason: 'no-query' };
  if (base.opcode !== 0) return { ...base, reason: 'unsupported-opcode' };
  const bad: BadQuery = { ...base, reason: 'malformed' };
  const [questions, answers, authorities, additionals] = [4, 6, 8, 10].map(at => bytes.readUInt16BE(at));
  if (questions !== 1 || answers !== 0 || authorities !== 0) return bad;
  const name = readName(bytes, HEADER_LENGTH);
  if (name === undefined || name.end + QUESTION_TAIL > bytes.length) return bad;
  const questionEnd = name.end + QUESTION_TAIL;
  const edns = readAdditionals(bytes, questionEnd, additionals!);
  if (edns === 'malformed') return bad;
  return {
    ...base,
    question: bytes.subarray(HEADER_LENGTH, questionEnd),
    labels: name.labels,
    offsets: name.offsets,
    type: bytes.readUInt16BE(name.end),
    class: bytes.readUInt16BE(name.end + 2),
    edns,
  };
}

/** A name without compression, which has no place in a message's first name. */
function readName(
  bytes: Buffer,
  start: number,
): { labels: string[]; offsets: number[]; end: number } | undefined {
  const labels: string[] = [];
  const offsets: number[] = [];
  for (let offset = start; ; ) {
    const length = bytes[offset];
    if (length === undefined || length >= 64) return undefined;
    offsets.push(offset);
    offset += 1 + length;
    if (offset > bytes.length || offset - start > MAX_NAME_BYTES) return undefined;
    if (length === 0) return { labels, offsets, end: offset };
    // Only ASCII letters have case (RFC 4343).
    const label = bytes.toString('latin1', offset - length, offset);
    labels.push(label.replace(/[A-Z]/g, letter => letter.toLowerCase()));
  }
}

/** The OPT record, of which there is one at most (RFC 6891 section 6.1.1); other records are passed over. */
function readAdditionals(bytes: Buffer, start: number, count: number): Edns | undefined | 'malformed' {
  let edns: Edns | undefined;
  let offset = start;
  for (let index = 0; index < count; index++) {
    const isRoot = bytes[offset] === 0;
    const tail = skipName(bytes, offset);
    if (tail === undefined || tail + RECORD_TAIL > bytes.length) return 'malformed';
    const type = bytes.readUInt16BE(tail);
    offset = tail + RECORD_TAIL + bytes.readUInt16BE(tail + 8);
    if (offset > bytes.length) return 'malformed';
    if (type !== RecordType.OPT) continue;
    if (!isRoot || edns !== undefined) return 'malformed';
    edns = { size: bytes.readUInt16BE(tail + 2), version: bytes[tail + 5]! };
  }
  return edns;
}

function skipName(bytes: Buffer, start: number): number | undefined {
  for (let offset = start; offset < bytes.length; ) {
    const length = bytes[offset]!;
    if (length === 0) return offset + 1;
    if ((length & POINTER) === POINTER) return offset + 2;
    if (length >= 64) return undefined;
    offset += 1 + length;
  }
  return undefined;
}
