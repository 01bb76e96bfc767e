import { missingTo, padPiece } from './padding.js';
import type { PieceName } from './piece-name.js';
import type { Part } from './piece-store.js';

/** Type and body of the answer that brings a piece; undefined: it did not come. A multiple of `unit`. */
export function pieceBody(
  part: Part | undefined,
  name: PieceName,
  unit: number,
): { type: string; body: Buffer } {
  if (name.form === 'bytes') {
    const body = part ? padPiece(part.content, unit) : Buffer.alloc(unit);
    return { type: 'application/octet-stream', body };
  }
  const place = `${JSON.stringify(name.object)},${name.number}`;
  const content =
    part?.token === undefined
      ? ''
      : `,${JSON.stringify(part.token)},${JSON.stringify(part.type)},\`${escaped(part.content)}\``;
  const script = Buffer.from(`__popsicl.piece(${place}${content})`);
  return {
    type: 'text/javascript; charset=utf-8',
    body: Buffer.concat([script, Buffer.alloc(missingTo(script.length, unit), ' ')]),
  };
}

/** Bytes as the characters of a template of JavaScript. */
function escaped(content: Buffer): string {
  return content
    .toString('latin1')
    .replace(/[\\`\0\r]|\$(?=\{|$)/g, unit => `\\x${unit.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
