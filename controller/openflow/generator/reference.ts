/** Emits docs/reference/openflow.md. */
import type { Model } from './model.js';

export function emitReference(_model: Model): string {
  return '';
}
