/**
 * Option lists of IPv4 (RFC 791 section 3.1) and TCP (RFC 9293 section 3.1): one byte of kind, then, but for
 * end and no-operation, one byte of length and the value. At most 40 bytes.
 * Reading may fail with `bad-option`, building with `bad-value` and `bad-length`.
 */
import { byteString, fieldError, unsigned } from './field-check.js';
import { PacketError } from './packet-error.js';

/** Options that both protocols share, and those whose kind or form is unknown. */
export type PlainOption =
  | { type: 'no-operation' }
  /** Building pads with zeros, so the end need be said only where something else follows it. */
  | { type: 'end-of-options'; rest: Uint8Array }
  /** `data` without kind and length. */
  | { type: 'other'; kind: number; data: Uint8Array };

const MAX_OPTIONS_LENGTH = 40;

const END = 0;
const NO_OPERATION = 1;

/** `read` gives the typed form of an option, or undefined where its value does not have that form. */
export function parseOptions<Option>(
  protocol: string,
  bytes: Uint8Array,
  start: number,
  end: number,
  read: (kind: number, value: Uint8Array) => Option | undefined,
): (Option | PlainOption)[] {
  const options: (Option | PlainOption)[] = [];
  let offset = start;
  while (offset < end) {
    const kind = bytes[offset]!;
    if (kind === END) {
      const rest = bytes.subarray(offset + 1, end);
      if (rest.length >= 3 || rest.some(byte => byte !== 0)) {
        options.push({ type: 'end-of-options', rest });
      }
      break;
    }
    if (kind === NO_OPERATION) {
      options.push({ type: 'no-operation' });
      offset++;
      continue;
    }
    const length = offset + 1 < end ? bytes[offset + 1]! : 0;
    if (length < 2 || offset + length > end) {
      throw new PacketError('bad-option', protocol, `option ${kind} has no right length`, { offset });
    }
    const value = bytes.subarray(offset + 2, offset + length);
    options.push(read(kind, value) ?? { type: 'other', kind, data: value });
    offset += length;
  }
  return options;
}

/** `write` gives kind and value of a typed option. The result is padded with zeros to a multiple of 4. */
export function encodeOptions<Option extends { type: string }>(
  protocol: string,
  options: readonly (Option | PlainOption)[],
  write: (option: Option) => { kind: number; value: readonly number[] },
): readonly number[] {
  const bytes: number[] = [];
  for (const option of options) {
    if (isPlain(option)) {
      appendPlain(protocol, option, bytes);
    } else {
      const { kind, value } = write(option);
      bytes.push(kind, 2 + value.length, ...value);
    }
    if (bytes.length > MAX_OPTIONS_LENGTH) {
      throw fieldError('bad-length', `${protocol}.options`, `are longer than ${MAX_OPTIONS_LENGTH} bytes`);
    }
  }
  while (bytes.length % 4 !== 0) bytes.push(END);
  return bytes;
}

function isPlain(option: { type: string }): option is PlainOption {
  return option.type === 'no-operation' || option.type === 'end-of-options' || option.type === 'other';
}

function appendPlain(protocol: string, option: PlainOption, bytes: number[]): void {
  if (option.type === 'no-operation') {
    bytes.push(NO_OPERATION);
  } else if (option.type === 'end-of-options') {
    bytes.push(
      END,
      ...byteString(option.rest, MAX_OPTIONS_LENGTH, `${protocol}.options.end-of-options.rest`),
    );
  } else {
    const kind = unsigned(option.kind, 8, `${protocol}.options.other.kind`);
    if (kind <= NO_OPERATION) {
      throw fieldError('bad-value', `${protocol}.options.other.kind`, 'has no length');
    }
    const data = byteString(option.data, MAX_OPTIONS_LENGTH - 2, `${protocol}.options.other.data`);
    bytes.push(kind, 2 + data.length, ...data);
  }
}
