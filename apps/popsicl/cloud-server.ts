import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { TlsOptions } from 'node:tls';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import { CodedError } from '../../controller/coded-error.js';

export interface CloudServerOptions {
  /** For errors, such as `portal`. */
  readonly label: 'portal' | 'linker';
  readonly listen: { readonly address: string; readonly port: number };
  /** Certificates and whom to ask for one; see `useTls`. */
  readonly tls: TlsOptions;
  readonly maxConnections: number;
  readonly fetch: (request: Request, env: HttpBindings) => Response | Promise<Response>;
}

/** An address and port, or a certificate and key, that the server cannot use. */
export class CloudServerError extends CodedError<
  'portal-listen' | 'portal-certificate' | 'linker-listen' | 'linker-certificate'
> {}

const MAX_HEADER_BYTES = 8 * 1024;
const REQUEST_MILLISECONDS = 30_000;
const HEADERS_MILLISECONDS = 10_000;

/** An HTTPS server of the cloud itself. */
export class CloudServer {
  private readonly label: CloudServerOptions['label'];
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(label: CloudServerOptions['label'], server: Server) {
    this.label = label;
    this.server = server;
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  /** Throws CloudServerError. */
  static async start({
    label,
    listen,
    tls,
    maxConnections,
    fetch,
  }: CloudServerOptions): Promise<CloudServer> {
    let server: Server;
    try {
      server = createAdaptorServer({
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
    } catch (cause) {
      throw unusable(label, cause);
    }
    server.maxConnections = maxConnections;
    const started = new CloudServer(label, server);
    try {
      server.listen(listen.port, listen.address);
      await once(server, 'listening');
    } catch (error) {
      const { code = 'error' } = error as NodeJS.ErrnoException;
      throw new CloudServerError(
        `${label}-listen`,
        `the ${label} cannot listen on ${listen.address} port ${listen.port}: ${code}`,
        {
          mend: 'Ports below 1024 need root or CAP_NET_BIND_SERVICE; see which program holds it with `ss -lnp`.',
        },
      );
    }
    return started;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Takes other certificates for connections from now on. Throws CloudServerError, and goes on with the old ones. */
  useTls(tls: TlsOptions): void {
    try {
      this.server.setSecureContext({ minVersion: 'TLSv1.2', ...tls });
    } catch (cause) {
      throw unusable(this.label, cause);
    }
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

function unusable(label: CloudServerOptions['label'], cause: unknown): CloudServerError {
  return new CloudServerError(`${label}-certificate`, `certificate or key of the ${label} cannot be used`, {
    mend: 'Give a PEM certificate with its chain, and the key that belongs to it.',
    cause,
  });
}
