import { mkdir, open, readFile, rename } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import type { CookieKey } from './cookie-keys.js';

const FILE = z.array(z.strictObject({ epoch: z.int().min(0), key: z.string().regex(/^[0-9a-f]{32}$/) }));

/** Keys of an earlier run; none when the file is missing or is not what `writeKeys` writes. */
export async function readKeys(path: string): Promise<CookieKey[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    return FILE.parse(JSON.parse(text)).map(({ epoch, key }) => ({ epoch, key: Buffer.from(key, 'hex') }));
  } catch {
    return [];
  }
}

/** Replaces the file at once, readable by its owner only. */
export async function writeKeys(path: string, keys: readonly CookieKey[]): Promise<void> {
  const text = JSON.stringify(
    keys.map(({ epoch, key }) => ({ epoch, key: Buffer.from(key).toString('hex') })),
  );
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const part = `${path}.part`;
  const file = await open(part, 'w', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(part, path);
}
