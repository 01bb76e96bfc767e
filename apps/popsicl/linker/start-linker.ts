import { constants } from 'node:crypto';
import type { TLSSocket, TlsOptions } from 'node:tls';
import type { HttpBindings } from '@hono/node-server';
import type { Clock, MessageLog } from '../../../controller/host/index.js';
import { CloudServer } from '../cloud-server.js';
import type { RegistrarConfig } from '../registrar-config.js';
import type { REGISTRAR_MESSAGES } from '../registry/messages.js';
import type { LinkerAuthority } from './linker-authority.js';
import { type LinkerCounts, linkerRoutes } from './linker-routes.js';
import type { Persons } from './persons.js';
import type { LinkTarget } from './referral.js';

export interface LinkerParts {
  readonly authority: LinkerAuthority;
  readonly persons: Persons;
  readonly targets: ReadonlyMap<string, LinkTarget>;
  readonly portalName: string;
  readonly clock: Clock;
  readonly log: MessageLog<typeof REGISTRAR_MESSAGES>;
}

const DAY = 24 * 60 * 60 * 1000;
const RENEWAL_DAYS = 7;

/**
 * The linker over HTTPS. It asks for a certificate of its own anchor, and serves those who have none too: they are sent to plain
 * names. TLS 1.3 only: before it, certificates of clients are there for all to see. Throws CloudServerError.
 */
export async function startLinker(
  { listen, maxConnections }: NonNullable<RegistrarConfig['linker']>,
  { authority, persons, targets, portalName, clock, log }: LinkerParts,
): Promise<{ server: CloudServer; counts: LinkerCounts; stop(): Promise<void> }> {
  const failed = (error: unknown) => log.write('popsicl-linker-failed', {}, error);
  const tls = (): TlsOptions => {
    const { certificatePem: cert, keyPem: key, anchorPem: ca } = authority.current;
    return {
      cert,
      key,
      ca,
      requestCert: true,
      rejectUnauthorized: false,
      minVersion: 'TLSv1.3',
      secureOptions: constants.SSL_OP_NO_TICKET,
    };
  };
  const counts: LinkerCounts = { pseudonyms: 0, plain: 0, refused: 0 };
  const routes = linkerRoutes({
    counts,
    name: authority.name,
    portalName,
    persons,
    targets,
    certificateOf: context => {
      const socket = (context.env as HttpBindings).incoming.socket as TLSSocket;
      return socket.authorized ? socket.getPeerX509Certificate() : undefined;
    },
    failed,
  });
  const server = await CloudServer.start({
    label: 'linker',
    listen,
    tls: tls(),
    maxConnections,
    fetch: routes.fetch,
  });
  const renewal = clock.every(RENEWAL_DAYS * DAY, () => {
    void authority.renew().then(() => server.useTls(tls()), failed);
  });
  return {
    server,
    counts,
    stop() {
      renewal.cancel();
      return server.stop();
    },
  };
}
