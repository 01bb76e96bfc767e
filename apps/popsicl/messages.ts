import type { MessageCatalogue } from '../../controller/host/index.js';

/** What the app may log. None names a client, a pseudonym or which tenant it belongs to. */
export const MESSAGES = {
  'popsicl-meter-refused': {
    level: 'warn',
    text: 'A switch has no meters, so nothing bounds what it sends to the controller.',
    cause: 'It refused the meter that guards the way to the controller.',
    remedy: 'Use a switch with meters, or bound what reaches it.',
  },
  'popsicl-tenant-unreachable': {
    level: 'warn',
    text: 'The MAC address of a tenant is not known yet.',
    cause:
      'The configuration does not give it, and the tenant has not answered the gateway; `place` counts the tenants of the configuration.',
    remedy: 'Give the tenant a `mac`, or the gateway an address of the tenant’s network.',
  },
  'popsicl-key-failed': {
    level: 'error',
    text: 'A new cookie key could not be written down or made known.',
    cause: 'The file in the registration’s folder could not be written, or a tenant did not take the key.',
    remedy: 'Look at the folder and at the agents of the tenants.',
  },
} as const satisfies MessageCatalogue;
