import type { MessageCatalogue } from '../../controller/host/index.js';

/** What the app may log. Only what `unsealed` switches on names a client, a pseudonym or which tenant it belongs to. */
export const MESSAGES = {
  'popsicl-meter-refused': {
    level: 'warn',
    text: 'A switch has no meters, so nothing bounds what it sends to the controller.',
    cause: 'It refused the meter that guards the way to the controller.',
    remedy: 'Use a switch with meters, or bound what reaches it.',
  },
  'popsicl-few-meters': {
    level: 'warn',
    text: 'A switch has too few meters to hold each port to its share of questions for neighbours.',
    cause: 'It refused some of the 64 meters by which ports are kept apart; they share one.',
    remedy:
      'Give the switch more meters, or let no port flood it: then the cloud might not find its tenants.',
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
    text: 'The keys of the cookies could not be written down.',
    cause: 'The file in the registration’s folder could not be written.',
    remedy: 'Look at the folder: after a restart, connections that are half open then would fail.',
  },
  'popsicl-relay-gone': {
    level: 'error',
    text: 'The relay of the strategy `proxy` has ended; it is started again.',
    cause: 'Its process ended, or could not start. Connections that it carried are lost.',
    remedy:
      'See that the addresses of `proxy` are this machine’s, and that there is memory for its `connections`.',
  },
  'popsicl-decoy-not-kept': {
    level: 'error',
    text: 'The certificate of a name that is no pseudonym could not be kept.',
    cause: 'The file in the registration’s folder could not be written.',
    remedy:
      'Look at the folder: after a restart such names would show other certificates, and pseudonyms the same.',
  },
  'popsicl-unsealed': {
    level: 'warn',
    text: 'From here on this log names clients, pseudonyms and tenants.',
    cause: '`unsealed` is on in the configuration.',
    remedy: 'Switch it off when you have seen what you were looking for, and guard this log.',
  },
  'popsicl-visit': {
    level: 'info',
    text: 'A client connects to a pseudo-address.',
    cause:
      'Written with `unsealed` only. `name` stands in its ClientHello, where that was read; `tenant` is absent where the name is nobody’s.',
  },
  'popsicl-agent-connected': {
    level: 'info',
    text: 'The agent of a tenant is connected.',
    cause: '`strategies` says how the tenant can take connections over.',
  },
  'popsicl-agent-caught-up': {
    level: 'info',
    text: 'The agent of a tenant has all that the store has for it.',
    cause:
      'It has just connected: `sent` pseudonyms were missing there or different, and `refused` of them it did not take.',
    remedy: 'If some were refused, look at the web server of the tenant.',
  },
  'popsicl-agent-enrolled': {
    level: 'info',
    text: 'The agent of a tenant has got its certificate for an invitation.',
    cause: 'It was started with a token of `cloakflow popsicl invite`.',
  },
  'popsicl-agent-gone': {
    level: 'warn',
    text: 'The agent of a tenant is gone.',
    cause: 'Its connection ended; `reason` says how. The tenant goes on serving the pseudonyms it knows.',
    remedy: 'Look at the agent: nobody can register for that tenant meanwhile.',
  },
} as const satisfies MessageCatalogue;
