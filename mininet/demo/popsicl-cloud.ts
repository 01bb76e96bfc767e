import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { enrol } from '../../apps/popsicl/tenant/channel/enrol.js';
import type { EmulatedNetwork, RunningCommand } from '../driver/index.js';
import { CLI } from './stage.js';

const PROGRAM = fileURLToPath(new URL('../../../native/build/handoff.bpf.o', import.meta.url));

/** Whether this machine could build what tenants need to take connections over by `cookie`. */
export const HANDS_OVER = existsSync(PROGRAM);
export const CLOUD_DOMAIN = 'popsicls.example';
/** Addresses of the topology. */
export const STORE = { ipv4: '203.0.113.53', ipv6: '2001:db8:2::53' };
/** Where the linker is reached, and where people who have a pseudonym for the portal reach it. */
export const LINKER = { name: `linker.${CLOUD_DOMAIN}`, ipv4: '203.0.113.54', ipv6: '2001:db8:2::54' };
export const PORTAL = { name: `portal.${CLOUD_DOMAIN}`, ipv4: '10.0.0.54', ipv6: 'fd00::54' };
/** Hosts of tenants, and the last number of their addresses. */
const TENANTS = { 'tenant-a': 11, 'tenant-b': 12, 'tenant-c': 13, mallory: 66 } as const;
export type TenantHost = keyof typeof TENANTS;

export const domainOf = (host: TenantHost) => `${host}.example`;
/** Where a tenant is reached by its own name. */
export const publicAddressOf = (host: TenantHost) => `203.0.113.${TENANTS[host]}`;

/** Where only the cloud reaches it. */
export function cloudAddressesOf(host: TenantHost): { ipv4: string; ipv6: string } {
  return { ipv4: `10.0.0.${TENANTS[host]}`, ipv6: `fd00::${TENANTS[host]}` };
}

/** Makes the credentials by which the agents of tenants and the controller know each other. */
export async function enrolTenants(folder: string, hosts: readonly TenantHost[]): Promise<void> {
  for (const host of hosts) {
    await enrol(domainOf(host), join(folder, 'control'), join(folder, host, 'credentials'), Date.now());
  }
}

export interface CloudSettings {
  /** Settings of the app besides those of the topology. */
  readonly popsicl?: object | ((settings: CloudDefaults) => object);
  readonly logLevel?: string;
}

/** What the app is told unless a test wants something else. */
export type CloudDefaults = ReturnType<typeof cloudDefaults>;

/** Starts the controller on the host `store`; its log goes to `controller.log` in the folder. */
export async function startCloudController(
  network: EmulatedNetwork,
  folder: string,
  socket: string,
  { popsicl = {}, logLevel = 'info' }: CloudSettings = {},
): Promise<RunningCommand> {
  const config = join(folder, 'cloakflow.yaml');
  const defaults = cloudDefaults(folder);
  const changes = typeof popsicl === 'function' ? popsicl(defaults) : popsicl;
  await writeFile(config, controllerConfig(socket, { ...defaults, ...changes }));
  const log = join(folder, 'controller.log');
  const options = ['--admin', join(folder, 'admin.sock'), '--log-level', logLevel];
  const words = [process.execPath, CLI, 'run', config, ...options];
  return network.meet(`unix:${socket}`, async () => {
    const controller = await network.host('store').spawn(['sh', '-c', 'exec "$@" 2>> "$0"', log, ...words]);
    await controller.printed(/^ready/m, 60_000);
    return controller;
  });
}

/** Configuration of the controller, which runs on the host `store`. */
function controllerConfig(socket: string, popsicl: object): string {
  return JSON.stringify({
    listen: [`punix:${socket}`],
    discovery: { hold: 0.5, interval: 0.5 },
    apps: [{ popsicl }, 'learning-switch'],
  });
}

/** Where a server of the cloud listens. */
export function bothFamilies({ ipv4, ipv6 }: { ipv4: string; ipv6: string }) {
  return [ipv4, ipv6].map(address => ({ address, port: 443 }));
}

/** The honest tenants trust each other's links. */
function cloudDefaults(folder: string) {
  const hosts = Object.keys(TENANTS) as TenantHost[];
  const honest: TenantHost[] = hosts.filter(host => host !== 'mallory');
  return {
    domain: CLOUD_DOMAIN,
    blocks: { ipv4: ['198.51.100.0/24'], ipv6: ['2001:db8:1::/64'] },
    gateway: { ipv4: '10.0.0.254', ipv6: 'fd00::fe' },
    tenants: hosts.map(host => ({
      domain: domainOf(host),
      ...cloudAddressesOf(host),
      mac: `02:00:00:00:00:${TENANTS[host]}`,
      trusts: honest.includes(host) ? honest.filter(other => other !== host).map(domainOf) : [],
    })),
    tenantChannel: { host: '10.0.0.53', control: join(folder, 'control') },
    registration: {
      folder: join(folder, 'registry'),
      dns: {
        listen: [{ address: STORE.ipv4, port: 53 }],
        records: {
          ns1: { ipv4: [STORE.ipv4], ipv6: [STORE.ipv6] },
          portal: { ipv4: [STORE.ipv4], ipv6: [STORE.ipv6] },
          linker: { ipv4: [LINKER.ipv4], ipv6: [LINKER.ipv6] },
        },
      },
      portal: { listen: bothFamilies(STORE) },
      linker: { listen: bothFamilies(LINKER) },
    },
  };
}
