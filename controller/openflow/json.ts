import { formatHex } from './hex.js';

/** What JSON can hold. */
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * A decoded message (or a part of one) as JSON: bigints become '0x…' text and bytes hexadecimal text. The encoder
 * takes the result as it stands.
 */
export function toJson(value: unknown): Json {
  if (typeof value === 'bigint') return `0x${value.toString(16)}`;
  if (value instanceof Uint8Array) return formatHex(value);
  if (Array.isArray(value)) return value.map(toJson);
  if (typeof value === 'object' && value !== null) {
    const json: { [key: string]: Json } = {};
    for (const [key, member] of Object.entries(value)) if (member !== undefined) json[key] = toJson(member);
    return json;
  }
  return value as Json;
}
