/** What the codec throws, and nothing else: {@link OpenflowError}. */
import { CodedError } from '../coded-error.js';

export type OpenflowErrorCode =
  /** The bytes end before the message does. */
  | 'truncated'
  | 'bad-version'
  /** A type code or type tag without a meaning. */
  | 'bad-type'
  /** A length that does not fit what it counts, or is not aligned as it must be. */
  | 'bad-length'
  | 'bad-value'
  /** A mask on a field without masks, or value bits outside the mask. */
  | 'bad-mask'
  /** A match field without the field that it depends on (OpenFlow 1.3.5 section 7.2.3.6). */
  | 'bad-prerequisite'
  | 'duplicate-field'
  | 'unknown-field'
  | 'missing-field'
  /** More than 65535 bytes. */
  | 'too-long';

const MENDS: Partial<Record<OpenflowErrorCode, string>> = {
  'bad-prerequisite': 'Add the field that it depends on to the match.',
  'unknown-field': 'Check the spelling: docs/reference/openflow.md lists every field.',
  'too-long': 'Split it: a message has at most 65535 bytes.',
};

export class OpenflowError extends CodedError<OpenflowErrorCode> {
  /** Path to what was refused, from the message's type on: 'flow-mod.match.tcpDst'. */
  readonly field: string | undefined;
  /** Where, in bytes from the start of the message; only when decoding. */
  readonly offset: number | undefined;

  constructor(
    code: OpenflowErrorCode,
    message: string,
    options: { field?: string | undefined; offset?: number | undefined } = {},
  ) {
    const mend = MENDS[code];
    super(code, message, mend === undefined ? {} : { mend });
    this.field = options.field;
    this.offset = options.offset;
  }
}

/**
 * What generated code throws inside: light, without a stack, its path completed level by level on the way up.
 * It never leaves this room: encode and decode turn it into an OpenflowError.
 */
export class Refusal {
  readonly code: OpenflowErrorCode;
  readonly reason: string;
  field: string;
  /** Position in the buffer, when decoding. */
  readonly position: number;

  constructor(code: OpenflowErrorCode, field: string, reason: string, position = -1) {
    this.code = code;
    this.field = field;
    this.reason = reason;
    this.position = position;
  }
}

/** `error` with `outer` put before its path. What no arithmetic took, such as a bigint for a number, is refused. */
export function within(error: unknown, outer: string): Refusal | OpenflowError {
  if (error instanceof OpenflowError) return error;
  if (!(error instanceof Refusal)) return new Refusal('bad-value', outer, 'holds a value of a wrong type');
  const inner = error.field;
  error.field = inner === '' ? outer : inner.startsWith('[') ? outer + inner : `${outer}.${inner}`;
  return error;
}

/** The public error of what was thrown while handling a message of type `type` that starts at `start`. */
export function publicError(error: unknown, type: string, start: number): OpenflowError {
  const refusal = within(error, type);
  if (refusal instanceof OpenflowError) return refusal;
  const { code, field, reason, position } = refusal;
  const offset = position < 0 ? undefined : position - start;
  const place = offset === undefined ? '' : ` (byte ${offset})`;
  return new OpenflowError(code, `${field}: ${reason}${place}`, { field, offset });
}

/** Refusals of values handed to the encoder. None quotes the value: it may be a client's address. */
export function refuseUint(field: string, value: unknown, bits: number): never {
  if (value === undefined) refuseMissing(field);
  throw new Refusal('bad-value', field, `must be an integer of ${bits} bits without sign`);
}

export function refuseMissing(field: string): never {
  throw new Refusal('missing-field', field, 'is missing');
}

export function refuseValue(field: string, value: unknown, expected: string): never {
  if (value === undefined) refuseMissing(field);
  throw new Refusal('bad-value', field, `must be ${expected}`);
}

/** Refuses the first key of `object` that is not in `known`; keys whose value is undefined do not count. */
export function refuseUnknownKeys(object: object, known: readonly string[]): void {
  for (const key in object) {
    if ((object as Record<string, unknown>)[key] !== undefined && !known.includes(key)) {
      throw new Refusal('unknown-field', key, 'is not a field here');
    }
  }
}
