import { MULTIPART_LISTS } from '../openflow/index.js';
import type { DecodedOf } from './requests.js';
import { SessionError } from './session-error.js';

type MultipartReply = DecodedOf<'multipart-reply'>;
type PartCallback = (part: MultipartReply) => void;

/**
 * Joins the messages of one multipart reply (OpenFlow 1.3.5 section 7.3.5): the lists of their bodies are
 * concatenated in order of arrival. Bounded in bytes and in parts.
 */
export class MultipartReassembly {
  readonly #maxBytes: number;
  readonly #maxParts: number;
  readonly #onPart: PartCallback | undefined;
  #whole: MultipartReply | undefined;
  #bytes = 0;
  #parts = 0;

  constructor(maxBytes: number, maxParts: number, onPart?: PartCallback) {
    this.#maxBytes = maxBytes;
    this.#maxParts = maxParts;
    this.#onPart = onPart;
  }

  /**
   * Adds a part of `length` bytes on the wire. Returns the whole reply after the last part, an error when the reply
   * breaks a bound or its parts disagree, else undefined.
   */
  add(part: MultipartReply, length: number): MultipartReply | SessionError | undefined {
    this.#bytes += length;
    this.#parts++;
    if (this.#bytes > this.#maxBytes) return tooLarge(`${this.#maxBytes} bytes`);
    if (this.#parts > this.#maxParts) return tooLarge(`${this.#maxParts} parts`);
    if (this.#whole !== undefined && this.#whole.body.type !== part.body.type) {
      const types = `${this.#whole.body.type} and ${part.body.type}`;
      return new SessionError('unexpected-reply', `A multipart reply has parts of types ${types}.`);
    }
    if (this.#onPart !== undefined) {
      this.#onPart(part);
      this.#whole = part;
    } else if (this.#whole === undefined) {
      this.#whole = part;
    } else {
      append(this.#whole.body, part.body);
    }
    if (part.flags.includes('more')) return undefined;
    return { ...this.#whole, flags: [] };
  }
}

/** Appends the list of `part` to the one in `whole`; the data of an experimenter's reply is one byte string. */
function append(whole: MultipartReply['body'], part: MultipartReply['body']): void {
  const [target, source] = [whole, part] as unknown as Record<string, unknown>[];
  const name = MULTIPART_LISTS[whole.type] ?? 'data';
  const [present, more] = [target![name], source![name]];
  if (Array.isArray(present) && Array.isArray(more)) {
    for (const element of more) present.push(element);
  } else if (present instanceof Uint8Array && more instanceof Uint8Array) {
    target![name] = joined(present, more);
  }
}

function joined(first: Uint8Array, second: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(first.length + second.length);
  bytes.set(first);
  bytes.set(second, first.length);
  return bytes;
}

function tooLarge(bound: string): SessionError {
  return new SessionError('reply-too-large', `The multipart reply is larger than ${bound}.`);
}
