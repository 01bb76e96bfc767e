import { type AppContext, type AppDefinition, defineApp } from '../../controller/host/index.js';
import { configSchema, type PopsiclConfig } from './config.js';
import { MESSAGES } from './messages.js';
import { REGISTRAR_MESSAGES } from './registry/messages.js';
import type { Services } from './services.js';

/** An app whose packet path rests on these services. */
export function popsiclWith(
  servicesOf: (context: AppContext<PopsiclConfig>) => Services | Promise<Services>,
): AppDefinition {
  return defineApp({
    name: 'popsicl',
    summary: 'Hides which server of a cloud a client visits.',
    config: configSchema,
    tables: [
      { name: 'classify', miss: 'next' },
      { name: 'pseudo', miss: 'own' },
      { name: 'tenant-side', miss: 'own' },
      { name: 'neighbours', miss: 'own' },
    ],
    endsPipeline: false,
    sealsFlows: true,
    messages: { ...MESSAGES, ...REGISTRAR_MESSAGES },
    // Loaded when it runs: most controllers run without it.
    start: async context => {
      const { Popsicl } = await import('./popsicl.js');
      return new Popsicl(context, await servicesOf(context));
    },
  });
}

/** PoPSiCl (sections 3 to 5 of the paper). */
export const popsicl = popsiclWith(async context => {
  const { cloudServices } = await import('./cloud-services.js');
  return cloudServices(context);
});
