/** What the static flows, the flows of single connections and the PACKET_OUTs between them agree on. */
import { ControllerMaxLen, type Instruction, Port, prepareActions } from '../../controller/openflow/index.js';

/** The app's own part of the cookie: why a packet was punted. */
export const Punt = {
  SYN: 1,
  SEGMENT: 2,
  TENANT: 3,
  NEIGHBOUR: 4,
  DATAGRAM: 5,
  INVALID: 6,
  ERROR: 7,
} as const;

/** Flows of single connections (`flows` redirection) stand above the static ones, but for that of SYNs. */
export const CONNECTION_PRIORITY = 0x3000;
/** Static flows of packets that are the app's business. */
export const CATCH = 0x2000;

/**
 * On packets of tenants that the controller has sent into connection tracking and on to a table. Those that tracking refuses
 * (a wrong checksum, say) would come back to the controller for ever.
 */
export const ASKED_ONCE = { reg15: 1 } as const;

/** Where an answer leaves: by the port its question came in. */
export const BACK = prepareActions([{ type: 'output', port: Port.IN_PORT, maxLen: 0 }]);

/** Hops that a packet under a pseudo-address may still go, whoever sends it: a tenant's own would tell tenants apart. */
export const HOP_LIMIT = 64;
export const SET_HOP_LIMIT = { type: 'set-nw-ttl', nwTtl: HOP_LIMIT } as const;

/** Instructions that send a packet to the controller, under a meter where there is one. */
export function punt(meter: number | undefined): Instruction[] {
  const output: Instruction = {
    type: 'apply-actions',
    actions: [{ type: 'output', port: Port.CONTROLLER, maxLen: ControllerMaxLen.NO_BUFFER }],
  };
  return meter === undefined ? [output] : [{ type: 'meter', meterId: meter }, output];
}
