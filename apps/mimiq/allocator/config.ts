import type { z } from 'zod';
import { checkAllocatorConfig } from './check-config.js';
import { allocatorKeys } from './config-keys.js';

export type AllocatorConfig = z.output<typeof allocatorSchema>;

/** Pools, lifetimes, aliases and limits, each possible by itself and all together. */
export const allocatorSchema = allocatorKeys.superRefine((config, context) => {
  for (const { path, message } of checkAllocatorConfig(config)) {
    context.addIssue({ code: 'custom', path: [...path], message });
  }
});
