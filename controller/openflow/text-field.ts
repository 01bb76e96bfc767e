/**
 * Text in a field of fixed size, filled with zeros (port names, descriptions). The text is UTF-8; a byte that is
 * not becomes a lone surrogate U+DC80..U+DCFF, which is written back as that byte.
 */
import { Refusal, refuseValue } from './errors.js';

const encoder = new TextEncoder();
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** The text of at most `size` bytes at `pos`, up to the first zero. */
export function readText(buf: Uint8Array, pos: number, size: number): string {
  let end = pos;
  while (end < pos + size && buf[end] !== 0) end++;
  if (end === pos) return '';
  const bytes = buf.subarray(pos, end);
  try {
    return decoder.decode(bytes);
  } catch {
    return readBroken(bytes);
  }
}

function readBroken(bytes: Uint8Array): string {
  let text = '';
  for (let index = 0; index < bytes.length; ) {
    const length = sequenceLength(bytes[index]!);
    let piece: string | undefined;
    try {
      if (length > 0 && index + length <= bytes.length)
        piece = decoder.decode(bytes.subarray(index, index + length));
    } catch {}
    text += piece ?? String.fromCharCode(0xdc00 + bytes[index]!);
    index += piece === undefined ? 1 : length;
  }
  return text;
}

/** Bytes of the UTF-8 sequence that starts with `lead`; 0 when none does. */
function sequenceLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead >= 0xc2 && lead < 0xe0) return 2;
  if (lead >= 0xe0 && lead < 0xf0) return 3;
  return lead >= 0xf0 && lead < 0xf5 ? 4 : 0;
}

/** Writes `text` at `pos` and zeros up to `size`. Refuses text that is longer or holds a zero. */
export function writeText(buf: Uint8Array, pos: number, size: number, text: unknown, field: string): void {
  if (typeof text !== 'string') refuseValue(field, text, 'text');
  const bytes = textBytes(text);
  if (bytes.length > size) throw new Refusal('too-long', field, `must be text of at most ${size} bytes`);
  if (bytes.includes(0)) throw new Refusal('bad-value', field, 'must be text without zero bytes');
  buf.set(bytes, pos);
  buf.fill(0, pos + bytes.length, pos + size);
}

function textBytes(text: string): Uint8Array {
  if (!/[\udc80-\udcff]/.test(text)) return encoder.encode(text);
  const bytes: number[] = [];
  for (const character of text) {
    const code = character.charCodeAt(0);
    if (character.length === 1 && code >= 0xdc80 && code <= 0xdcff) bytes.push(code - 0xdc00);
    else bytes.push(...encoder.encode(character));
  }
  return Uint8Array.from(bytes);
}
