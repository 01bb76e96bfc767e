import { mkdtemp, rm } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Lets switches in namespaces of their own reach a controller that listens on TCP in this one: a unix socket, which
 * every namespace shares, whose connections are passed on.
 */
export class ControllerRelay {
  readonly directory: string;
  readonly path: string;
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(directory: string, host: string, port: number) {
    this.directory = directory;
    this.path = join(directory, 'controller.sock');
    this.server = createServer(inner => {
      const outer = connect({ host, port, noDelay: true });
      for (const [from, to] of [
        [inner, outer],
        [outer, inner],
      ] as const) {
        this.sockets.add(from);
        from.on('error', () => to.destroy());
        from.on('close', () => {
          this.sockets.delete(from);
          to.destroy();
        });
        from.pipe(to);
      }
    });
  }

  static async start(host: string, port: number): Promise<ControllerRelay> {
    const relay = new ControllerRelay(await mkdtemp(join(tmpdir(), 'cloakflow-relay-')), host, port);
    await new Promise<void>((resolve, reject) => {
      relay.server.once('error', reject);
      relay.server.listen(relay.path, resolve);
    });
    return relay;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>(resolve => this.server.close(() => resolve()));
    await rm(this.directory, { recursive: true, force: true });
  }
}
