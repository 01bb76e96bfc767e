import { lstat, unlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { isMainThread } from 'node:worker_threads';

/** Access for the owner only, as umask(2) says it. */
const OWNER_ONLY = 0o177;

/** Runs `bind`, which creates a socket file, so that only the owner may connect to it. */
export function withOwnerOnly(bind: () => void): void {
  // Worker threads may not change the umask.
  if (!isMainThread) {
    bind();
    return;
  }
  const before = process.umask(OWNER_ONLY);
  try {
    bind();
  } finally {
    process.umask(before);
  }
}

/** Removes the socket file at `path` when nobody listens on it; false when it stays. Other files always stay. */
export async function removeStaleSocket(path: string): Promise<boolean> {
  const status = await lstat(path).catch(() => undefined);
  if (status === undefined) return true;
  if (!status.isSocket() || (await isListenedOn(path))) return false;
  await unlink(path);
  return true;
}

/** Whether somebody accepts connections at `path`; true as well when that cannot be found out. */
function isListenedOn(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const probe = connect({ path });
    probe.once('connect', () => {
      probe.destroy();
      resolve(true);
    });
    probe.once('error', (error: NodeJS.ErrnoException) => resolve(error.code !== 'ECONNREFUSED'));
  });
}
