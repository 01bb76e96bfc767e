import { readFile } from 'node:fs/promises';
import type { TlsOptions } from 'node:tls';
import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import type { Clock, MessageLog } from '../../../controller/host/index.js';
import { CloudServer } from '../cloud-server.js';
import type { CloudAuthority } from '../pki/cloud-authority.js';
import { issueCloudServer } from '../pki/issue.js';
import type { RegistrarConfig } from '../registrar-config.js';
import type { REGISTRAR_MESSAGES } from '../registry/messages.js';
import type { RegistrationService } from '../registry/registration-service.js';
import { type PortalRoutesOptions, portalRoutes } from './portal-routes.js';
import { servePrivateVisits } from './private-visits.js';

export interface PortalParts {
  readonly service: RegistrationService;
  readonly authority: CloudAuthority;
  readonly clock: Clock;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  readonly log: MessageLog<typeof REGISTRAR_MESSAGES>;
}

const DAY = 24 * 60 * 60 * 1000;
/** A certificate of the cloud's own holds this long and is replaced well before; its key is never written down. */
const CERTIFICATE_DAYS = 90;
const RENEWAL_DAYS = 7;

/** Names in the portal's certificate, the first for links to it. */
export function portalNames({ portal }: RegistrarConfig, domain: string): readonly string[] {
  return portal?.names ?? [`portal.${domain}`];
}

/** The portal, where the configuration asks for one. Throws PortalError; system errors of the operator's files pass. */
export async function startPortal(
  config: RegistrarConfig,
  domain: string,
  { service, authority, clock, wallClock, log }: PortalParts,
): Promise<{ server: CloudServer; privately: CloudServer | undefined; stop(): Promise<void> } | undefined> {
  const { portal, keyType } = config;
  if (portal === undefined) return undefined;
  const failed = (error: unknown) => log.write('popsicl-portal-failed', {}, error);
  const current = async (): Promise<TlsOptions> => {
    if (portal.credential !== undefined) {
      const { certificate, key } = portal.credential;
      return { cert: await readFile(certificate, 'utf8'), key: await readFile(key, 'utf8') };
    }
    const now = wallClock();
    const validity = { from: now, until: now + CERTIFICATE_DAYS * DAY };
    const issued = await issueCloudServer(authority, portalNames(config, domain), keyType, validity);
    return { cert: issued.certificatePem, key: issued.keyPem };
  };
  const options = {
    service,
    authorityPem: authority.rootPem,
    hasLinker: config.linker !== undefined,
    clientOf: (context: Context) => (context.env as HttpBindings).incoming.socket.remoteAddress ?? 'unknown',
    failed,
  } satisfies PortalRoutesOptions;
  const { listen, maxConnections, pseudonyms } = portal;
  const server = await CloudServer.start({
    label: 'portal',
    listen,
    tls: await current(),
    maxConnections,
    fetch: portalRoutes(options).fetch,
  });
  let privately: CloudServer | undefined;
  try {
    privately = pseudonyms && (await servePrivateVisits(pseudonyms, maxConnections, options));
  } catch (error) {
    await server.stop();
    throw error;
  }
  // The operator's files are read again too: whoever renews them need not tell.
  const renewal = clock.every(RENEWAL_DAYS * DAY, () => {
    void current().then(tls => server.useTls(tls), failed);
  });
  return {
    server,
    privately,
    async stop() {
      renewal.cancel();
      await privately?.stop();
      await server.stop();
    },
  };
}
