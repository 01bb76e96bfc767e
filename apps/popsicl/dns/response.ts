import type { BadQuery, Query } from './query.js';
import { HEADER_LENGTH, RecordClass, RecordType, ResponseCode, uint16, uint32 } from './wire.js';

/** A record whose owner is the question's name, or the zone's. */
export interface AnswerRecord {
  readonly owner: 'question' | 'zone';
  readonly type: number;
  /** Seconds. */
  readonly ttl: number;
  readonly data: RecordData;
}

/** Record data; names in it end with the zone's and are compressed. */
export type RecordData = readonly (Buffer | { readonly name: ZoneName })[];

/** A name as labels in front of the zone's name, or as bytes where it lies elsewhere. */
export type ZoneName = { readonly inZone: Buffer } | { readonly whole: Buffer };

export interface Answer {
  readonly code: number;
  readonly isAuthoritative: boolean;
  readonly answers: readonly AnswerRecord[];
  readonly authorities: readonly AnswerRecord[];
}

/** What this server takes over UDP: what crosses every network unfragmented (DNS flag day 2020). */
const SERVER_UDP_SIZE = 1232;
const PLAIN_UDP_SIZE = 512;
/** Over UDP, where a source can be forged, an answer has this many times the bytes of its question at most. */
const MAX_AMPLIFICATION = 3;
const MAX_TCP_SIZE = 65_535;
const Flag = {
  response: 0x8000,
  authoritative: 0x0400,
  truncated: 0x0200,
  recursionDesired: 0x0100,
} as const;

/**
 * Bytes of an answer. `queryLength` bounds it over UDP (undefined for TCP): what does not fit is left out, and the flag TC tells the
 * client to ask over TCP. `zoneLabels`: how many labels the zone's name has.
 */
export function writeAnswer(
  query: Query,
  answer: Answer,
  zoneLabels: number,
  queryLength: number | undefined,
): Buffer {
  const limit =
    queryLength === undefined
      ? MAX_TCP_SIZE
      : Math.min(
          Math.max(PLAIN_UDP_SIZE, query.edns?.size ?? 0),
          SERVER_UDP_SIZE,
          queryLength * MAX_AMPLIFICATION,
        );
  const whole = assemble(query, answer, zoneLabels);
  if (whole.length <= limit) return whole;
  return truncated(query, answer);
}

/** An answer that says nothing but: ask over TCP. */
export function truncated(query: Query, answer?: Answer): Buffer {
  const empty = assemble(
    query,
    {
      code: answer?.code ?? ResponseCode.NOERROR,
      isAuthoritative: answer?.isAuthoritative ?? false,
      answers: [],
      authorities: [],
    },
    0,
  );
  empty.writeUInt16BE(empty.readUInt16BE(2) | Flag.truncated, 2);
  return empty;
}

/** A header alone; undefined where nothing is to be answered. */
export function writeRefusal(bad: BadQuery): Buffer | undefined {
  if (bad.reason === 'no-query') return undefined;
  const code = bad.reason === 'malformed' ? ResponseCode.FORMERR : ResponseCode.NOTIMP;
  return header(bad, code, false, [0, 0, 0, 0]);
}

function assemble(query: Query, answer: Answer, zoneLabels: number): Buffer {
  const { edns, question, offsets } = query;
  // The name of the zone begins at one of the labels of the question.
  const zoneOffset = offsets[offsets.length - 1 - zoneLabels] ?? HEADER_LENGTH;
  const records = [...answer.answers, ...answer.authorities].map(record => recordBytes(record, zoneOffset));
  const optional = edns === undefined ? [] : [optBytes(answer.code)];
  const counts = [1, answer.answers.length, answer.authorities.length, optional.length] as const;
  return Buffer.concat([
    header(query, answer.code, answer.isAuthoritative, counts),
    question,
    ...records,
    ...optional,
  ]);
}

function header(
  { id, opcode, recursionDesired }: Pick<Query, 'id' | 'opcode' | 'recursionDesired'>,
  code: number,
  isAuthoritative: boolean,
  counts: readonly [number, number, number, number],
): Buffer {
  const flags =
    Flag.response |
    (opcode << 11) |
    (isAuthoritative ? Flag.authoritative : 0) |
    (recursionDesired ? Flag.recursionDesired : 0) |
    (code & 0xf);
  return Buffer.concat([uint16(id), uint16(flags), ...counts.map(uint16)]);
}

function recordBytes({ owner, type, ttl, data }: AnswerRecord, zoneOffset: number): Buffer {
  const pointer = (offset: number) => uint16(0xc000 | offset);
  const parts = data.map(part => {
    if (Buffer.isBuffer(part)) return part;
    const { name } = part;
    return 'whole' in name ? name.whole : Buffer.concat([name.inZone, pointer(zoneOffset)]);
  });
  const bytes = Buffer.concat(parts);
  return Buffer.concat([
    pointer(owner === 'zone' ? zoneOffset : HEADER_LENGTH),
    uint16(type),
    uint16(RecordClass.IN),
    uint32(ttl),
    uint16(bytes.length),
    bytes,
  ]);
}

/** Root name, type, our size, upper bits of the code, version 0, no flags, no options. */
function optBytes(code: number): Buffer {
  return Buffer.concat([
    Buffer.of(0),
    uint16(RecordType.OPT),
    uint16(SERVER_UDP_SIZE),
    Buffer.of(code >>> 4, 0, 0, 0, 0, 0),
  ]);
}
