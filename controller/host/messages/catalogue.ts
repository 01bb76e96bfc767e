import type { MessageCatalogue } from './message.js';

/** Every message that the controller itself writes; apps have catalogues of their own. */
export const HOST_MESSAGES = {
  'controller-started': {
    level: 'info',
    text: 'The controller runs.',
    cause: 'Configuration and apps are loaded and all endpoints are open.',
  },
  'controller-stopped': {
    level: 'info',
    text: 'The controller has stopped.',
    cause: 'It was asked to. Flows stay in the switches.',
  },
  'endpoint-listening': {
    level: 'info',
    text: 'Waiting for switches.',
    cause: 'A listening endpoint of the configuration is open.',
  },
  'endpoint-exposed': {
    level: 'warn',
    text: 'An endpoint without TLS can be reached from other machines.',
    cause: 'A `ptcp:` endpoint listens on an address that is not a loopback one.',
    remedy: 'Use `pssl:`, or give it 127.0.0.1, or make sure that only switches reach it.',
  },
  'connection-refused': {
    level: 'warn',
    text: 'A connection was turned away before it spoke OpenFlow.',
    cause:
      'Its TLS handshake or its certificate does not do, or there are too many connections; `reason` says which, `times` how often on this endpoint. The same reason is logged again only now and then.',
    remedy: 'The record has a remedy for each reason.',
  },
  'tls-reloaded': {
    level: 'info',
    text: 'New TLS files are in use.',
    cause:
      'A key, certificate or authority file has changed. Connections that exist go on with the old ones.',
  },
  'tls-files-refused': {
    level: 'error',
    text: 'New TLS files cannot be used; the last good ones stay.',
    cause: 'A file is missing or damaged, has expired, or key and certificate do not belong together.',
    remedy: 'Put a matching pair of PEM files there; they are taken up by themselves.',
  },
  'switch-unpinned': {
    level: 'error',
    text: 'A switch was turned away because of its certificate.',
    cause:
      'Another certificate is pinned to its datapath id, or its certificate to another id, or none is pinned to it.',
    remedy:
      "Find out who it is; when it is the switch, put its certificate's fingerprint into `pins.certificates`.",
  },
  'role-taken': {
    level: 'info',
    text: 'This controller has taken its role on a switch.',
    cause: 'The configuration gives it one, or a reload has changed it. A slave leaves flows alone.',
  },
  'role-lost': {
    level: 'warn',
    text: 'Another controller has become master of a switch; this one is a slave there.',
    cause: 'It asked for that role with a higher generation id.',
    remedy: 'Nothing, when it is meant so. Reload the configuration with `role: master` to take it back.',
  },
  'role-refused': {
    level: 'error',
    text: 'A switch did not grant a role.',
    cause: 'It knows no roles, or others kept raising the generation id.',
    remedy: 'Look at the error.',
  },
  'packet-ins-dropped': {
    level: 'warn',
    text: 'Packets for an app were dropped, since it could not keep up.',
    cause:
      'Switches send more to the controller than the app can work on; the busiest ports lose first. `times` counts.',
    remedy: 'Set `limits.packetInsPerPort` or `limits.punt`, and find out which port sends so much.',
  },
  'connection-failed': {
    level: 'debug',
    text: 'A switch could not be reached; trying again.',
    cause: 'A `tcp:` or `unix:` endpoint refused the connection or did not answer.',
    remedy: 'Check that the bridge listens there: `ovs-vsctl get-controller BRIDGE`.',
  },
  'connection-closed': {
    level: 'info',
    text: 'A connection ended before a switch was known.',
    cause: 'The peer left, or did not speak OpenFlow 1.3 as it should; `reason` says which.',
    remedy: 'For `version-incompatible`: `ovs-vsctl set bridge BRIDGE protocols=OpenFlow13`.',
  },
  'switch-connected': {
    level: 'info',
    text: 'A switch is connected and as the apps want it.',
    cause:
      'Its flows were compared with the wanted ones; `added`, `changed` and `removed` say what was sent.',
  },
  'switch-disconnected': {
    level: 'warn',
    text: 'A switch is gone.',
    cause: 'Its connection ended; `reason` says how. Its flows go on forwarding.',
    remedy: 'Check the switch and the path to it, unless it was taken away on purpose.',
  },
  'switch-refused': {
    level: 'error',
    text: 'A switch was turned away.',
    cause:
      'It has fewer tables than the apps need, or did not answer the first questions or refused one; `reason` says which.',
    remedy: 'Use fewer apps, or another switch.',
  },
  'switch-duplicate': {
    level: 'error',
    text: 'A second switch with the same datapath id was turned away.',
    cause: 'The switch that is connected under this datapath id answered, so two switches have one id.',
    remedy: 'Give each bridge an id of its own: `ovs-vsctl set bridge BRIDGE other-config:datapath-id=…`.',
  },
  'switch-replaced': {
    level: 'warn',
    text: 'A dead connection of a switch was replaced by its new one.',
    cause: 'The switch connected again and its old connection no longer answered.',
  },
  'switch-error': {
    level: 'warn',
    text: 'A switch reported an error that belongs to no call.',
    cause:
      'It refused a message for which nobody waited, such as a packet-out. Told the first, second, fourth … time.',
    remedy: 'Look at `errorType` and `errorCode` (OpenFlow 1.3.5 section 7.4.4).',
  },
  'flow-refused': {
    level: 'error',
    text: 'A switch refused a flow, group or meter that an app wants.',
    cause:
      'Its table is full, or it does not support a match or an action; the app was told, the rest is installed.',
    remedy: 'Look at `errorType` and `errorCode`, and compare with the features of the switch.',
  },
  'reconcile-failed': {
    level: 'error',
    text: 'A switch could not be brought to the wanted flows.',
    cause: 'It did not answer, or its connection ended on the way. It is tried again on the next connection.',
  },
  'app-started': { level: 'info', text: 'An app runs.', cause: 'It was started.' },
  'app-stopped': {
    level: 'info',
    text: 'An app was stopped and its flows were removed.',
    cause: 'It was stopped by an operator or is no longer in the configuration.',
  },
  'app-failed': {
    level: 'error',
    text: 'An app threw an error; the others go on.',
    cause:
      'A mistake in the app. `hook` says where, `failures` how often so far; the same place is logged again only now and then.',
    remedy: 'Report it to the maker of the app with the stack of this record.',
  },
  'config-reloaded': {
    level: 'info',
    text: 'The configuration was read again.',
    cause: 'It was asked for; the fields count the apps that were touched.',
  },
  'config-refused': {
    level: 'error',
    text: 'The new configuration was refused; the old one stays.',
    cause: 'It has mistakes or its apps cannot live together.',
    remedy: 'Run `cloakflow check` on it.',
  },
  'link-found': {
    level: 'info',
    text: 'Two switches are linked.',
    cause: 'A probe sent out of one port arrived at the other.',
  },
  'link-lost': {
    level: 'info',
    text: 'A link between two switches is gone.',
    cause: 'A port went down, or probes stopped arriving.',
    remedy: 'Check the cable, unless it was taken away on purpose.',
  },
  'probe-forged': {
    level: 'warn',
    text: 'A link probe with a wrong signature was ignored.',
    cause:
      'Somebody on this port sends link probes of their own, or ones of an earlier run arrived late. Told the first, second, fourth … time.',
    remedy: 'Find out who is attached to the port if it goes on.',
  },
} as const satisfies MessageCatalogue;
