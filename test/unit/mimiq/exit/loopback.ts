import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type ClientOptions,
  MimiqClient,
  parseStrategy,
  StaticAddresses,
} from '../../../../apps/mimiq/client/index.js';
import { Http3Server, type Http3ServerOptions } from '../../../../apps/mimiq/exit/http3-server.js';
import type { RequestFromClient } from '../../../../apps/mimiq/exit/request-from-client.js';
import { writeCertificate } from '../../../../mininet/traffic/quic-server.js';

export const TOKEN = 'a-token-of-many-letters';

/** Servers and clients on loopback, whose 127.0.0.0/8 has addresses enough to hop between. */
export class Loopback {
  readonly folder = mkdtempSync(join(tmpdir(), 'cloakflow-exit-'));
  private readonly ends: (() => unknown)[] = [];

  constructor() {
    writeCertificate(this.folder, ['127.0.0.1']);
  }

  get certificate(): Uint8Array {
    return readFileSync(join(this.folder, 'cert.pem'));
  }

  get key(): Uint8Array {
    return readFileSync(join(this.folder, 'key.pem'));
  }

  /** An HTTP/3 server that answers every request with `body`. */
  async http3(body: Uint8Array, options: Partial<Http3ServerOptions> = {}): Promise<Http3Server> {
    const { certificate, key } = this;
    const request = (request: RequestFromClient) => {
      request.respond(200, [['content-length', String(body.length)]]);
      void request.write(body).then(() => request.end());
    };
    return this.closing(
      await Http3Server.listen({ host: '127.0.0.1', port: 0, certificate, key, request, ...options }),
    );
  }

  client(strategy = 'never', options: Partial<ClientOptions> = {}): MimiqClient {
    const client = new MimiqClient({
      addresses: new StaticAddresses(Array.from({ length: 250 }, (_, index) => `127.7.7.${index + 1}`)),
      tls: { authorities: this.certificate },
      strategies: { default: parseStrategy(strategy), destinations: [] },
      connectTimeout: 60_000,
      ...options,
    });
    return this.closing(client);
  }

  /** A TCP server that sends back what it gets. Resolves with its port. */
  async echo(): Promise<number> {
    const server: Server = createServer({ allowHalfOpen: true }, socket => {
      socket.on('error', () => undefined);
      socket.pipe(socket);
    });
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
    this.closing(server);
    return (server.address() as { port: number }).port;
  }

  closing<T extends { close(): unknown }>(what: T): T {
    this.ends.push(() => what.close());
    return what;
  }

  async close(): Promise<void> {
    for (const end of this.ends.splice(0).reverse()) await end();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
