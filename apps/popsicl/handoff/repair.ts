import { CLIENT_MSS, SequenceField, SYN_ACK_WINDOW } from '../cookie/cookie-layout.js';
import { cookieOf, windowScaleOf } from '../cookie/syn-cookie.js';
import type { PuntedSegment } from '../segments/punted-segment.js';
import type { RestoredConnection } from '../tenant/repair/restored-connection.js';
import type { Strategy } from './strategy.js';
import type { Tenant } from './tenants.js';

/** The agents of tenants, as the packet path needs them. */
export interface TenantAgents {
  /** Ways to take connections over that the tenant's agent offers; undefined while none is connected. */
  strategies(domain: string): readonly string[] | undefined;
  /** Resolves when the tenant's server has the connection; rejects when it will not. */
  restore(domain: string, connection: RestoredConnection): Promise<void>;
}

/** The paper's way: the tenant's agent makes a socket of the connection's state (TCP_REPAIR). */
export function repairStrategy(agents: TenantAgents | undefined, windowScale: number): Strategy {
  return {
    takesSyn: false,
    endpoint: (tenant, family) => (tenant.has(family) ? tenant : undefined),
    prepare(tenant, segment, first, port) {
      const connection = connectionOf(tenant, segment, first, port, windowScale);
      return () =>
        agents?.restore(tenant.config.domain, connection) ?? Promise.reject(new Error('no agents'));
    },
  };
}

/** All that client and controller agreed on, as the client's segment tells it back. */
function connectionOf(
  tenant: Tenant,
  segment: PuntedSegment,
  first: number,
  port: number,
  tenantScale: number,
): RestoredConnection {
  const { family } = segment;
  const cookie = cookieOf(segment);
  const { mssIndex, sackPermitted } = SequenceField;
  const clientScale = windowScaleOf(segment);
  const sizes = family === 4 ? CLIENT_MSS.ipv4 : CLIENT_MSS.ipv6;
  return {
    family,
    tenant: { address: (family === 4 ? tenant.config.ipv4 : tenant.config.ipv6)!, port: tenant.port },
    client: { address: segment.sourceText(), port },
    sendSequence: segment.acknowledgement,
    receiveSequence: first,
    // One more than the last, and bit 0 stays 0: it would mean microseconds.
    tsval: segment.timestampEcho < 0 ? undefined : (segment.timestampEcho + 2) >>> 0,
    sackPermitted: ((cookie >>> sackPermitted.shift) & sackPermitted.mask) === 1,
    windowScale: clientScale < 0 ? undefined : { client: clientScale, tenant: tenantScale },
    mss: sizes[(cookie >>> mssIndex.shift) & mssIndex.mask]!,
    clientWindow: segment.window << Math.max(clientScale, 0),
    offeredWindow: SYN_ACK_WINDOW,
  };
}
