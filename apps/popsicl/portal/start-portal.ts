import { readFile } from 'node:fs/promises';
import type { Clock, MessageLog } from '../../../controller/host/index.js';
import type { CloudAuthority } from '../pki/cloud-authority.js';
import { issueCloudServer } from '../pki/issue.js';
import type { RegistrarConfig } from '../registrar-config.js';
import type { REGISTRAR_MESSAGES } from '../registry/messages.js';
import type { RegistrationService } from '../registry/registration-service.js';
import { type PortalCredential, PortalServer } from './portal-server.js';

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

/** The portal, where the configuration asks for one. Throws PortalError; system errors of the operator's files pass. */
export async function startPortal(
  config: RegistrarConfig,
  domain: string,
  { service, authority, clock, wallClock, log }: PortalParts,
): Promise<{ server: PortalServer; stop(): Promise<void> } | undefined> {
  const { portal, keyType } = config;
  if (portal === undefined) return undefined;
  const failed = (error: unknown) => log.write('popsicl-portal-failed', {}, error);
  const current = async (): Promise<PortalCredential> => {
    if (portal.credential !== undefined) {
      const { certificate, key } = portal.credential;
      return { certificatePem: await readFile(certificate, 'utf8'), keyPem: await readFile(key, 'utf8') };
    }
    const now = wallClock();
    const validity = { from: now, until: now + CERTIFICATE_DAYS * DAY };
    return issueCloudServer(authority, portal.names ?? [`portal.${domain}`], keyType, validity);
  };
  const server = await PortalServer.start({
    service,
    authorityPem: authority.rootPem,
    failed,
    listen: portal.listen,
    credential: await current(),
    maxConnections: portal.maxConnections,
  });
  // The operator's files are read again too: whoever renews them need not tell.
  const renewal = clock.every(RENEWAL_DAYS * DAY, () => {
    void current().then(credential => server.useCredential(credential), failed);
  });
  return {
    server,
    stop() {
      renewal.cancel();
      return server.stop();
    },
  };
}
