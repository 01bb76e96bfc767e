import { type AppDefinition, defineApp } from '../../controller/host/index.js';
import { configSchema } from './config.js';
import { MESSAGES } from './messages.js';
import type { Allocate } from './mimiq.js';
import { TABLE_NAMES } from './pipeline/pipeline.js';

/** An app whose addresses come from this allocator. */
export function mimiqWith(allocate: Allocate): AppDefinition {
  return defineApp({
    name: 'mimiq',
    summary: 'Hides which client of a network is talking.',
    config: configSchema,
    tables: TABLE_NAMES.map(name => ({ name, miss: name === 'entry' ? 'next' : 'own' })),
    endsPipeline: false,
    messages: MESSAGES,
    // Loaded when it runs: most controllers run without it.
    start: async context => {
      const { Mimiq } = await import('./mimiq.js');
      const { readFabric } = await import('./fabric/read-fabric.js');
      const { config } = context;
      const { ipv4, ipv6, aliases } = config.allocator;
      return Mimiq.start(context, readFabric(config, { ipv4, ipv6, aliasBits: aliases.bits }), allocate);
    },
  });
}

/** MIMIQ (sections 3.2 and 3.3 of the paper). */
export const mimiq = mimiqWith(async (...given) => {
  const { allocate } = await import('./allocation.js');
  return allocate(...given);
});
