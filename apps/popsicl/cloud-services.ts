import { join } from 'node:path';
import { z } from 'zod';
import type { AppContext } from '../../controller/host/index.js';
import type { Json } from '../../controller/openflow/index.js';
import type { PopsiclConfig } from './config.js';
import { CookieKeys } from './cookie/cookie-keys.js';
import { readKeys, writeKeys } from './cookie/key-file.js';
import { rotateKeys } from './cookie/key-rotation.js';
import { type RunningDecoys, startDecoys } from './decoy/start-decoys.js';
import type { CloudFacts, Directory, Distribution } from './model.js';
import { checked } from './operator-calls.js';
import { keepRelay } from './proxy/keep-relay.js';
import { startRegistrar } from './registrar.js';
import { RegistrationError } from './registry/registration-error.js';
import type { Services } from './services.js';
import { TenantParty } from './tenant-party.js';

/** In the registration's folder: the keys of the cookies. */
const KEY_FILE = 'cookie-keys.json';
/** Milliseconds that tenants know a new key before cookies are made with it. */
const KEY_LEAD = 2000;

const MINUTE = 60_000;
const invited = z.strictObject({
  domain: z.string().min(1).max(255),
  minutes: z.int().min(1).max(1440).default(60),
});

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
  const { registration, domain, tenants, blocks, gateway, port, tenantChannel, fleet, proxy } =
    context.config;
  if (registration === undefined) return { directory: NOBODY, keys: new CookieKeys() };
  const file = join(registration.folder, KEY_FILE);
  const keys = new CookieKeys(await readKeys(file));
  await writeKeys(file, keys.all);
  const agents = tenantChannel === undefined ? undefined : new TenantParty(tenantChannel, fleet.windowScale);
  const registrar = await startRegistrar({
    config: registration,
    domain,
    tenants: tenants.map(tenant => ({ ...tenant, port })),
    blocks,
    reserved: [gateway.ipv4, gateway.ipv6, proxy?.ipv4, proxy?.ipv6].filter(address => address !== undefined),
    parties: agents === undefined ? parties : [agents, ...parties],
    clock: context.clock,
    log: context.log,
    metrics: context.metrics,
    unsealed: context.config.unsealed,
  });
  if (agents !== undefined) {
    context.metrics.counter(
      'agents_refused_total',
      'Connections to the channel of agents that were turned away.',
      () => agents.refused,
    );
  }
  let relay: (() => void) | undefined;
  let running: RunningDecoys | undefined;
  const { decoy } = context.config;
  const close = async () => {
    relay?.();
    await agents?.close();
    await running?.close();
    await registrar.close();
  };
  try {
    const started = await startDecoys(context, registrar.authority, agents);
    running = started;
    registrar.directory.onChange(({ type, name }) => {
      if (type === 'withdrawn') started?.decoys.foresee(name);
    });
    await agents?.open({
      directory: registrar.directory,
      wanted: domain =>
        domain === decoy?.domain ? running!.decoys.materials() : registrar.service.materials(domain),
      isDecoy: (name, domain) => domain === decoy?.domain && running!.decoys.knows(name),
      cloud: domain => cloudFacts(context.config, domain),
      clock: context.clock,
      log: context.log,
    });
    relay = await keepRelay(context, registrar.directory, running?.decoys);
  } catch (error) {
    await close();
    throw error;
  }
  agents?.setKeys(keys.all);
  rotateKeys({
    keys,
    clock: context.clock,
    lifetime: context.config.keyLifetime * 1000,
    lead: KEY_LEAD,
    announce: key => agents?.setKeys([key, ...keys.all]),
    save: all => writeKeys(file, all),
    failed: error => context.log.write('popsicl-key-failed', {}, error),
  });
  return {
    directory: registrar.directory,
    keys,
    agents,
    decoys: running?.decoys,
    call: async (name, parameters) =>
      name === 'invite' ? invite(agents, parameters) : registrar.call(name, parameters),
    close,
  };
}

/** What a tenant may know of the cloud; undefined for who is none. */
function cloudFacts(
  { tenants, decoy, domain: cloud, registration }: PopsiclConfig,
  domain: string,
): CloudFacts | undefined {
  if (domain === decoy?.domain) return { linker: '', tenants: [], trusted: [] };
  const tenant = tenants.find(one => one.domain === domain);
  if (tenant === undefined) return undefined;
  const linker = registration?.linker === undefined ? '' : `linker.${cloud}`;
  return { linker, tenants: tenants.map(one => one.domain), trusted: tenant.trusts };
}

/** The operator's call `invite` {domain, minutes?}: a token for the agent of a tenant. */
function invite(agents: TenantParty | undefined, parameters: Json): Json {
  const { domain, minutes } = checked(invited, parameters);
  if (agents === undefined) {
    throw new RegistrationError('bad-call', 'this controller has no channel for agents', {
      mend: 'Give the app `tenantChannel` in the configuration.',
    });
  }
  const lifetime = minutes * MINUTE;
  const token = agents.invite(domain, lifetime);
  return { token, expires: new Date(Date.now() + lifetime).toISOString() };
}
