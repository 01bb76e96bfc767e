import { expect } from 'chai';
import {
  type DecodedMessage,
  decode,
  encodeToBytes,
  formatHex,
  type Message,
  OpenflowError,
  parseHex,
  toJson,
} from '../../../controller/openflow/index.js';

/** Bytes of annotated hexadecimal text: white space, and what follows `//` on a line, do not count. */
export function annotated(text: string): Uint8Array {
  const bytes = parseHex(text.replace(/\/\/.*$/gm, '').replace(/\s+/g, ''));
  if (bytes === undefined) throw new Error('the vector is not hexadecimal');
  return bytes;
}

/** Hexadecimal text of `text` in a field of `size` bytes. */
export const padded = (text: string, size: number): string =>
  formatHex(new TextEncoder().encode(text)).padEnd(2 * size, '0');

/** Types of the messages that are pinned. */
export const pinnedTypes = new Set<string>();

/**
 * Pins bytes and message to each other in both directions, and checks that the JSON form gives the same bytes and
 * that no cut of the message is read past its end.
 */
export function pins(title: string, hex: string, message: DecodedMessage): void {
  pinnedTypes.add(message.type);
  it(title, () => {
    const bytes = annotated(hex);
    expect(formatHex(encodeToBytes(message))).to.equal(formatHex(bytes));
    expect(decode(bytes)).to.deep.equal(message);
    expect(formatHex(encodeToBytes(JSON.parse(JSON.stringify(toJson(message))) as Message))).to.equal(
      formatHex(bytes),
    );
    for (let length = 0; length < bytes.length; length++) {
      expect(() => decode(bytes.slice(0, length)))
        .to.throw(OpenflowError)
        .with.property('code', 'truncated');
    }
  });
}
