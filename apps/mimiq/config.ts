import type { z } from 'zod';
import { allocatorSchema } from './allocator/config.js';
import { fabricSchema } from './fabric/config.js';
import { permutationSchema } from './permutation/config.js';

export const configSchema = fabricSchema
  .extend({
    allocator: allocatorSchema.prefault({}),
    /** The mode without an allocator (3.4), on switches of its own. */
    permutation: permutationSchema.optional(),
  })
  .superRefine(({ switches, permutation, allocator }, context) => {
    const clientFacing = Object.values(switches).filter(({ clients }) => clients.length > 0).length;
    if (allocator.ipv6.length > 0 && clientFacing > allocator.maxSwitches) {
      const message = `is less than the ${clientFacing} switches with clients`;
      context.addIssue({ code: 'custom', path: ['allocator', 'maxSwitches'], message });
    }
    const taken = new Set(Object.values(switches).map(({ datapathId }) => datapathId));
    for (const [index, { datapathId }] of (permutation?.edges ?? []).entries()) {
      const path = ['permutation', 'edges', index, 'datapathId'];
      if (taken.has(datapathId))
        context.addIssue({ code: 'custom', path, message: 'is that of another switch too' });
      taken.add(datapathId);
    }
  });

export type MimiqConfig = z.output<typeof configSchema>;
