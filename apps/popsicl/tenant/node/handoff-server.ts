import { type ChildProcess, spawn } from 'node:child_process';
import type { Server, Socket } from 'node:net';
import { TenantError } from '../tenant-error.js';

export interface HandoffServerOptions {
  /** `native/build/handle-relay`. */
  relay: string;
  /** Unix-domain socket where `native/tcp-repair` delivers connections. */
  socket: string;
  /** Numeric user of `tcp-repair`. */
  user: number;
}

/**
 * Gives a server, of TLS or HTTPS too, the connections that `native/tcp-repair` restores. Resolves when they may come; the
 * function returned ends that.
 *
 * @throws TenantError `helper-failed`
 */
export async function acceptHandoffs(server: Server, options: HandoffServerOptions): Promise<() => void> {
  const child = spawn(options.relay, [options.socket, String(options.user)], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  child.on('message', (_message, handle) => {
    if (handle) server.emit('connection', handle as Socket);
  });
  await started(child);
  return () => {
    child.kill();
  };
}

function started(child: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = () => reject(new TenantError('helper-failed', 'handle-relay did not start'));
    child.once('message', () => resolve());
    child.once('error', fail);
    child.once('exit', fail);
  });
}
