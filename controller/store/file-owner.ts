import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { basename, dirname } from 'node:path';
import { StoreError } from './store-error.js';

/** What makes this process the only one with a file. */
export interface FileOwner {
  release(): Promise<void>;
}

const ID_LENGTH = 16;

/**
 * Makes this process the only one with a file, by two sockets that end with the process, however it ends. One in Linux's abstract
 * namespace is free of races, but each network namespace has its own; one beside the file holds in all of them. Throws
 * `store-in-use`.
 */
export async function ownFile(file: string): Promise<FileOwner> {
  const folder = await open(dirname(file));
  const servers: Server[] = [];
  const release = async () => {
    for (const server of servers.splice(0).reverse()) await closed(server);
    await folder.close();
  };
  try {
    const { dev, ino } = await folder.stat();
    // A socket's name has 107 bytes at most, and the file's may have more.
    const id = createHash('sha256').update(basename(file)).digest('hex').slice(0, ID_LENGTH);
    servers.push(await listening(`\0cloakflow-store ${dev} ${ino} ${id}`));
    servers.push(await listening(await freePath(folder, `.${id}.owner`)));
    return { release };
  } catch (error) {
    await release();
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new StoreError('store-in-use', `${file} is open already`, {
      mend: 'Stop the other controller, or give this one a folder of its own.',
    });
  }
}

/** Path of a socket, after removing what a dead process left there. EADDRINUSE when somebody answers. */
async function freePath(folder: FileHandle, name: string): Promise<string> {
  // By the folder's descriptor, for the folder's path may be long.
  const base = `/proc/self/fd/${folder.fd}`;
  const path = `${base}/${name}`;
  // Out of the way first, and judged then: what somebody puts there meanwhile is not removed.
  const aside = `${base}/.${randomBytes(8).toString('hex')}.stale`;
  try {
    await rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return path;
    throw error;
  }
  if (!(await answers(aside))) {
    await unlink(aside);
    return path;
  }
  await rename(aside, path);
  throw Object.assign(new Error('in use'), { code: 'EADDRINUSE' });
}

async function answers(path: string): Promise<boolean> {
  const socket = connect({ path });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function listening(path: string): Promise<Server> {
  const server = createServer(socket => socket.destroy());
  server.unref();
  server.listen({ path });
  await once(server, 'listening');
  return server;
}

function closed(server: Server): Promise<void> {
  return new Promise(resolve => void server.close(() => resolve()));
}
