import type { OpenflowError } from '../openflow/index.js';
import { HeaderType } from './inbound.js';
import type { MessageOf } from './requests.js';

/** How much of a message the ERROR about it repeats (OpenFlow 1.3.5 section 7.4.4). */
const DATA_LENGTH = 64;

type ErrorMessage = MessageOf<'error'>;

/** The BAD_REQUEST error about the message of `length` bytes at `offset`. */
export function badRequest(
  errorCode: 'bad-version' | 'bad-type' | 'bad-len',
  buf: Uint8Array,
  offset: number,
  length: number,
): ErrorMessage {
  const data = buf.subarray(offset, Math.min(buf.length, offset + Math.min(length, DATA_LENGTH)));
  return { type: 'error', errorType: 'bad-request', errorCode, data };
}

/** The HELLO_FAILED error that refuses a peer, with `text` for its operator. */
export function helloFailed(errorCode: 'incompatible' | 'eperm', text: string): ErrorMessage {
  return { type: 'error', errorType: 'hello-failed', errorCode, data: new TextEncoder().encode(text) };
}

/** The BAD_REQUEST code that tells a peer what is wrong with its message; undefined where OpenFlow has none. */
export function complaintAbout(
  error: OpenflowError,
  headerType: number,
): 'bad-version' | 'bad-type' | 'bad-len' | undefined {
  // An ERROR or HELLO is never answered with an ERROR: two peers could go on for ever.
  if (headerType === HeaderType.ERROR || headerType === HeaderType.HELLO) return undefined;
  switch (error.code) {
    case 'bad-version':
      return 'bad-version';
    case 'bad-type':
      return 'bad-type';
    case 'bad-length':
    case 'truncated':
    case 'too-long':
      return 'bad-len';
    default:
      return undefined;
  }
}
