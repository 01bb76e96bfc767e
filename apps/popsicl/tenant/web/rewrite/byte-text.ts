/**
 * Text that stands for bytes of an unknown encoding that extends ASCII: bytes above 0x7f are characters U+F780 to U+F7FF, so
 * that every chunk can be read for itself, and what is not changed leaves as it came. Other characters above 0x7f come from
 * character references only.
 */
export function bytesToText(bytes: Uint8Array): string {
  const units = new Uint16Array(bytes.length);
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    units[at] = byte < 0x80 ? byte : 0xf700 | byte;
  }
  return Buffer.from(units.buffer).toString('utf16le');
}

/** The inverse; other characters than those have to be escaped before. */
export function textToBytes(text: string): Buffer {
  return Buffer.from(text, 'latin1');
}

/** What the bytes say in UTF-8. */
export function readable(text: string): string {
  return text.replace(/[\uf780-\uf7ff]+/g, bytes => Buffer.from(bytes, 'latin1').toString('utf8'));
}

/** Characters that no byte stands for, written by `write`, which is given the code point. */
export function escapeOthers(text: string, write: (codePoint: number) => string): string {
  return text.replace(/[^\0-\x7f\uf780-\uf7ff]/gu, character => write(character.codePointAt(0)!));
}
