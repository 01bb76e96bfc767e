/** Every extension of the core, in the order of their fields and members. */
import type { Extension } from '../dsl.js';

export const extensions: readonly Extension[] = [];
