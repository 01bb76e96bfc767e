import { X509Certificate } from 'node:crypto';
import type { Store } from '../../../controller/store/index.js';
import type { ServerMaterial } from '../model.js';
import type { CloudAuthority } from '../pki/cloud-authority.js';
import {
  type ClientCredential,
  issueClientCredential,
  issueServerMaterial,
  renewServerMaterial,
} from '../pki/issue.js';
import type { KeyType } from '../pki/key-pair.js';

const DAY = 24 * 60 * 60 * 1000;
/** The server's certificate holds this long; the key stays, since the certificates of persons hang on it. */
const CERTIFICATE_DAYS = 90;

interface LinkerRow {
  readonly certificate: string;
  readonly key: string;
  readonly anchor: string;
}

/**
 * The linker's own keys, made on the first run: it is to its clients what a tenant's server is to those of a pseudonym, with an
 * anchor of its own. So browsers show it no certificate of a pseudonym, and pseudonyms none of the linker's.
 */
export class LinkerAuthority {
  /** `linker.<cloud domain>`. */
  readonly name: string;
  private readonly store: Store;
  private readonly authority: CloudAuthority;
  private readonly wallClock: () => number;
  private material: ServerMaterial;

  private constructor(
    store: Store,
    authority: CloudAuthority,
    material: ServerMaterial,
    wallClock: () => number,
  ) {
    this.store = store;
    this.authority = authority;
    this.material = material;
    this.name = material.name;
    this.wallClock = wallClock;
  }

  static async open(
    store: Store,
    authority: CloudAuthority,
    name: string,
    keyType: KeyType,
    wallClock: () => number,
  ): Promise<LinkerAuthority> {
    const [row] = await store.read<LinkerRow>('SELECT certificate, key, anchor FROM linker WHERE name = ?', [
      name,
    ]);
    if (row !== undefined) {
      const material = { name, certificatePem: row.certificate, keyPem: row.key, anchorPem: row.anchor };
      const opened = new LinkerAuthority(store, authority, material, wallClock);
      await opened.renew();
      return opened;
    }
    const material = await issueServerMaterial(authority, name, keyType, validity(wallClock()));
    await store.write([
      {
        sql: 'INSERT INTO linker (name, certificate, key, anchor) VALUES (?, ?, ?, ?)',
        parameters: [name, material.certificatePem, material.keyPem, material.anchorPem],
      },
    ]);
    return new LinkerAuthority(store, authority, material, wallClock);
  }

  /** What its server works with now. */
  get current(): ServerMaterial {
    return this.material;
  }

  /** A new certificate for the server, on the same key. */
  async renew(): Promise<void> {
    this.material = await renewServerMaterial(this.authority, this.material, validity(this.wallClock()));
    const { name, certificatePem } = this.material;
    await this.store.write([
      { sql: 'UPDATE linker SET certificate = ? WHERE name = ?', parameters: [certificatePem, name] },
    ]);
  }

  /** A person's certificate for the linker. Its names are the same for everybody: only the key is hers. */
  async issue(
    keyType: KeyType,
    request?: string,
  ): Promise<ClientCredential & { readonly x509: X509Certificate }> {
    const credential = await issueClientCredential(this.material, keyType, request);
    return { ...credential, x509: new X509Certificate(credential.certificatePem) };
  }
}

function validity(now: number) {
  return { from: now, until: now + CERTIFICATE_DAYS * DAY };
}
