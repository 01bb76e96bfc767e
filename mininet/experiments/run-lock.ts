import { createHash } from 'node:crypto';
import { createServer } from 'node:net';
import { ExperimentError } from './experiment-error.js';

/**
 * Keeps a second process from the same run: an abstract Unix socket, which the kernel frees when this process ends, however it
 * ends.
 *
 * @param base absolute path of the run's files, without their endings
 * @throws ExperimentError `run-in-progress`
 */
export async function lockRun(base: string): Promise<AsyncDisposable> {
  const name = createHash('sha256').update(base).digest('hex').slice(0, 32);
  const server = createServer(socket => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(`\0cloakflow-experiment-${name}`, resolve);
  }).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code !== 'EADDRINUSE') throw cause;
    throw new ExperimentError('run-in-progress', `another process is at ${base}.json`, {
      mend: 'wait for its end, or give another folder with --output',
      cause,
    });
  });
  server.unref();
  return { [Symbol.asyncDispose]: () => new Promise(resolve => void server.close(() => resolve())) };
}
