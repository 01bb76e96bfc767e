/** What a body is filled up with, so that it means the same as before. */
export type Filling = 'comment' | 'space' | 'none';

const FILLINGS: Readonly<Record<string, Filling>> = {
  'text/html': 'comment',
  'application/json': 'space',
  'application/javascript': 'space',
  'application/manifest+json': 'space',
  'application/xhtml+xml': 'space',
  'application/xml': 'space',
  'image/svg+xml': 'space',
  'text/css': 'space',
  'text/javascript': 'space',
  'text/xml': 'space',
};

const EMPTY_COMMENT = '<!---->'.length;

/** By the value of a Content-Type; `none` where any more byte would be a part of the content. */
export function fillingOf(contentType: string): Filling {
  const name = contentType.split(';')[0]!.trim().toLowerCase();
  return Object.hasOwn(FILLINGS, name) ? FILLINGS[name]! : 'none';
}

/**
 * Bytes that fill `length` up to a multiple of `unit`; none for `none`. With `ladder` a comment fills up to a step: a multiple of
 * the unit again, about so many times the one before.
 */
export function fillUp(length: number, unit: number, filling: Filling, ladder?: number): Buffer {
  const steps = filling === 'comment' && ladder !== undefined;
  const missing = steps ? stepFrom(length + EMPTY_COMMENT, unit, ladder) - length : missingTo(length, unit);
  if (filling === 'none' || missing === 0) return Buffer.alloc(0);
  if (filling === 'space') return Buffer.alloc(missing, ' ');
  const [open, close] = ['<!--', '-->'];
  const size = missing < EMPTY_COMMENT ? missing + unit : missing;
  return Buffer.from(open + ' '.repeat(size - open.length - close.length) + close);
}

/** The least step of at least `length` bytes. */
function stepFrom(length: number, unit: number, ladder: number): number {
  let step = unit;
  while (step < length) step *= ladder;
  return Math.ceil(step / unit) * unit;
}

const MARK = 0x80;

/** A piece as the page's script strips it: content, a byte 0x80, zeros up to the unit (ISO/IEC 7816-4). */
export function padPiece(content: Uint8Array, unit: number): Buffer {
  const padded = Buffer.alloc(content.length + 1 + missingTo(content.length + 1, unit));
  padded.set(content);
  padded[content.length] = MARK;
  return padded;
}

export function missingTo(length: number, unit: number): number {
  return (unit - (length % unit)) % unit;
}
