import type { ServerMaterial } from '../../model.js';

/** Whatever terminates TLS on the tenant, seen from the agent. Both calls may come again for what was done already. */
export interface WebServer {
  /** For logs and reports. */
  readonly label: string;
  /**
   * Resolves when a client of this pseudonym gets through.
   *
   * @throws TenantError `bad-name`, `bad-material`, `web-server-failed`
   */
  put(material: ServerMaterial): Promise<void>;
  /** Resolves when nobody gets through any more. @throws TenantError `bad-name`, `web-server-failed` */
  remove(name: string): Promise<void>;
  /** What was put, from its files; undefined where a part of it is missing. @throws TenantError `bad-name` */
  read(name: string): Promise<ServerMaterial | undefined>;
  /** The pseudonyms that are served. */
  names(): Promise<string[]>;
}
