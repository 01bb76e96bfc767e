import { CodedError } from '../../coded-error.js';

const NOT_HEX = 0xff;
const BLANK = 0xfe;
const COMMENT = 0xfd;
const NEWLINE = 0x0a;

/** What each ASCII character is: the value of a digit, blank, the start of a comment, or nothing of these. */
const KIND = new Uint8Array(256).fill(NOT_HEX);
for (const blank of ' \t\r\n\v\f') KIND[blank.charCodeAt(0)] = BLANK;
KIND['#'.charCodeAt(0)] = COMMENT;
for (let digit = 0; digit < 16; digit++) {
  KIND[digit.toString(16).charCodeAt(0)] = digit;
  KIND[digit.toString(16).toUpperCase().charCodeAt(0)] = digit;
}

class HexError extends CodedError<'bad-hex'> {}

/**
 * Bytes of hexadecimal text that comes in chunks. Blanks and line ends may stand anywhere, also between the
 * two digits of a byte; `#` starts a comment that goes to the end of the line.
 */
export class HexReader {
  #high = -1;
  #inComment = false;
  #line = 1;

  /**
   * The bytes that `chunk` (ASCII) completes, and the error where a character is no hexadecimal digit: then
   * they are the bytes before it.
   */
  push(chunk: Uint8Array): { bytes: Uint8Array; error?: HexError } {
    const bytes = new Uint8Array((chunk.length >> 1) + 1);
    let length = 0;
    for (const character of chunk) {
      if (character === NEWLINE) {
        this.#line++;
        this.#inComment = false;
        continue;
      }
      if (this.#inComment) continue;
      const kind = KIND[character]!;
      if (kind < 16) {
        if (this.#high < 0) this.#high = kind;
        else {
          bytes[length++] = (this.#high << 4) | kind;
          this.#high = -1;
        }
      } else if (kind === COMMENT) this.#inComment = true;
      else if (kind === NOT_HEX) return { bytes: bytes.subarray(0, length), error: this.#notHex(character) };
    }
    return { bytes: bytes.subarray(0, length) };
  }

  /** The error of text that ended in the middle of a byte. */
  end(): HexError | undefined {
    if (this.#high < 0) return undefined;
    return new HexError('bad-hex', `line ${this.#line}: the text ends in the middle of a byte`);
  }

  #notHex(character: number): HexError {
    const shown =
      character > 0x20 && character < 0x7f
        ? `\`${String.fromCharCode(character)}\``
        : `byte 0x${character.toString(16)}`;
    return new HexError('bad-hex', `line ${this.#line}: ${shown} is no hexadecimal digit`);
  }
}
