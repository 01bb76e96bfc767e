/** Every extension of the core, in the order of their fields and members. */
import type { Extension } from '../dsl.js';
import { niciraExtension } from './nicira.js';
import { onfExtension } from './onf.js';

export const extensions: readonly Extension[] = [niciraExtension, onfExtension];
