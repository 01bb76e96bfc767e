import type { PuntedSegment } from '../segments/punted-segment.js';
import type { Tenant } from './tenants.js';

/** How a connection comes to be a tenant's, before any packet of the client may reach it (4.2 (ii)). */
export interface Strategy {
  /** Whether the SYN itself goes there, and nobody answers it in the tenant's name. */
  readonly takesSyn: boolean;
  /** Where the client's packets go: the tenant, or who stands in for it. Undefined: nowhere, in this family. */
  endpoint(tenant: Tenant, family: 4 | 6): Tenant | undefined;
  /**
   * What has to be done first, and while it is done packets wait; undefined where that is nothing. `segment` is any segment of the client
   * before its first acknowledgement of data, valid during the call only; `first` is the sequence number of the client's
   * first byte, and `port` its port as the endpoint will see it.
   */
  prepare(
    endpoint: Tenant,
    segment: PuntedSegment,
    first: number,
    port: number,
  ): (() => Promise<void>) | undefined;
}

const itself = (tenant: Tenant, family: 4 | 6) => (tenant.has(family) ? tenant : undefined);

/** The tenant's kernel recognises the cookie in the client's own segments. */
export const COOKIE: Strategy = { takesSyn: false, endpoint: itself, prepare: () => undefined };

/** The pseudo-address names the tenant, which answers the SYN itself. */
export const ADDRESS: Strategy = { takesSyn: true, endpoint: itself, prepare: () => undefined };

/** As `address`, with the cloud's relay in the tenant's place (the paper's baseline). */
export function proxyStrategy(relay: Tenant | undefined): Strategy {
  return {
    takesSyn: true,
    endpoint: (_, family) => (relay === undefined ? undefined : itself(relay, family)),
    prepare: () => undefined,
  };
}
