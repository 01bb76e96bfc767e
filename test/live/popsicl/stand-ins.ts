/** What a tenant or the cloud runs for the strategies `repair` and `proxy`, in namespaces of a test. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TenantAgents } from '../../../apps/popsicl/handoff/repair.js';
import type { Directory } from '../../../apps/popsicl/model.js';
import { tenantEndpoint } from '../../../apps/popsicl/proxy/keep-relay.js';
import { relayCommand, serveRelay } from '../../../apps/popsicl/proxy/relay-process.js';
import { Restorer } from '../../../apps/popsicl/tenant/repair/restorer.js';
import type { SandboxHost } from '../../../mininet/driver/index.js';

const BUILD = fileURLToPath(new URL('../../../../native/build/', import.meta.url));

/** Whether connections can be restored on this machine. */
export const canRestore = () => existsSync(join(BUILD, 'tcp-repair'));

/** Unix-domain socket where nginx takes restored connections, in the folder of a cloud. */
export const handoffSocket = (folder: string) => join(folder, 'handoff.sock');

/** Where the repair helper takes requests. */
export const repairSocket = (folder: string) => join(folder, 'repair.sock');

/** Environment by which an unmodified nginx takes restored connections from root's helper. */
export const shimEnvironment = (folder: string) => [
  `LD_PRELOAD=${join(BUILD, 'accept-shim.so')}`,
  `CLOAKFLOW_HANDOFF_SOCKET=${handoffSocket(folder)}`,
  'CLOAKFLOW_HANDOFF_USER=0',
];

/** A tenant's repair helper, reached without an agent's channel between. */
export async function startRepair(
  tenant: SandboxHost,
  folder: string,
  offered: readonly string[],
): Promise<TenantAgents & { close(): void }> {
  const socket = repairSocket(folder);
  const helper = await tenant.spawn([
    join(BUILD, 'tcp-repair'),
    ...[socket, handoffSocket(folder), '0', '443'],
  ]);
  await helper.printed(/ready/);
  const restorer = new Restorer(socket);
  return {
    strategies: () => offered,
    restore: (_, connection) => restorer.restore(connection),
    close: () => restorer.close(),
  };
}

/** The relay on a host of its own. */
export async function startRelayOn(host: SandboxHost, directory: Directory): Promise<void> {
  const addresses = host.addresses.map(address => address.split('/')[0]!);
  const relay = {
    ipv4: addresses.find(address => !address.includes(':')),
    ipv6: addresses.find(address => address.includes(':')),
  };
  const command = await host.spawn(
    relayCommand({
      addresses,
      port: 443,
      connections: 100,
      perSource: 100,
      patience: 60_000,
    }),
  );
  await serveRelay({ stdin: command.stdin!, stdout: command.output! }, async ({ name }) =>
    tenantEndpoint(directory, relay, name),
  );
}
