/**
 * The controller of a `Cloud` in a process of its own, which can be killed. Its description is JSON in a file: the configuration,
 * the pseudonyms, the keys of the cookies, and the socket of the tenant's repair helper where there is one. Prints `listening`, and
 * `connected` when it has a switch.
 */
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { normal } from '../../../apps/normal/app.js';
import { popsiclWith } from '../../../apps/popsicl/app.js';
import { CookieKeys } from '../../../apps/popsicl/cookie/cookie-keys.js';
import type { TenantConfig } from '../../../apps/popsicl/model.js';
import { Restorer } from '../../../apps/popsicl/tenant/repair/restorer.js';
import { Controller, parseConfig } from '../../../controller/host/index.js';
import { FixedDirectory } from '../../simulator/fixed-directory.js';

export interface ControllerDescription {
  config: string;
  pseudonyms: [name: string, tenant: TenantConfig, addresses: readonly string[]][];
  keys: { epoch: number; key: string }[];
  repair?: string | undefined;
}

const description = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as ControllerDescription;
const { config, pseudonyms, repair } = description;
const directory = new FixedDirectory();
for (const [name, tenant, addresses] of pseudonyms) directory.add(name, tenant, addresses);
const keys = new CookieKeys(
  description.keys.map(({ epoch, key }) => ({ epoch, key: Buffer.from(key, 'hex') })),
);
const restorer = repair === undefined ? undefined : new Restorer(repair);
const agents = restorer && {
  strategies: () => ['repair'],
  restore: (_: string, connection: Parameters<Restorer['restore']>[0]) => restorer.restore(connection),
};
const builtIn = [popsiclWith(() => ({ directory, keys, agents })), normal];
const controller = await Controller.start({
  config: await parseConfig(config, { builtIn }),
  builtIn,
  logger: pino({ enabled: false }),
});
console.log('listening');
const seen = setInterval(() => {
  if (controller.connected.size === 0) return;
  clearInterval(seen);
  console.log('connected');
}, 20);
