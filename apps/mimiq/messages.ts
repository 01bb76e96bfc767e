import type { MessageCatalogue } from '../../controller/host/index.js';

/** What MIMIQ may log. Never an address of a client. */
export const MESSAGES = {
  'mimiq-no-tunnel-port': {
    level: 'error',
    text: 'A switch has no tunnel port, so its clients are cut off from the others.',
    cause: 'The bridge has no port of the name that `tunnel.name` tells, or it is down.',
    remedy:
      'Give the switch an `ovsdb` endpoint, or add the port: `ovs-vsctl add-port BRIDGE mimiq -- set Interface mimiq type=vxlan options:remote_ip=flow options:key=flow`.',
  },
  'mimiq-tunnel-port-failed': {
    level: 'error',
    text: 'The tunnel port of a switch could not be made.',
    cause: 'Its OVSDB endpoint did not answer, or refused the port.',
    remedy: 'Check the endpoint and the name of the port; the next connection of the switch tries again.',
  },
  'mimiq-foreign-switch': {
    level: 'info',
    text: 'A switch is none of the configuration; its packets go on to the next app.',
    cause: 'No switch or edge of the configuration has its datapath id.',
    remedy: 'If it is meant to be one of them, correct `datapathId`: `cloakflow switches` shows the ids.',
  },
  'mimiq-missing-port': {
    level: 'warn',
    text: 'A port of the configuration is not there.',
    cause: 'A client or outside port of a switch has a number that the bridge does not have now.',
    remedy: 'Compare with `cloakflow ports`.',
  },
  'mimiq-no-meters': {
    level: 'warn',
    text: 'A switch has no meters: floods of requests reach the controller.',
    cause: 'It does not offer meters that count packets and drop.',
    remedy: "The allocator's limits still hold; use a newer Open vSwitch to keep floods in the switch.",
  },
  'mimiq-exits-changed': {
    level: 'warn',
    text: 'An edge switch has gone or come back; clients leave by those that are there.',
    cause: 'It is away from the controller, its outside port is down, or its next router does not answer.',
    remedy:
      'Compare with `cloakflow switches` and `cloakflow ports`, and look after the edge that is missing.',
  },
  'mimiq-audit-on': {
    level: 'warn',
    text: 'Who has which address is written to a sealed log.',
    cause: 'The configuration has `allocator.audit`.',
    remedy: 'Nothing, if this is lawful and meant; else remove the key and the file.',
  },
  'mimiq-allocator-retry': {
    level: 'warn',
    text: 'A step of the allocator failed and is tried again; its addresses stay out of use until then.',
    cause: 'The store did not take a change, or a switch did not confirm the end of rules or new aliases.',
    remedy: 'Look at the disk of the store, and at `cloakflow switches`.',
  },
} as const satisfies MessageCatalogue;
