/** Bytes <-> messages. Both directions check everything; what they refuse is an {@link OpenflowError}. */
import { OpenflowError, publicError, Refusal } from './errors.js';
import { decodeMessage } from './generated/decoders.js';
import { encodeMessage } from './generated/encoders.js';
import type { DecodedMessage, Message } from './generated/types.js';
import { messageTypeName } from './message-type.js';
import { Reader } from './reader.js';
import { MAX_MESSAGE_LENGTH, Writer } from './writer.js';

/** Wire version of OpenFlow 1.3. */
export const VERSION = 4;
/** Bytes of ofp_header: version u8, type u8, length u16, xid u32 (OpenFlow 1.3.5 section 7.1). */
export const HEADER_LENGTH = 8;

/**
 * Appends `message` to the writer. `xid` replaces message.xid; without both it is 0.
 * Throws OpenflowError, whose `field` names what was refused, and then nothing was written.
 */
export function encode(writer: Writer, message: Message, xid?: number): void {
  const start = writer.pos;
  writer.start = start;
  writer.met = -1;
  writer.nesting = 0;
  try {
    encodeMessage(writer, message, xid);
    if (writer.pos - start > MAX_MESSAGE_LENGTH) {
      throw new Refusal('too-long', '', `makes ${writer.pos - start} bytes, more than 65535`);
    }
  } catch (error) {
    writer.pos = start;
    throw publicError(error, typeOf(message), start);
  }
}

/** The bytes of one message. */
export function encodeToBytes(message: Message, xid?: number): Uint8Array {
  const writer = new Writer(256);
  encode(writer, message, xid);
  return writer.bytes();
}

function typeOf(message: unknown): string {
  const type =
    typeof message === 'object' && message !== null ? (message as { type?: unknown }).type : undefined;
  return typeof type === 'string' ? type : 'message';
}

/**
 * The message at `offset`; bytes after it are not looked at. It is a plain object that shares nothing with
 * `bytes`. Throws OpenflowError with the offset, from the start of the message, of what is wrong.
 */
export function decode(bytes: Uint8Array, offset = 0): DecodedMessage {
  const reader = new Reader(bytes, offset);
  try {
    const available = bytes.length - offset;
    if (!(available >= HEADER_LENGTH)) {
      throw new Refusal(
        'truncated',
        'header',
        `needs 8 bytes, ${Math.max(0, available || 0)} are there`,
        offset,
      );
    }
    const length = reader.view.getUint16(offset + 2);
    if (length > available) {
      throw new Refusal('truncated', 'header', `says ${length} bytes, ${available} are there`, offset + 2);
    }
    return decodeMessage(reader, offset + length);
  } catch (error) {
    throw publicError(error, messageTypeName(bytes[offset + 1]), offset);
  }
}

/**
 * Bytes of the message at `offset`, from its header; the caller sees to it that 8 bytes are there.
 * Throws OpenflowError bad-length when it is less than a header.
 */
export function messageLength(bytes: Uint8Array, offset = 0): number {
  const length = bytes[offset + 2]! * 256 + bytes[offset + 3]!;
  if (!(length >= HEADER_LENGTH)) {
    throw new OpenflowError('bad-length', `header: says ${length} bytes, less than a header (byte 2)`, {
      field: 'header',
      offset: 2,
    });
  }
  return length;
}
