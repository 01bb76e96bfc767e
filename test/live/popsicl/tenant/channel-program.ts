/**
 * `node channel-program.js FOLDER HOST PORT DOMAIN`: the controller's end of the channel for one tenant. Obeys JSON lines on
 * standard input, `{"call": "publish", "arguments": […]}`, and answers each with `done` or `failed CODE`; `{"active": […]}`
 * says which names are.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { TenantChannel } from '../../../../apps/popsicl/tenant/channel/tenant-channel.js';
import type { CookieKey } from '../../../../apps/popsicl/tenant/kernel/handoff-program.js';

const [folder, host, port, domain] = process.argv.slice(2);
const read = (file: string) => readFileSync(join(folder!, file), 'utf8');
let active: Set<string> | undefined;
const channel = await TenantChannel.listen({
  host: host!,
  port: Number(port),
  certificatePem: read('controller.pem'),
  keyPem: read('controller.key'),
  authorityPem: read('authority.pem'),
  isTenant: name => name === domain,
  isActive: name => active === undefined || active.has(name),
  onEvent: event => console.log(JSON.stringify(event)),
});
console.log(`listening on ${channel.port}`);
createInterface({ input: process.stdin }).on('line', async line => {
  const order = JSON.parse(line);
  try {
    if (order.active) active = new Set(order.active as string[]);
    else if (order.keys) {
      const keys: CookieKey[] = order.keys.map((key: CookieKey & { key: string }) => ({
        ...key,
        key: Buffer.from(key.key, 'hex'),
      }));
      channel.setCookieKeys(keys);
    } else
      await (channel as unknown as Record<string, (...words: unknown[]) => unknown>)[order.call]!(
        ...order.arguments,
      );
    console.log(`done ${order.id}`);
  } catch (error) {
    console.log(`failed ${order.id} ${(error as { code?: string }).code}`);
  }
});
