import type { PacketInView } from '../../../controller/openflow/index.js';
import type { Switch } from '../../../controller/switch/index.js';
import type { PuntedSegment } from '../segments/punted-segment.js';
import type { LiveConnection } from './live-connections.js';
import type { Tenant } from './tenants.js';

/** Bytes of a frame: as they came, or a copy. */
export type Frame = PacketInView | Uint8Array;

/**
 * How a switch carries a connection between a client and a tenant without the controller (4.2 (i), (iii)): addresses
 * rewritten both ways, so that the client sees only the pseudo-address.
 */
export interface Redirection {
  /**
   * Begins to redirect a connection, and sends `frames`, the client's own packets in their order, to the tenant; `segment`
   * is that of one of them.
   */
  begin(
    sw: Switch,
    inPort: number,
    segment: PuntedSegment,
    tenant: Tenant,
    connection: LiveConnection,
    frames: readonly Frame[],
  ): void;
  /** A packet of the client for a connection that this switch should know and does not, or not yet. */
  resume(
    sw: Switch,
    inPort: number,
    segment: PuntedSegment,
    tenant: Tenant,
    connection: LiveConnection,
    frame: Frame,
  ): void;
  /** As `resume`, for a packet of the tenant. */
  resumeReply(
    sw: Switch,
    inPort: number,
    segment: PuntedSegment,
    tenant: Tenant,
    connection: LiveConnection,
    frame: Frame,
  ): void;
  /**
   * Lets no further packet of the client pass by what this switch knows of the connection, of which `segment` may be a later
   * SYN. Returns the milliseconds until that is sure.
   */
  forget(sw: Switch, segment: PuntedSegment, tenant: Tenant, connection: LiveConnection): number;
}
