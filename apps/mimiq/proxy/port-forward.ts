import { createServer, type Server } from 'node:net';
import { ExitError } from '../exit/exit-error.js';
import type { ExitTunnel } from './exit-tunnel.js';

/** One local TCP port that leads through a tunnel to one place outside. */
export interface PortForward {
  readonly host: string;
  readonly port: number;
  /** HOST:PORT as the exit is told. */
  readonly target: string;
}

/** Reads `[HOST:]PORT:TARGET:PORT`, as ssh's -L. Throws ExitError `bad-option`. */
export function parseForward(text: string): PortForward {
  const match = /^(?:(\[[^\]]+\]|[^:[\]]+):)?(\d{1,5}):(\[[^\]]+\]|[^:[\]]+):(\d{1,5})$/.exec(text);
  if (match === null) {
    throw new ExitError('bad-option', `'${text}' is not [HOST:]PORT:TARGET:PORT`, {
      mend: 'write it as for ssh -L, such as 8022:shell.example:22',
    });
  }
  const host = (match[1] ?? '127.0.0.1').replace(/^\[|\]$/g, '');
  return { host, port: Number(match[2]), target: `${match[3]}:${match[4]}` };
}

/** Listens; `failed` is told why a connection ended before its time. Rejects with ExitError `listen-failed`. */
export async function listenForward(
  { host, port, target }: PortForward,
  tunnel: ExitTunnel,
  failed: (error: unknown) => void,
): Promise<Server> {
  const server = createServer({ allowHalfOpen: true, noDelay: true }, socket => {
    socket.on('error', () => undefined);
    tunnel.carry(socket, target).catch(error => {
      socket.resetAndDestroy();
      failed(error);
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', cause =>
      reject(new ExitError('listen-failed', `cannot listen on TCP port ${port}`, { cause })),
    );
    server.listen(port, host, resolve);
  });
  return server;
}
