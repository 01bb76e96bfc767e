import { connect } from 'node:net';

/**
 * True when connections to the unix socket at `path` are accepted. The file alone does not say so: it exists from
 * bind(2) on, and until listen(2) a connection is refused.
 */
export function isListening(path: string): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect(path);
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });
}
