import { access } from 'node:fs/promises';
import type { Server } from 'node:net';
import { dirname } from 'node:path';
import { type Endpoint, formatEndpoint, type TcpEndpoint } from './endpoint.js';
import { systemError, TransportError } from './transport-error.js';
import { removeStaleSocket, withOwnerOnly } from './unix-socket-file.js';

/**
 * Connections that the kernel keeps until they are accepted; it lowers this to its own bound
 * (net.core.somaxconn).
 */
const BACKLOG = 4096;

/**
 * Makes `server` listen on a passive endpoint; resolves with the endpoint and the port that the system chose.
 */
export async function bind(server: Server, endpoint: Endpoint): Promise<Endpoint> {
  try {
    if ('path' in endpoint) await bindFile(server, endpoint.path);
    else {
      const { host, port } = endpoint;
      await started(server, () => server.listen({ host, port, backlog: BACKLOG }));
    }
  } catch (error) {
    if (error instanceof TransportError) throw error;
    throw systemError(`Listening on ${formatEndpoint(endpoint)}`, error as NodeJS.ErrnoException);
  }
  const address = server.address();
  if (address === null || typeof address !== 'object') return endpoint;
  return { ...endpoint, port: address.port } as TcpEndpoint;
}

async function bindFile(server: Server, path: string): Promise<void> {
  const start = () => started(server, () => withOwnerOnly(() => server.listen({ path, backlog: BACKLOG })));
  try {
    await start();
  } catch (error) {
    // libuv says EACCES for a missing folder.
    await access(dirname(path));
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || !(await removeStaleSocket(path)))
      throw error;
    await start();
  }
}

function started(server: Server, listening: () => void): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.once('listening', () => {
      server.off('error', reject);
      resolve();
    });
    listening();
  });
}
