/** The number that says which header follows. Fails with `missing-field` and `bad-value`. */
import { fieldError, unsigned } from './field-check.js';

/** `given` by the layer, or `implied` by the next one; both where they agree. */
export function settleNextHeader(
  field: string,
  given: number | undefined,
  implied: number | undefined,
): number {
  const value = given ?? implied;
  if (value === undefined) throw fieldError('missing-field', field, 'is needed before this layer');
  if (implied !== undefined && value !== implied) {
    throw fieldError('bad-value', field, 'contradicts the next layer', 'leave it out, and it is filled in');
  }
  return unsigned(value, 8, field);
}
