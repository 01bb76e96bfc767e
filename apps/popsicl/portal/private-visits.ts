import { readFile } from 'node:fs/promises';
import type { TLSSocket } from 'node:tls';
import type { HttpBindings } from '@hono/node-server';
import { CloudServer } from '../cloud-server.js';
import type { RegistrarConfig } from '../registrar-config.js';
import { CapabilityFiles } from '../tenant/capabilities/capability-files.js';
import { servePseudonyms } from '../tenant/node/pseudonym-server.js';
import { type PortalRoutesOptions, portalRoutes } from './portal-routes.js';

type PrivateConfig = NonNullable<NonNullable<RegistrarConfig['portal']>['pseudonyms']>;

const MISDIRECTED_REQUEST = 421;

/**
 * The portal as a tenant (4.1): for those who have a pseudonym for it, at an address of its own where an agent lets the kernel take
 * connections over and writes certificates and capabilities. Throws CloudServerError; system errors of the files pass.
 */
export async function servePrivateVisits(
  { listen, folder, capabilities, decoy }: PrivateConfig,
  maxConnections: number,
  options: PortalRoutesOptions,
): Promise<CloudServer> {
  const [cert, key] = await Promise.all([decoy.certificate, decoy.key].map(file => readFile(file, 'utf8')));
  const pseudonyms = servePseudonyms({ folder, decoy: { cert: cert!, key: key! } });
  const routes = portalRoutes({ ...options, capabilities: new CapabilityFiles(capabilities ?? folder) });
  return CloudServer.start({
    label: 'portal',
    listen,
    tls: pseudonyms.tls,
    maxConnections,
    fetch(request, env: HttpBindings) {
      const name = pseudonyms.pseudonymOf(env.incoming.socket as TLSSocket);
      const host = env.incoming.headers.host?.toLowerCase().replace(/:\d*$/, '');
      if (name === undefined || host !== name) return new Response(null, { status: MISDIRECTED_REQUEST });
      return routes.fetch(request, env);
    },
  });
}
