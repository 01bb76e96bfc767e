/** Numbers of DNS (RFC 1035, 2136, 6891, 8945) that the server and the publisher use. */
export const RecordType = {
  A: 1,
  NS: 2,
  SOA: 6,
  HINFO: 13,
  AAAA: 28,
  OPT: 41,
  TSIG: 250,
  IXFR: 251,
  AXFR: 252,
  ANY: 255,
} as const;

export const RecordClass = { IN: 1, NONE: 254, ANY: 255 } as const;
export const Opcode = { QUERY: 0, UPDATE: 5 } as const;

export const ResponseCode = {
  NOERROR: 0,
  FORMERR: 1,
  SERVFAIL: 2,
  NXDOMAIN: 3,
  NOTIMP: 4,
  REFUSED: 5,
  NOTAUTH: 9,
  /** Extended: its upper bits travel in the OPT record. */
  BADVERS: 16,
} as const;

export const HEADER_LENGTH = 12;
const MAX_NAME_BYTES = 255;
const MAX_LABEL_BYTES = 63;

/** Uncompressed name of an ASCII domain without a final dot; the root for ''. Throws RangeError when it is too long. */
export function nameBytes(domain: string): Buffer {
  const labels = domain === '' ? [] : domain.split('.').map(label => Buffer.from(label, 'latin1'));
  for (const label of labels) {
    if (label.length === 0 || label.length > MAX_LABEL_BYTES)
      throw new RangeError('a DNS label has 1 to 63 bytes');
  }
  const bytes = Buffer.concat([...labels.flatMap(label => [Buffer.of(label.length), label]), Buffer.of(0)]);
  if (bytes.length > MAX_NAME_BYTES) throw new RangeError('a DNS name has 255 bytes at most');
  return bytes;
}

/** Big-endian bytes of a number that fits 16 bits. */
export function uint16(value: number): Buffer {
  return Buffer.of(value >>> 8, value & 0xff);
}

/** Big-endian bytes of a number that fits 32 bits. */
export function uint32(value: number): Buffer {
  return Buffer.of(value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff);
}
