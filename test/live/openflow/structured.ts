import { expect } from 'chai';
import { decode, encodeToBytes, formatHex } from '../../../controller/openflow/index.js';

/** Fails unless `bytes` decode into structures alone, and those encode to the same bytes. */
export function expectStructured(bytes: Uint8Array): void {
  const message = decode(bytes);
  expect(formatHex(encodeToBytes(message)), message.type).to.equal(formatHex(bytes));
  expect(unstructured(message), message.type).to.deep.equal([]);
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
