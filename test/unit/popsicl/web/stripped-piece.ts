const MARK = 0x80;

/** What `padPiece` has padded, as the page's script finds it; undefined for what is no padded piece. */
export function stripPiece(padded: Uint8Array): Uint8Array | undefined {
  const mark = padded.findLastIndex(byte => byte !== 0);
  return mark >= 0 && padded[mark] === MARK ? padded.subarray(0, mark) : undefined;
}
