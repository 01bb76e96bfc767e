import type { Json } from '../openflow/index.js';

/** In the place of what is not told. */
const SEALED = 'sealed';

/** Keys of matches and of set-field actions that say who or where somebody is: `ipv4Src`, `tcpDst`, `arpSpa` and their like. */
const ENDS = /(?:src|dst|sha|tha|spa|tpa|sll|tll|target)$/i;

/** The JSON form of a match, or of instructions, without addresses and ports of ends; everything else stays. */
export function sealed<T extends Json>(value: T): T {
  return seal(value) as T;
}

function seal(value: Json): Json {
  if (Array.isArray(value)) return value.map(seal);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).map(([key, inner]) => [key, ENDS.test(key) ? SEALED : seal(inner)]);
  return Object.fromEntries(entries) as Json;
}
