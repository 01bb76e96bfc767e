/**
 * A controller whose pseudonyms are given by a file, in a process of its own.
 *
 *     node controller-program.js SETTINGS.json
 *
 * The packet path is that of `cloakflow run`; only registration is left out. Prints `ready`, and for each switch that connects
 * `connected ID REMEMBERED`, with the number of connections that the app remembers then.
 */
import { readFileSync } from 'node:fs';
import { pino } from 'pino';
import { normal } from '../../../apps/normal/app.js';
import { popsiclWith } from '../../../apps/popsicl/app.js';
import { CookieKeys } from '../../../apps/popsicl/cookie/cookie-keys.js';
import type { TenantConfig } from '../../../apps/popsicl/model.js';
import { Controller, parseConfig, scheduleAsBatch } from '../../../controller/host/index.js';
import { FixedDirectory } from '../../simulator/fixed-directory.js';

export interface ControllerSettings {
  /** OpenFlow endpoints. */
  listen: readonly string[];
  /** Settings of the app, without its name. */
  popsicl: { tenants: readonly Omit<TenantConfig, 'port'>[] } & Record<string, unknown>;
  pseudonyms: readonly { name: string; tenant: string; addresses: readonly string[] }[];
  /** The key of cookies, in hexadecimal. */
  key: string;
}

const settings = JSON.parse(readFileSync(process.argv[2]!, 'utf8')) as ControllerSettings;
const directory = new FixedDirectory();
for (const { name, tenant, addresses } of settings.pseudonyms) {
  const config = settings.popsicl.tenants.find(each => each.domain === tenant)!;
  directory.add(name, { port: 443, ...config }, addresses);
}
const keys = new CookieKeys([{ epoch: 0, key: Buffer.from(settings.key, 'hex') }]);
const builtIn = [popsiclWith(() => ({ directory, keys })), normal];
const text = JSON.stringify({
  listen: settings.listen,
  discovery: { enabled: false },
  apps: [{ popsicl: settings.popsicl }, 'normal'],
});
await scheduleAsBatch();
const controller = await Controller.start({
  config: await parseConfig(text, { builtIn }),
  builtIn,
  logger: pino({ level: 'info' }, { write: line => void tell(JSON.parse(line)) }),
});
console.log('ready');

async function tell(record: { id: string; switch: string }): Promise<void> {
  if (record.id !== 'switch-connected') return;
  const [, count] = /^cloakflow_popsicl_connections\{.*\} (\d+)$/m.exec(await controller.metricsText())!;
  console.log(`connected ${record.switch} ${count}`);
}
