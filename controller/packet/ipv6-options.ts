/**
 * Options of the hop-by-hop and destination options headers (RFC 8200 section 4.2).
 * Reading may fail with `bad-option`, building with `bad-value` and `bad-length`.
 */
import { readU16, readU32 } from './byte-order.js';
import { byteString, fieldError, unsigned } from './field-check.js';
import { PacketError } from './packet-error.js';

export type Ipv6Option =
  | { type: 'pad-1' }
  /** `length` is that of the whole option, 2 to 257. */
  | { type: 'pad-n'; length: number }
  /** RFC 2711. */
  | { type: 'router-alert'; value: number }
  /** RFC 2675, bytes. */
  | { type: 'jumbo-payload'; length: number }
  /** `data` without kind and length. */
  | { type: 'other'; kind: number; data: Uint8Array };

const PAD_1 = 0;
const PAD_N = 1;
const ROUTER_ALERT = 5;
const JUMBO_PAYLOAD = 0xc2;
/** An extension header has at most 256 times 8 bytes, of which two are its own. */
const MAX_LENGTH = 2046;

export function parseIpv6Options(
  protocol: string,
  bytes: Uint8Array,
  start: number,
  end: number,
): Ipv6Option[] {
  const options: Ipv6Option[] = [];
  let offset = start;
  while (offset < end) {
    const kind = bytes[offset]!;
    if (kind === PAD_1) {
      options.push({ type: 'pad-1' });
      offset++;
      continue;
    }
    const next = offset + 1 < end ? offset + 2 + bytes[offset + 1]! : end + 1;
    if (next > end) {
      throw new PacketError('bad-option', protocol, `option ${kind} is cut`, { offset });
    }
    options.push(parseOption(kind, bytes.subarray(offset + 2, next)));
    offset = next;
  }
  return options;
}

function parseOption(kind: number, data: Uint8Array): Ipv6Option {
  if (kind === PAD_N && data.every(byte => byte === 0)) return { type: 'pad-n', length: 2 + data.length };
  if (kind === ROUTER_ALERT && data.length === 2) return { type: 'router-alert', value: readU16(data, 0) };
  if (kind === JUMBO_PAYLOAD && data.length === 4) return { type: 'jumbo-payload', length: readU32(data, 0) };
  return { type: 'other', kind, data };
}

/** Options with the padding that completes a header, whose own first two bytes count, to a multiple of 8. */
export function encodeIpv6Options(protocol: string, options: readonly Ipv6Option[]): Uint8Array {
  const bytes: number[] = [];
  for (const option of options) {
    encodeOption(protocol, option, bytes);
    if (bytes.length > MAX_LENGTH) {
      throw fieldError('bad-length', `${protocol}.options`, `are longer than ${MAX_LENGTH} bytes`);
    }
  }
  const padding = (8 - ((bytes.length + 2) % 8)) % 8;
  if (padding === 1) bytes.push(PAD_1);
  else if (padding > 1) bytes.push(PAD_N, padding - 2, ...new Array<number>(padding - 2).fill(0));
  return Uint8Array.from(bytes);
}

function encodeOption(protocol: string, option: Ipv6Option, bytes: number[]): void {
  const path = `${protocol}.options.${option.type}`;
  switch (option.type) {
    case 'pad-1':
      bytes.push(PAD_1);
      break;
    case 'pad-n': {
      if (option.length < 2) throw fieldError('bad-value', `${path}.length`, 'is less than 2');
      const length = unsigned(option.length - 2, 8, `${path}.length`);
      bytes.push(PAD_N, length, ...new Array<number>(length).fill(0));
      break;
    }
    case 'router-alert': {
      const value = unsigned(option.value, 16, `${path}.value`);
      bytes.push(ROUTER_ALERT, 2, value >>> 8, value & 255);
      break;
    }
    case 'jumbo-payload': {
      const length = unsigned(option.length, 32, `${path}.length`);
      bytes.push(JUMBO_PAYLOAD, 4, length >>> 24, (length >>> 16) & 255, (length >>> 8) & 255, length & 255);
      break;
    }
    case 'other': {
      const kind = unsigned(option.kind, 8, `${path}.kind`);
      if (kind === PAD_1) throw fieldError('bad-value', `${path}.kind`, 'has no length');
      const data = byteString(option.data, 255, `${path}.data`);
      bytes.push(kind, data.length, ...data);
      break;
    }
    default:
      throw fieldError('bad-value', `${protocol}.options`, 'has an entry of unknown type');
  }
}
