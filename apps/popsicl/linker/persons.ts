import type { Store } from '../../../controller/store/index.js';

/** An active pseudonym, as the linker needs it. */
export interface LinkedPseudonym {
  readonly name: string;
  readonly tenant: string;
  readonly capability: string;
  /** Whose it is; null: nobody can say. */
  readonly person: number | null;
}

/** Which pseudonyms are one person's. A person is a number: nothing else is known of her. */
export class Persons {
  private readonly store: Store;

  constructor(store: Store) {
    this.store = store;
  }

  /** Whether a linker code was given out and is still good. */
  async hasCode(codeHash: Uint8Array): Promise<boolean> {
    const rows = await this.store.read('SELECT number FROM person WHERE code_hash = ?', [codeHash]);
    return rows.length > 0;
  }

  /** Whose certificate has this key. */
  async ofKey(keyHash: Uint8Array): Promise<number | undefined> {
    const [row] = await this.store.read<{ number: number }>('SELECT number FROM person WHERE key_hash = ?', [
      keyHash,
    ]);
    return row?.number;
  }

  async pseudonym(name: string): Promise<LinkedPseudonym | undefined> {
    const [row] = await this.store.read<LinkedPseudonym>(
      `SELECT name, tenant, capability, person FROM pseudonym WHERE name = ? AND state = 'active'`,
      [name],
    );
    return row;
  }

  /** The pseudonym that the person uses for a tenant; the newest, when there are several. */
  async pseudonymFor(person: number, tenant: string): Promise<LinkedPseudonym | undefined> {
    const [row] = await this.store.read<LinkedPseudonym>(
      `SELECT name, tenant, capability, person FROM pseudonym
       WHERE person = ? AND tenant = ? AND state = 'active' ORDER BY created_at DESC, name LIMIT 1`,
      [person, tenant],
    );
    return row;
  }
}
