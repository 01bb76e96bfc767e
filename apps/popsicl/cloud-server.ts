import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { CodedError } from '../../controller/coded-error.js';
import { SourceConnections } from './source-connections.js';

interface Endpoint {
  readonly address: string;
  readonly port: number;
}

export interface CloudServerOptions {
  /** For errors, such as `portal`. */
  readonly label: 'portal' | 'linker';
  readonly listen: Endpoint | readonly Endpoint[];
  /** Certificates and whom to ask for one; see `useTls`. */
  readonly tls: TlsOptions;
  /** At each address. */
  readonly maxConnections: number;
  readonly fetch: (request: Request, env: HttpBindings) => Response | Promise<Response>;
}

/** An address and port, or a certificate and key, that the server cannot use. */
export class CloudServerError extends CodedError<
  'portal-listen' | 'portal-certificate' | 'linker-listen' | 'linker-certificate'
> {}

/** Of the connections that there may be, one source may have the fourth part. */
const SHARE = 4;
const MAX_HEADER_BYTES = 8 * 1024;
const REQUEST_MILLISECONDS = 30_000;
const HEADERS_MILLISECONDS = 10_000;

/** An HTTPS server of the cloud itself, at one address or several. */
export class CloudServer {
  private readonly label: CloudServerOptions['label'];
  private readonly servers: readonly Server[];
  private readonly sockets = new Set<Socket>();

  private constructor({ label, maxConnections }: CloudServerOptions, servers: readonly Server[]) {
    this.label = label;
    this.servers = servers;
    for (const server of servers) {
      const sources = new SourceConnections(Math.ceil(maxConnections / SHARE));
      server.on('connection', (socket: Socket) => {
        if (!sources.admit(socket)) return;
        this.sockets.add(socket);
        socket.on('close', () => this.sockets.delete(socket));
      });
    }
  }

  /** Throws CloudServerError; nothing listens then. */
  static async start(options: CloudServerOptions): Promise<CloudServer> {
    const { label, listen } = options;
    const places = isOne(listen) ? [listen] : listen;
    const started = new CloudServer(
      options,
      places.map(() => makeServer(options)),
    );
    try {
      for (const [index, { address, port }] of places.entries()) {
        await listenAt(label, started.servers[index]!, address, port);
      }
    } catch (error) {
      await started.stop();
      throw error;
    }
    return started;
  }

  /** Of the first address. */
  get port(): number {
    return (this.servers[0]!.address() as AddressInfo).port;
  }

  /** Takes other certificates for connections from now on. Throws CloudServerError, and goes on with the old ones. */
  useTls(tls: TlsOptions): void {
    try {
      for (const server of this.servers) server.setSecureContext({ minVersion: 'TLSv1.2', ...tls });
    } catch (cause) {
      throw unusable(this.label, cause);
    }
  }

  async stop(): Promise<void> {
    const open = this.servers.filter(server => server.listening);
    const closed = open.map(server => once(server, 'close'));
    for (const server of open) server.close();
    for (const socket of this.sockets) socket.destroy();
    await Promise.all(closed);
  }
}

function isOne(listen: CloudServerOptions['listen']): listen is Endpoint {
  return 'address' in listen;
}

function makeServer({ label, tls, maxConnections, fetch }: CloudServerOptions): Server {
  try {
    const server = createAdaptorServer({
      fetch: fetch as never,
      createServer,
      overrideGlobalObjects: false,
      serverOptions: {
        minVersion: 'TLSv1.2',
        ...tls,
        handshakeTimeout: HEADERS_MILLISECONDS,
        maxHeaderSize: MAX_HEADER_BYTES,
        requestTimeout: REQUEST_MILLISECONDS,
        headersTimeout: HEADERS_MILLISECONDS,
      },
    }) as Server;
    server.maxConnections = maxConnections;
    return server;
  } catch (cause) {
    throw unusable(label, cause);
  }
}

async function listenAt(
  label: CloudServerOptions['label'],
  server: Server,
  address: string,
  port: number,
): Promise<void> {
  try {
    server.listen(port, address);
    await once(server, 'listening');
  } catch (error) {
    const { code = 'error' } = error as NodeJS.ErrnoException;
    throw new CloudServerError(
      `${label}-listen`,
      `the ${label} cannot listen on ${address} port ${port}: ${code}`,
      {
        mend: 'Ports below 1024 need root or CAP_NET_BIND_SERVICE; see which program holds it with `ss -lnp`.',
      },
    );
  }
}

function unusable(label: CloudServerOptions['label'], cause: unknown): CloudServerError {
  return new CloudServerError(`${label}-certificate`, `certificate or key of the ${label} cannot be used`, {
    mend: 'Give a PEM certificate with its chain, and the key that belongs to it.',
    cause,
  });
}
