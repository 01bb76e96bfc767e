import { Http3Code, Http3Error } from './http3-error.js';
import { decodeHuffman } from './huffman.js';
import { type Field, STATIC_TABLE, staticIndexOf, staticNameIndexOf } from './static-table.js';

/**
 * Field sections (RFC 9204 section 4.5) without a dynamic table: this end announces a capacity of 0, so a peer may not
 * refer to one, and it is never used towards a peer. Strings are sent plain and received in either form.
 */
export function encodeFieldSection(fields: Iterable<Field>): Uint8Array {
  const out: number[] = [0, 0]; // Required Insert Count, Delta Base
  for (const [name, value] of fields) {
    const exact = staticIndexOf.get(`${name}\0${value}`);
    if (exact !== undefined) {
      pushInteger(out, 0xc0, 6, exact); // indexed, static
      continue;
    }
    const nameIndex = staticNameIndexOf.get(name);
    const nameBytes = Buffer.from(name, 'latin1');
    if (nameIndex !== undefined) {
      pushInteger(out, 0x50, 4, nameIndex); // literal with static name reference
    } else {
      pushInteger(out, 0x20, 3, nameBytes.length); // literal with literal name
      for (const byte of nameBytes) out.push(byte);
    }
    const valueBytes = Buffer.from(value, 'latin1');
    pushInteger(out, 0, 7, valueBytes.length);
    for (const byte of valueBytes) out.push(byte);
  }
  return Uint8Array.from(out);
}

/** Values are decoded as Latin-1, so that every byte is kept. Throws Http3Error only. */
export function decodeFieldSection(bytes: Uint8Array): Field[] {
  const reader = new Reader(bytes);
  const insertCount = reader.integer(8);
  reader.integer(7);
  if (insertCount !== 0) throw failed('refers to a dynamic table that was never allowed');
  const fields: Field[] = [];
  while (reader.left > 0) {
    const first = reader.peek();
    if (first & 0x80) {
      if (!(first & 0x40)) throw failed('refers to a dynamic table that was never allowed');
      fields.push(entry(reader.integer(6)));
    } else if (first & 0x40) {
      if (!(first & 0x10)) throw failed('refers to a dynamic table that was never allowed');
      const [name] = entry(reader.integer(4));
      fields.push([name, reader.string(7)]);
    } else if (first & 0x20) {
      const name = reader.string(3);
      fields.push([name, reader.string(7)]);
    } else {
      throw failed('refers to a dynamic table that was never allowed');
    }
  }
  return fields;
}

class Reader {
  private readonly bytes: Uint8Array;
  private offset = 0;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  get left(): number {
    return this.bytes.length - this.offset;
  }

  peek(): number {
    return this.bytes[this.offset]!;
  }

  /** Prefixed integer (RFC 7541 section 5.1), up to 2^32. */
  integer(prefixBits: number): number {
    const mask = 2 ** prefixBits - 1;
    let value = this.byte() & mask;
    if (value < mask) return value;
    for (let scale = 1; ; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (value > 2 ** 32) throw failed('holds an integer that is too large');
      if (byte < 0x80) return value;
      if (scale > 2 ** 28) throw failed('holds an integer that is too long');
    }
  }

  /** String whose Huffman bit stands before a length of `prefixBits`. */
  string(prefixBits: number): string {
    const huffman = (this.peekOrFail() & (1 << prefixBits)) !== 0;
    const length = this.integer(prefixBits);
    if (length > this.left) throw failed('ends within a string');
    const bytes = this.bytes.subarray(this.offset, this.offset + length);
    this.offset += length;
    return Buffer.from(huffman ? decodeHuffman(bytes) : bytes).toString('latin1');
  }

  private peekOrFail(): number {
    if (this.left === 0) throw failed('ends within a field');
    return this.peek();
  }

  private byte(): number {
    if (this.left === 0) throw failed('ends within a field');
    return this.bytes[this.offset++]!;
  }
}

function entry(index: number): Field {
  const field = STATIC_TABLE[index];
  if (field === undefined) throw failed('refers to an entry that the static table has not');
  return field;
}

function pushInteger(out: number[], flags: number, prefixBits: number, value: number): void {
  const mask = 2 ** prefixBits - 1;
  if (value < mask) {
    out.push(flags | value);
    return;
  }
  out.push(flags | mask);
  let rest = value - mask;
  while (rest >= 128) {
    out.push((rest % 128) | 0x80);
    rest = Math.floor(rest / 128);
  }
  out.push(rest);
}

function failed(what: string): Http3Error {
  return new Http3Error(Http3Code.QPACK_DECOMPRESSION_FAILED, `a header section ${what}`);
}
