import { expect } from 'chai';
import { decode, encodeToBytes, formatHex } from '../../../controller/openflow/index.js';
import type { Received } from './raw-connection.js';

/** Fails unless `bytes` decode into structures alone, and those encode to the same bytes. */
export function expectStructured(bytes: Uint8Array): void {
  const message = decode(bytes);
  expect(formatHex(encodeToBytes(message)), message.type).to.equal(formatHex(bytes));
  expect(unstructured(message), message.type).to.deep.equal([]);
}

/** `replies`, all of which must be structured. */
export function structured(replies: readonly Received[]): readonly Received[] {
  for (const { bytes } of replies) expectStructured(bytes);
  return replies;
}

/** Paths to everything in `value` that the decoder passed through as bytes it has no structure for. */
function unstructured(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return [];
  const found: string[] = [];
  const { type } = value as { type?: unknown };
  if (type === 'experimenter' || type === 'unknown') found.push(path);
  for (const [key, item] of Object.entries(value)) {
    if (/^0x/.test(key) || (typeof item === 'string' && /^0x/.test(item))) {
      found.push(`${path}.${key} ${item}`);
    }
    found.push(...unstructured(item, `${path}.${key}`));
  }
  return found;
}
