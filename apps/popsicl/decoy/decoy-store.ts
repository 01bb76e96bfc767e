import { type Migration, openStore, type Store } from '../../../controller/store/index.js';
import type { TenantMaterial } from '../model.js';
import type { DecoyKeeper } from './decoys.js';

const MIGRATIONS: readonly Migration[] = [
  `CREATE TABLE decoy (
     sequence INTEGER PRIMARY KEY AUTOINCREMENT,
     name TEXT NOT NULL UNIQUE,
     certificate TEXT NOT NULL,
     key TEXT NOT NULL,
     anchor TEXT NOT NULL,
     capability TEXT NOT NULL
   ) STRICT;`,
];

interface Row {
  readonly name: string;
  readonly certificate: string;
  readonly key: string;
  readonly anchor: string;
  readonly capability: string;
}

/** Decoys over restarts: a name that showed another certificate each time would be none of a pseudonym. */
export class DecoyStore implements DecoyKeeper {
  private readonly store: Store;

  private constructor(store: Store) {
    this.store = store;
  }

  /** Throws StoreError. */
  static async open(file: string): Promise<DecoyStore> {
    return new DecoyStore(await openStore(file, MIGRATIONS, { erases: true }));
  }

  /** The oldest first. */
  async all(): Promise<TenantMaterial[]> {
    const rows = await this.store.read<Row>('SELECT * FROM decoy ORDER BY sequence');
    return rows.map(({ name, certificate, key, anchor, capability }) => ({
      name,
      certificatePem: certificate,
      keyPem: key,
      anchorPem: anchor,
      capability,
    }));
  }

  async keep({ name, certificatePem, keyPem, anchorPem, capability }: TenantMaterial): Promise<void> {
    await this.store.write([
      {
        sql: 'INSERT INTO decoy (name, certificate, key, anchor, capability) VALUES (?, ?, ?, ?, ?)',
        parameters: [name, certificatePem, keyPem, anchorPem, capability],
      },
    ]);
  }

  async forget(name: string): Promise<void> {
    await this.store.write([{ sql: 'DELETE FROM decoy WHERE name = ?', parameters: [name] }]);
  }

  close(): Promise<void> {
    return this.store.close();
  }
}
