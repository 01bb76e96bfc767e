import { once } from 'node:events';
import { createServer, type Server } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { createAdaptorServer, type HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { PortalError } from './portal-error.js';
import { type PortalRoutesOptions, portalRoutes } from './portal-routes.js';

export interface PortalServerOptions extends Omit<PortalRoutesOptions, 'clientOf'> {
  readonly listen: { readonly address: string; readonly port: number };
  readonly credential: PortalCredential;
  readonly maxConnections: number;
}

/** PEM: certificate with its chain, and PKCS#8 key. */
export interface PortalCredential {
  readonly certificatePem: string;
  readonly keyPem: string;
}

const MAX_HEADER_BYTES = 8 * 1024;
const REQUEST_MILLISECONDS = 30_000;
const HEADERS_MILLISECONDS = 10_000;

/** The portal over HTTPS. It asks nobody for a certificate. */
export class PortalServer {
  private readonly server: Server;
  private readonly sockets = new Set<Socket>();

  private constructor(server: Server) {
    this.server = server;
    server.on('connection', (socket: Socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
    });
  }

  /** Throws `portal-listen` or `portal-certificate`. */
  static async start(options: PortalServerOptions): Promise<PortalServer> {
    const { listen, credential, maxConnections, ...rest } = options;
    const clientOf = (context: Context) =>
      (context.env as HttpBindings).incoming.socket.remoteAddress ?? 'unknown';
    const routes = portalRoutes({ ...rest, clientOf });
    let server: Server;
    try {
      server = createAdaptorServer({
        fetch: routes.fetch,
        createServer,
        overrideGlobalObjects: false,
        serverOptions: {
          cert: credential.certificatePem,
          key: credential.keyPem,
          minVersion: 'TLSv1.2',
          handshakeTimeout: HEADERS_MILLISECONDS,
          maxHeaderSize: MAX_HEADER_BYTES,
          requestTimeout: REQUEST_MILLISECONDS,
          headersTimeout: HEADERS_MILLISECONDS,
        },
      }) as Server;
    } catch (cause) {
      throw unusable(cause);
    }
    server.maxConnections = maxConnections;
    const portal = new PortalServer(server);
    try {
      server.listen(listen.port, listen.address);
      await once(server, 'listening');
    } catch (error) {
      const { code = 'error' } = error as NodeJS.ErrnoException;
      throw new PortalError(
        'portal-listen',
        `the portal cannot listen on ${listen.address} port ${listen.port}: ${code}`,
        {
          mend: 'Ports below 1024 need root or CAP_NET_BIND_SERVICE; see which program holds it with `ss -lnp`.',
        },
      );
    }
    return portal;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** Takes another certificate for connections from now on. Throws `portal-certificate`, and goes on with the old one. */
  useCredential({ certificatePem, keyPem }: PortalCredential): void {
    try {
      this.server.setSecureContext({ cert: certificatePem, key: keyPem, minVersion: 'TLSv1.2' });
    } catch (cause) {
      throw unusable(cause);
    }
  }

  async stop(): Promise<void> {
    const closed = once(this.server, 'close');
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
    await closed;
  }
}

function unusable(cause: unknown): PortalError {
  return new PortalError('portal-certificate', 'certificate or key of the portal cannot be used', {
    mend: 'Give a PEM certificate with its chain, and the key that belongs to it.',
    cause,
  });
}
