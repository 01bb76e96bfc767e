import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ServerMaterial } from '../../../../apps/popsicl/model.js';
import { CloudAuthority, createAuthority } from '../../../../apps/popsicl/pki/cloud-authority.js';
import { issueClientCredential, issueServerMaterial } from '../../../../apps/popsicl/pki/issue.js';
import type { KeyType } from '../../../../apps/popsicl/pki/key-pair.js';
import { toPem } from '../../../../apps/popsicl/pki/pem.js';

export const CLOUD = 'popsicls.example';
const HOUR = 3_600_000;

/** A pseudonym with what server and client have of it. */
export interface Kit {
  name: string;
  material: ServerMaterial;
  client: { cert: string; key: string };
}

/** A cloud CA of a test, and pseudonyms from it. */
export class KitMaker {
  readonly authority: CloudAuthority;

  private constructor(authority: CloudAuthority) {
    this.authority = authority;
  }

  static async create(): Promise<KitMaker> {
    const files = await createAuthority(CLOUD, 'ecdsa-p256', Date.now());
    return new KitMaker(await CloudAuthority.load(files, Date.now()));
  }

  async make(label: string, keyType: KeyType = 'ecdsa-p256'): Promise<Kit> {
    const name = `${label}.${CLOUD}`;
    const validity = { from: Date.now(), until: Date.now() + HOUR };
    const material = await issueServerMaterial(this.authority, name, keyType, validity);
    const credential = await issueClientCredential(material, keyType, undefined);
    const key = toPem('PRIVATE KEY', credential.privateKey!);
    return { name, material, client: { cert: credential.certificatePem, key } };
  }
}

/** A folder for one test's files, readable by the workers of a web server. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'cloakflow-tenant-'));
}

export function write(folder: string, file: string, content: string): string {
  const path = join(folder, file);
  writeFileSync(path, content);
  return path;
}
