import { mkdir, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { writeWhole } from './write-whole.js';

/** A folder of files whose coming and going outlasts a power cut once `sync` has resolved. */
export class DurableFolder {
  readonly path: string;
  /** The sync that has not begun: it covers what is changed until it does. */
  private next: Promise<void> | undefined;
  private running: Promise<void> = Promise.resolve();

  constructor(path: string) {
    this.path = path;
  }

  /** Replaces a file in one step. Its content is on the disk when this resolves, its name after `sync`. */
  async write(file: string, content: string): Promise<void> {
    await mkdir(this.path, { recursive: true, mode: 0o750 });
    await writeWhole(join(this.path, file), content);
  }

  /** Removes a file, if it is there. */
  async remove(file: string): Promise<void> {
    await rm(join(this.path, file), { force: true });
  }

  /** Resolves when every change that was made before the call is on the disk. Calls that come during a sync share the next. */
  sync(): Promise<void> {
    if (this.next === undefined) {
      const begin = () => {
        this.next = undefined;
        return syncFolder(this.path);
      };
      this.next = this.running.then(begin, begin);
      this.running = this.next;
    }
    return this.next;
  }
}

async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  try {
    await handle?.sync();
  } catch (error) {
    // A file system that knows of no such thing (fsync(2)).
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  } finally {
    await handle?.close();
  }
}
