import { join } from 'node:path';
import type { AppContext } from '../../controller/host/index.js';
import type { PopsiclConfig } from './config.js';
import { CookieKeys } from './interception/cookie-keys.js';
import { readKeys, writeKeys } from './interception/key-file.js';
import { rotateKeys } from './interception/key-rotation.js';
import { MaterialFolder } from './material-folder.js';
import type { Directory, Distribution } from './model.js';
import type { Services } from './popsicl.js';
import { startRegistrar } from './registrar.js';

/** In the registration's folder: the keys of the cookies. */
const KEY_FILE = 'cookie-keys.json';
/** Milliseconds that tenants have to take a new key. */
const KEY_PATIENCE = 5000;

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
  const { registration, domain, tenants, blocks, gateway, port, materialFolder } = context.config;
  if (registration === undefined) return { directory: NOBODY, keys: new CookieKeys() };
  const file = join(registration.folder, KEY_FILE);
  const keys = new CookieKeys(await readKeys(file));
  const save = (all: CookieKeys['all']) => writeKeys(file, all);
  await save(keys.all);
  rotateKeys({
    keys,
    clock: context.clock,
    lifetime: context.config.keyLifetime * 1000,
    patience: KEY_PATIENCE,
    announce: async () => undefined,
    save,
    failed: error => context.log.write('popsicl-key-failed', {}, error),
  });
  const folder = materialFolder === undefined ? [] : [new MaterialFolder(materialFolder)];
  const registrar = await startRegistrar({
    config: registration,
    domain,
    tenants: tenants.map(tenant => ({ ...tenant, port })),
    blocks,
    reserved: [gateway.ipv4, gateway.ipv6].filter(address => address !== undefined),
    parties: [...folder, ...parties],
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
