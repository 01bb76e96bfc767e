import { lstat, mkdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, isAbsolute, join, resolve } from 'node:path';
import { AdminError } from './admin-error.js';

/**
 * `sun_path` of `struct sockaddr_un` holds 108 bytes with the final zero (unix(7)); a dot and a process id
 * are added while the socket is being made.
 */
const MAX_PATH_BYTES = 107 - 11;
const OWNER_ONLY_DIRECTORY = 0o700;

/**
 * Where the admin socket is: CLOAKFLOW_ADMIN; else /run/cloakflow/admin.sock for root; else
 * $XDG_RUNTIME_DIR/cloakflow/admin.sock, or a folder of the user's own below the temporary directory.
 */
export function defaultAdminPath(env: NodeJS.ProcessEnv = process.env, uid = process.getuid!()): string {
  if (env.CLOAKFLOW_ADMIN) return resolve(env.CLOAKFLOW_ADMIN);
  if (uid === 0) return '/run/cloakflow/admin.sock';
  const runtime = env.XDG_RUNTIME_DIR;
  if (runtime && isAbsolute(runtime)) return join(runtime, 'cloakflow', 'admin.sock');
  return join(tmpdir(), `cloakflow-${uid}`, 'admin.sock');
}

/** Throws AdminError `admin-path` when no unix socket can have this path. */
export function checkAdminPath(path: string): void {
  const bytes = Buffer.byteLength(path);
  if (bytes > MAX_PATH_BYTES || path.includes('\0')) {
    throw new AdminError(
      'admin-path',
      `the path of the admin socket has ${bytes} bytes: ${JSON.stringify(path)}`,
      {
        mend: `A unix socket's path has at most ${MAX_PATH_BYTES} bytes: choose a shorter one with --admin.`,
      },
    );
  }
}

/**
 * Makes the folder of the admin socket where it is missing, for its owner only. A folder that is there is
 * used when nobody else could swap the socket in it: it is ours or root's, and others cannot write to it
 * unless it is sticky, as /tmp is. Else AdminError `admin-path`.
 */
export async function prepareAdminDirectory(path: string): Promise<void> {
  const directory = dirname(path);
  const made = await mkdir(directory, { recursive: true, mode: OWNER_ONLY_DIRECTORY });
  if (made !== undefined) return;
  const found = await stat(directory);
  const uid = process.getuid!();
  const trusted = found.uid === uid || found.uid === 0;
  const writableByOthers = (found.mode & 0o022) !== 0 && (found.mode & 0o1000) === 0;
  if (!trusted || writableByOthers) {
    throw new AdminError('admin-path', `${directory} can be changed by other users`, {
      mend: 'Choose a folder of your own with --admin, or take their rights with chmod and chown.',
    });
  }
}

/** What is at `path` now. */
export async function whatIsAt(path: string): Promise<'nothing' | 'socket' | 'other'> {
  try {
    return (await lstat(path)).isSocket() ? 'socket' : 'other';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return 'nothing';
    throw error;
  }
}
