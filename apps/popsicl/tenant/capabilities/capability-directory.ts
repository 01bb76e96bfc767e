/**
 * Where the middleware finds capabilities: what the tenant's agent has been told over the control channel. Asked at every
 * request, so that a revoked pseudonym is gone at the next one.
 */
export interface CapabilityDirectory {
  /** Capability of an active pseudonym, by its host name in lower case; undefined for every other name. */
  capabilityOf(pseudonymHost: string): string | undefined;
  /** What is around the tenant. */
  readonly cloud: {
    /** Host name of the linker; empty where the cloud has none. */
    readonly linker: string;
    /** Domains of the cloud's tenants, this one's too. */
    readonly tenants: readonly string[];
  };
}
