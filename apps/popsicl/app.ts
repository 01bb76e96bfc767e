import { type AppContext, type AppDefinition, defineApp } from '../../controller/host/index.js';
import { configSchema, type PopsiclConfig } from './config.js';
import { CookieKeys } from './interception/cookie-keys.js';
import { MESSAGES } from './messages.js';
import type { Directory } from './model.js';
import { Popsicl, type Services } from './popsicl.js';

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
    ],
    endsPipeline: false,
    messages: MESSAGES,
    start: async context => new Popsicl(context, await servicesOf(context)),
  });
}

const NOBODY: Directory = {
  tenantOfName: () => undefined,
  tenantOfAddress: () => undefined,
  isPseudoAddress: () => false,
  onChange: () => () => undefined,
};

/** PoPSiCl (sections 3 to 5 of the paper). */
export const popsicl = popsiclWith(() => ({ directory: NOBODY, keys: new CookieKeys() }));
