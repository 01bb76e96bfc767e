import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Distribution, Pseudonym, ServerMaterial } from './model.js';
import { writeWhole } from './tenant/web-server/write-whole.js';

/**
 * Gives server material to tenants that share a file system with the controller: one folder a tenant, in it one a
 * pseudonym with `key.pem`, `anchor.pem` and, last, `certificate.pem`. What the tenant does with it is its own affair.
 */
export class MaterialFolder implements Distribution {
  readonly label = 'folder';
  private readonly path: string;

  constructor(path: string) {
    this.path = path;
  }

  async publish({ name, tenant }: Pseudonym, material: ServerMaterial): Promise<void> {
    const folder = join(this.path, tenant, name);
    await mkdir(folder, { recursive: true, mode: 0o750 });
    await writeWhole(join(folder, 'key.pem'), material.keyPem);
    await writeWhole(join(folder, 'anchor.pem'), material.anchorPem);
    await writeWhole(join(folder, 'certificate.pem'), material.certificatePem);
  }

  async withdraw(name: string, tenant: string): Promise<void> {
    await rm(join(this.path, tenant, name), { recursive: true, force: true });
  }
}
