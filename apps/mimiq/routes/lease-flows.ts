/** The flows that come and go with leases and aliases. */
import type { WantedFlow } from '../../../controller/switch/index.js';
import type { Fabric } from '../fabric/fabric.js';
import type { AliasState, Attachment, Lease } from '../model.js';
import { aliasMatch, hostMatch } from '../pipeline/matches.js';
import { apply, goto, leaseHolder, lookUpKey, type Tables, tellHolder } from '../pipeline/pipeline.js';
import { REMOTE_PRIORITY } from './route-flows.js';
import { encapsulate } from './tunnel-actions.js';

const PRIORITY = 200;

/** At the client-facing switch: whose address it is. */
export function leaseFlow(tables: Tables, { address, attachment: { port, mac } }: Lease): WantedFlow {
  return {
    tableId: tables.leases,
    priority: PRIORITY,
    match: { xxreg0: lookUpKey(address) },
    instructions: [apply(tellHolder(port, mac))],
  };
}

/** At the client-facing switch, once a client: what is leased to this port and MAC address may be used from there only. */
export function bindFlow(tables: Tables, { port, mac }: Attachment): WantedFlow {
  return {
    tableId: tables.bind,
    priority: PRIORITY,
    match: { inPort: port, ethSrc: mac, ...leaseHolder(port, mac) },
    instructions: [goto(tables.route)],
  };
}

/** At an edge switch: the way to one IPv4 address. */
export function remoteLeaseFlow(
  tables: Tables,
  fabric: Fabric,
  tunnelPort: number,
  underlay: Uint8Array,
  lease: Lease,
): WantedFlow {
  return {
    tableId: tables.deliver,
    priority: REMOTE_PRIORITY,
    match: hostMatch(lease.address),
    instructions: [apply(encapsulate(fabric.tunnel, tunnelPort, underlay))],
  };
}

/** The way to every IPv6 address that carries an alias: one flow an IPv6 prefix. */
export function aliasFlows(
  tables: Tables,
  fabric: Fabric,
  tunnelPort: number,
  underlay: Uint8Array,
  { alias }: AliasState,
): WantedFlow[] {
  return fabric.ipv6.map(layout => ({
    tableId: tables.deliver,
    priority: REMOTE_PRIORITY,
    match: aliasMatch(layout, alias),
    instructions: [apply(encapsulate(fabric.tunnel, tunnelPort, underlay))],
  }));
}
