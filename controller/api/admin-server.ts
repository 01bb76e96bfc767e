import { link, lstat, unlink } from 'node:fs/promises';
import type { Server } from 'node:http';
import { connect } from 'node:net';
import { createAdaptorServer } from '@hono/node-server';
import type { AdminBackend } from './admin-backend.js';
import { AdminError } from './admin-error.js';
import { checkAdminPath, prepareAdminDirectory, whatIsAt } from './admin-path.js';
import { adminRoutes } from './admin-routes.js';

const PROBE_MILLISECONDS = 2_000;
const OWNER_ONLY_SOCKET = 0o600;

export interface AdminServer {
  readonly path: string;
  /** Ends open requests and removes the socket. */
  close(): Promise<void>;
}

/**
 * Answers on the unix socket `path`, which only its owner can open. A socket left by a controller that died
 * is replaced; AdminError `admin-in-use` when one still answers there, `admin-path` when no socket can be
 * made at this path.
 */
export async function startAdminServer(path: string, backend: AdminBackend): Promise<AdminServer> {
  checkAdminPath(path);
  await prepareAdminDirectory(path);
  await removeStaleSocket(path);
  const server = createAdaptorServer({
    fetch: adminRoutes(backend).fetch,
    overrideGlobalObjects: false,
    serverOptions: { maxHeaderSize: 8 * 1024, requestTimeout: 30_000, headersTimeout: 10_000 },
  }) as Server;
  server.maxConnections = 64;
  await listenOwnerOnly(server, path);
  const own = await lstat(path);
  return {
    path,
    async close() {
      const closed = new Promise<void>(resolve => server.close(() => resolve()));
      server.closeAllConnections();
      // Another controller may have put its own socket there since.
      const left = await lstat(path).catch(() => undefined);
      if (left?.ino === own.ino && left.dev === own.dev) await unlink(path).catch(() => {});
      await closed;
    },
  };
}

/**
 * Binds under a name of this process and then gives the socket its own: it appears with its final rights,
 * never in the place of another one, and closing (which removes the name bound) cannot remove another's.
 */
async function listenOwnerOnly(server: Server, path: string): Promise<void> {
  const bound = `${path}.${process.pid}`;
  await unlink(bound).catch(() => {});
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    // `listen` binds before it returns.
    const before = process.umask(0o777 & ~OWNER_ONLY_SOCKET);
    try {
      server.listen({ path: bound }, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(before);
    }
  });
  try {
    await link(bound, path);
  } catch (error) {
    server.close();
    throw (error as NodeJS.ErrnoException).code === 'EEXIST' ? inUse(path) : error;
  } finally {
    await unlink(bound).catch(() => {});
  }
}

async function removeStaleSocket(path: string): Promise<void> {
  const found = await whatIsAt(path);
  if (found === 'nothing') return;
  if (found === 'other') {
    throw new AdminError('admin-path', `${path} exists and is no socket`, {
      mend: 'Move it away, or choose another path with --admin.',
    });
  }
  if (await answers(path)) throw inUse(path);
  await unlink(path);
}

/** Whether some process accepts connections at the socket `path`. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const socket = connect({ path, timeout: PROBE_MILLISECONDS });
    const end = (result: boolean) => {
      socket.destroy();
      resolve(result);
    };
    socket.once('connect', () => end(true));
    socket.once('timeout', () => end(true));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' || error.code === 'ENOENT') end(false);
      else reject(error);
    });
  });
}

function inUse(path: string): AdminError {
  return new AdminError('admin-in-use', `another controller answers on ${path}`, {
    mend: 'Stop it, or give this one a socket of its own with --admin PATH.',
  });
}
