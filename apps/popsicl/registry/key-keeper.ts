import { randomBytes } from 'node:crypto';
import { type Store, StoreError } from '../../../controller/store/index.js';
import { KeyRing, SECRET_LENGTH, type SealingKey } from '../pseudonym/key-ring.js';

const ROOT = 'root';

interface KeyRow {
  readonly id: number;
  readonly secret: Uint8Array;
}

/** The key ring of the cloud; made on the first run. */
export async function loadKeyRing(store: Store, now: number): Promise<KeyRing> {
  await store.write([
    {
      sql: 'INSERT INTO secret (name, value) VALUES (?, ?) ON CONFLICT DO NOTHING',
      parameters: [ROOT, newSecret()],
    },
    {
      sql: `INSERT INTO sealing_key (id, secret, created_at)
            SELECT 0, ?, ? WHERE NOT EXISTS (SELECT * FROM sealing_key)`,
      parameters: [newSecret(), now],
    },
  ]);
  return readKeyRing(store);
}

/**
 * Adds a key that seals from now on, and drops those that no live pseudonym can have been sealed with: older than `lifetime`
 * milliseconds, counted from when they were replaced.
 */
export async function rotateKeys(
  store: Store,
  ring: KeyRing,
  now: number,
  lifetime: number,
): Promise<KeyRing> {
  await store.write([
    {
      sql: `DELETE FROM sealing_key WHERE sequence < (
              SELECT max(sequence) FROM sealing_key WHERE created_at <= ?
            )`,
      parameters: [now - lifetime],
    },
    {
      sql: 'INSERT INTO sealing_key (id, secret, created_at) VALUES (?, ?, ?)',
      parameters: [ring.nextId(), newSecret(), now],
    },
  ]);
  return readKeyRing(store);
}

/** When the current key was made. */
export async function currentKeyTime(store: Store): Promise<number> {
  const [row] = await store.read<{ time: number }>('SELECT max(created_at) AS time FROM sealing_key');
  return row!.time;
}

async function readKeyRing(store: Store): Promise<KeyRing> {
  const [root] = await store.read<{ value: Uint8Array }>('SELECT value FROM secret WHERE name = ?', [ROOT]);
  const rows = await store.read<KeyRow>('SELECT id, secret FROM sealing_key ORDER BY sequence');
  if (root === undefined || rows.length === 0) {
    throw new StoreError('store-unusable', 'the keys of the cloud are missing from the store');
  }
  return new KeyRing(
    root.value,
    rows.map(({ id, secret }): SealingKey => ({ id, secret })),
  );
}

function newSecret(): Uint8Array {
  return new Uint8Array(randomBytes(SECRET_LENGTH));
}
