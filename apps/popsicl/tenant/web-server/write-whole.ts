import { randomBytes } from 'node:crypto';
import { open, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';

const PART = /^\..+\.[0-9a-f]{12}$/;

/** Removes what a process that was killed left of files that it was writing into a folder; keys may be among them. */
export async function removeParts(folder: string): Promise<void> {
  const files = await readdir(folder).catch(() => []);
  for (const file of files.filter(file => PART.test(file))) await rm(join(folder, file), { force: true });
}

/**
 * Replaces a file in one step, so that a reader sees the old content or the new, never a part. Readable by owner and
 * group.
 */
export async function writeWhole(file: string, content: string): Promise<void> {
  const part = join(dirname(file), `.${basename(file)}.${randomBytes(6).toString('hex')}`);
  try {
    const handle = await open(part, 'wx', 0o640);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(part, file);
  } catch (error) {
    await rm(part, { force: true });
    throw error;
  }
}
