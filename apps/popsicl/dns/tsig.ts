/** Signing of DNS messages with a shared key (RFC 8945). */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { HEADER_LENGTH, nameBytes, RecordClass, RecordType, uint16, uint32 } from './wire.js';

const TSIG_ALGORITHMS = {
  'hmac-sha256': 'sha256',
  'hmac-sha384': 'sha384',
  'hmac-sha512': 'sha512',
} as const;
export type TsigAlgorithm = keyof typeof TSIG_ALGORITHMS;

export interface TsigKey {
  /** Canonical domain name under which the server knows the key. */
  readonly name: string;
  readonly algorithm: TsigAlgorithm;
  readonly secret: Uint8Array;
}

/** Seconds by which clocks may differ. */
const FUDGE = 300;
const COUNT_OFFSET = 10;

/** What a server said of a signature: 16 BADSIG, 17 BADKEY, 18 BADTIME, 22 BADTRUNC. */
export interface TsigVerdict {
  readonly isAuthentic: boolean;
  /** The server's own error code; 0 for none. */
  readonly error: number;
}

/** The message with a TSIG record at its end, and its MAC, which the answer's MAC covers. `now`: seconds since 1970. */
export function sign(message: Buffer, key: TsigKey, now: number): { signed: Buffer; mac: Buffer } {
  const variables = tsigVariables(key, timeBytes(now), FUDGE, 0, Buffer.alloc(0));
  const mac = macOf(key, [message, variables]);
  const id = message.subarray(0, 2);
  const data = Buffer.concat([
    nameBytes(key.algorithm),
    timeBytes(now),
    uint16(FUDGE),
    uint16(mac.length),
    mac,
    id,
    uint16(0),
    uint16(0),
  ]);
  const record = Buffer.concat([
    nameBytes(key.name),
    uint16(RecordType.TSIG),
    uint16(RecordClass.ANY),
    uint32(0),
    uint16(data.length),
    data,
  ]);
  const signed = Buffer.concat([message, record]);
  signed.writeUInt16BE(message.readUInt16BE(COUNT_OFFSET) + 1, COUNT_OFFSET);
  return { signed, mac };
}

/**
 * Whether an answer's last record is a TSIG by this key over the answer and the request's MAC, made about `now`. An answer
 * without one, or that cannot be read, is not authentic.
 */
export function verify(answer: Buffer, key: TsigKey, requestMac: Buffer, now: number): TsigVerdict {
  const none = { isAuthentic: false, error: 0 };
  const start = lastRecord(answer);
  if (start === undefined) return none;
  const tsig = readTsig(answer, start);
  if (tsig === undefined) return none;
  const { name, algorithm, time, fudge, mac, originalId, error, other } = tsig;
  if (!name.equals(nameBytes(key.name)) || !algorithm.equals(nameBytes(key.algorithm)))
    return { ...none, error };
  const plain = Buffer.from(answer.subarray(0, start));
  originalId.copy(plain, 0);
  plain.writeUInt16BE(plain.readUInt16BE(COUNT_OFFSET) - 1, COUNT_OFFSET);
  const expected = macOf(key, [
    uint16(requestMac.length),
    requestMac,
    plain,
    tsigVariables(key, time, fudge, error, other),
  ]);
  const isSigned = mac.length === expected.length && timingSafeEqual(mac, expected);
  const isFresh = Math.abs(time.readUIntBE(0, 6) - now) <= fudge;
  return { isAuthentic: isSigned && isFresh, error };
}

function macOf({ algorithm, secret }: TsigKey, parts: readonly Buffer[]): Buffer {
  const hmac = createHmac(TSIG_ALGORITHMS[algorithm], secret);
  for (const part of parts) hmac.update(part);
  return hmac.digest();
}

function tsigVariables(key: TsigKey, time: Buffer, fudge: number, error: number, other: Buffer): Buffer {
  return Buffer.concat([
    nameBytes(key.name),
    uint16(RecordClass.ANY),
    uint32(0),
    nameBytes(key.algorithm),
    time,
    uint16(fudge),
    uint16(error),
    uint16(other.length),
    other,
  ]);
}

/** 48 bits. */
function timeBytes(seconds: number): Buffer {
  const bytes = Buffer.alloc(6);
  bytes.writeUIntBE(Math.floor(seconds), 0, 6);
  return bytes;
}

interface TsigRecord {
  readonly name: Buffer;
  readonly algorithm: Buffer;
  readonly time: Buffer;
  readonly fudge: number;
  readonly mac: Buffer;
  readonly originalId: Buffer;
  readonly error: number;
  readonly other: Buffer;
}

function readTsig(bytes: Buffer, start: number): TsigRecord | undefined {
  try {
    const nameEnd = plainNameEnd(bytes, start);
    if (bytes.readUInt16BE(nameEnd) !== RecordType.TSIG) return undefined;
    const data = nameEnd + 10;
    const algorithmEnd = plainNameEnd(bytes, data);
    const macStart = algorithmEnd + 10;
    const macEnd = macStart + bytes.readUInt16BE(algorithmEnd + 8);
    const otherStart = macEnd + 6;
    const otherEnd = otherStart + bytes.readUInt16BE(macEnd + 4);
    if (otherEnd !== bytes.length || otherEnd !== data + bytes.readUInt16BE(nameEnd + 8)) return undefined;
    return {
      name: lowerCase(bytes.subarray(start, nameEnd)),
      algorithm: lowerCase(bytes.subarray(data, algorithmEnd)),
      time: bytes.subarray(algorithmEnd, algorithmEnd + 6),
      fudge: bytes.readUInt16BE(algorithmEnd + 6),
      mac: bytes.subarray(macStart, macEnd),
      originalId: bytes.subarray(macEnd, macEnd + 2),
      error: bytes.readUInt16BE(macEnd + 2),
      other: bytes.subarray(otherStart, otherEnd),
    };
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** Where the last of all records begins; undefined without records. */
function lastRecord(bytes: Buffer): number | undefined {
  try {
    const [questions, ...records] = [4, 6, 8, 10].map(at => bytes.readUInt16BE(at));
    let offset = HEADER_LENGTH;
    for (let index = 0; index < questions!; index++) offset = anyNameEnd(bytes, offset) + 4;
    let last: number | undefined;
    for (let left = records[0]! + records[1]! + records[2]!; left > 0; left--) {
      last = offset;
      const tail = anyNameEnd(bytes, offset);
      offset = tail + 10 + bytes.readUInt16BE(tail + 8);
    }
    return last;
  } catch (error) {
    if (error instanceof RangeError) return undefined;
    throw error;
  }
}

/** End of a name without compression, which TSIG demands of its own. Throws RangeError. */
function plainNameEnd(bytes: Buffer, start: number): number {
  for (let offset = start; ; ) {
    const length = bytes.readUInt8(offset);
    if (length > 63) throw new RangeError('compressed name');
    offset += 1 + length;
    if (length === 0) return offset;
  }
}

function anyNameEnd(bytes: Buffer, start: number): number {
  for (let offset = start; ; ) {
    const length = bytes.readUInt8(offset);
    if (length > 63) return offset + 2;
    offset += 1 + length;
    if (length === 0) return offset;
  }
}

function lowerCase(name: Buffer): Buffer {
  return Buffer.from(name.map(byte => (byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte)));
}
