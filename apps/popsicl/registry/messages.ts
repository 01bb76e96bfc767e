import type { MessageCatalogue } from '../../../controller/host/index.js';

/** What registration and DNS may log. None names a client, a pseudonym or a tenant. */
export const REGISTRAR_MESSAGES = {
  'popsicl-distribution-failed': {
    level: 'warn',
    text: 'A party could not be told of a pseudonym; the registration was undone.',
    cause:
      'The party named by `party` refused, could not be reached, or did not answer in time; `reason` is its code.',
    remedy: 'Look at that party: the DNS server, or the agent of the tenant.',
  },
  'popsicl-withdrawal-pending': {
    level: 'warn',
    text: 'A party could not be told to forget a pseudonym; it is told again later.',
    cause: 'The party named by `party` could not be reached. The controller no longer accepts the pseudonym.',
    remedy:
      'Look at that party; until it is back, its server may still accept connections that are under way.',
  },
  'popsicl-recovered': {
    level: 'info',
    text: 'Registrations that a crash had interrupted were undone or finished.',
    cause: 'The controller ended in the middle of them.',
  },
  'popsicl-outside-blocks': {
    level: 'warn',
    text: 'Pseudonyms that are active have addresses that the cloud no longer answers.',
    cause:
      '`count` of them were given out when `blocks` were others, or have an address that is another machine’s by now.',
    remedy:
      'Configure their blocks again until they have ended, or revoke them: `cloakflow popsicl list` shows which. Their owners have to register anew.',
  },
  'popsicl-sweep-failed': {
    level: 'error',
    text: 'Expired pseudonyms could not be ended; it is tried again.',
    cause: 'The store refused, for example because the disk is full.',
    remedy: 'Look at the disk and at the reason beside this message.',
  },
  'popsicl-dns-failed': {
    level: 'error',
    text: 'A socket of the DNS server failed; the others go on.',
    cause: 'The operating system refused to send or receive.',
    remedy: 'Look at the reason beside this message.',
  },
  'popsicl-linker-failed': {
    level: 'error',
    text: 'A request to the linker, or the renewal of its certificate, ended in an internal error.',
    cause: 'A mistake in the linker, or a store that refuses.',
    remedy: 'Look at the reason beside this message; report it unless it is the disk.',
  },
  'popsicl-portal-failed': {
    level: 'error',
    text: 'A request to the portal ended in an internal error.',
    cause: 'A mistake in the portal, or a store that refuses.',
    remedy: 'Look at the reason beside this message; report it unless it is the disk.',
  },
} as const satisfies MessageCatalogue;
