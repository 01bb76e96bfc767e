import { Http3Code, Http3Error } from './http3-error.js';

/**
 * The Huffman code of header strings (RFC 7541 appendix B). It is canonical: codes of one length are consecutive, in the
 * order of their symbols, so that the lengths say everything. Symbol 256 is EOS.
 */
// biome-ignore format: sixteen symbols a row
const LENGTHS = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];
const EOS = 256;
const MAX_LENGTH = 30;

/** By length: the first code, and where its symbols begin in `symbols`. */
const firstCode = new Array<number>(MAX_LENGTH + 2).fill(0);
const firstSymbol = new Array<number>(MAX_LENGTH + 2).fill(0);
const symbols: number[] = [];
for (let length = 1, code = 0; length <= MAX_LENGTH; length++) {
  firstCode[length] = code;
  firstSymbol[length] = symbols.length;
  for (let symbol = 0; symbol <= EOS; symbol++) if (LENGTHS[symbol] === length) symbols.push(symbol);
  code = (code + symbols.length - firstSymbol[length]!) * 2;
  firstCode[length + 1] = code;
  firstSymbol[length + 1] = symbols.length;
}

/** Decodes a Huffman-coded string. Throws Http3Error on EOS, and on padding that is too long or not all ones. */
export function decodeHuffman(bytes: Uint8Array): Uint8Array {
  const decoded: number[] = [];
  let code = 0;
  let length = 0;
  for (const byte of bytes) {
    for (let bit = 7; bit >= 0; bit--) {
      code = code * 2 + ((byte >> bit) & 1);
      length++;
      if (length > MAX_LENGTH) throw malformed('a code that does not exist');
      const index = code - firstCode[length]!;
      const count = firstSymbol[length + 1]! - firstSymbol[length]!;
      if (index >= count) continue;
      const symbol = symbols[firstSymbol[length]! + index]!;
      if (symbol === EOS) throw malformed('EOS');
      decoded.push(symbol);
      code = 0;
      length = 0;
    }
  }
  if (length > 7 || code !== 2 ** length - 1) throw malformed('padding that is not the beginning of EOS');
  return Uint8Array.from(decoded);
}

function malformed(what: string): Http3Error {
  return new Http3Error(Http3Code.QPACK_DECOMPRESSION_FAILED, `a Huffman-coded header string holds ${what}`);
}
