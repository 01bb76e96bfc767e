import type { ServerMaterial } from '../../../../apps/popsicl/model.js';
import { TenantError } from '../../../../apps/popsicl/tenant/tenant-error.js';
import type { WebServer } from '../../../../apps/popsicl/tenant/web-server/web-server.js';

/** A web server that remembers. */
export class Shelf implements WebServer {
  readonly label = 'shelf';
  readonly served = new Map<string, ServerMaterial>();
  /** How often each was put. */
  readonly puts = new Map<string, number>();
  refuse = false;

  async put(material: ServerMaterial): Promise<void> {
    if (this.refuse) throw new TenantError('web-server-failed', 'no');
    this.served.set(material.name, material);
    this.puts.set(material.name, (this.puts.get(material.name) ?? 0) + 1);
  }

  async remove(name: string): Promise<void> {
    this.served.delete(name);
  }

  async read(name: string): Promise<ServerMaterial | undefined> {
    return this.served.get(name);
  }

  async names(): Promise<string[]> {
    return [...this.served.keys()];
  }
}
