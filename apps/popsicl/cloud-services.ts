import type { AppContext } from '../../controller/host/index.js';
import type { PopsiclConfig } from './config.js';
import { CookieKeys } from './interception/cookie-keys.js';
import type { Directory, Distribution } from './model.js';
import type { Services } from './popsicl.js';
import { startRegistrar } from './registrar.js';

const NOBODY: Directory = {
  tenantOfName: () => undefined,
  tenantOfAddress: () => undefined,
  isPseudoAddress: () => false,
  onChange: () => () => undefined,
};

/** What the packet path rests on: with `registration` in the configuration a registrar, else nobody has a pseudonym. */
export async function cloudServices(
  context: AppContext<PopsiclConfig>,
  parties: readonly Distribution[] = [],
): Promise<Services> {
  const keys = new CookieKeys();
  const { registration, domain, tenants, blocks, gateway, port } = context.config;
  if (registration === undefined) return { directory: NOBODY, keys };
  const registrar = await startRegistrar({
    config: registration,
    domain,
    tenants: tenants.map(tenant => ({ ...tenant, port })),
    blocks,
    reserved: [gateway.ipv4, gateway.ipv6].filter(address => address !== undefined),
    parties,
    clock: context.clock,
    log: context.log,
    metrics: context.metrics,
  });
  return {
    directory: registrar.directory,
    keys,
    call: (name, parameters) => registrar.call(name, parameters),
    close: () => registrar.close(),
  };
}
