import { join } from 'node:path';
import type { TopologyInput } from '../../driver/index.js';

export const CLOUD_DOMAIN = 'popsicls.example';
export const STORE = {
  inner4: '10.0.0.53',
  inner6: 'fd00::53',
  ipv4: '203.0.113.53',
  ipv6: '2001:db8:2::53',
};
/** Where the linker is reached. */
export const LINKER4 = '203.0.113.54';
const STORE_MAC = '02:00:00:00:00:53';
const BLOCKS = { ipv4: '198.51.100.0/24', ipv6: '2001:db8:1::/64' };
const GATEWAY = { ipv4: '10.0.0.254', ipv6: 'fd00::fe' };
const MANY = 1_000_000;

/** A host of the cloud with a web server, a domain of its own, and a way in which connections reach it. */
export interface TenantPlan {
  name: string;
  strategy?: { ipv4?: string; ipv6?: string };
  redirection?: 'conntrack' | 'flows';
  /** Names of tenants whose pages may refer to its pseudonyms. */
  trusts?: readonly string[];
}

export interface CloudPlan {
  clients: number;
  tenants: readonly TenantPlan[];
  /** Half the round trip between clients and the cloud, such as `5ms`. */
  delay: string;
  /** Links between tenants lead through a linker. */
  linker?: boolean;
  /** Names that are nobody's are served by a machine like the tenants'. */
  decoy?: boolean;
}

const DECOY = 'decoy';

/** The hosts that are set up as tenants: the decoy, if there is one, is the last. */
export function webServersOf({ tenants, decoy = false }: CloudPlan): readonly TenantPlan[] {
  return decoy ? [...tenants, { name: DECOY }] : tenants;
}

export const domainOf = (name: string) => `${name}.example`;
export const clientName = (index: number) => `client${index + 1}`;

/** Addresses of a tenant by its place in the plan: in the cloud, and where its own name leads. */
export function tenantAddresses(place: number) {
  const number = 11 + place;
  return {
    inner4: `10.0.0.${number}`,
    inner6: `fd00::${number}`,
    ipv4: `203.0.113.${number}`,
    ipv6: `2001:db8:2::${number}`,
    mac: `02:00:00:00:00:${number}`,
  };
}

/** Clients, each behind a link of its own, a router, and the cloud's switch with store and tenants. */
export function cloudTopology(plan: CloudPlan): TopologyInput {
  const { clients, delay, linker = false } = plan;
  const servers = webServersOf(plan);
  const clientNumbers = Array.from({ length: clients }, (_, index) => index);
  return {
    description: 'clients behind a delay, a router, and a cloud of one switch with store and tenants',
    hosts: {
      ...Object.fromEntries(
        clientNumbers.map(index => [
          clientName(index),
          {
            addresses: [`192.0.2.${16 * index + 2}/28`, `2001:db8:a${index}::2/64`],
            gateway: `192.0.2.${16 * index + 1}`,
            routes: [{ to: 'default', via: `2001:db8:a${index}::1` }],
            files: { '/etc/resolv.conf': `nameserver ${STORE.ipv4}\n` },
          },
        ]),
      ),
      border: {
        forwarding: true,
        ipv6: true,
        routes: [
          { to: BLOCKS.ipv4, via: GATEWAY.ipv4 },
          { to: BLOCKS.ipv6, via: GATEWAY.ipv6 },
        ],
      },
      store: {
        addresses: [
          `${STORE.inner4}/24`,
          `${STORE.ipv4}/24`,
          `${STORE.inner6}/64`,
          `${STORE.ipv6}/64`,
          ...(linker ? [`${LINKER4}/24`] : []),
        ],
        mac: STORE_MAC,
        gateway: '203.0.113.1',
        routes: [{ to: 'default', via: '2001:db8:2::1' }],
      },
      ...Object.fromEntries(
        servers.map(({ name }, place) => {
          const { inner4, inner6, ipv4, ipv6, mac } = tenantAddresses(place);
          return [
            name,
            {
              addresses: [`${inner4}/24`, `${ipv4}/24`, `${inner6}/64`, `${ipv6}/64`],
              mac,
              gateway: '10.0.0.1',
              routes: [{ to: 'default', via: 'fd00::1' }],
            },
          ];
        }),
      ),
    },
    switches: { s1: { kind: 'private', failMode: 'secure' } },
    links: [
      ...clientNumbers.map(index => ({
        between: [
          clientName(index),
          { node: 'border', addresses: [`192.0.2.${16 * index + 1}/28`, `2001:db8:a${index}::1/64`] },
        ] as [string, { node: string; addresses: string[] }],
        delay,
      })),
      {
        between: [
          { node: 'border', addresses: ['10.0.0.1/24', '203.0.113.1/24', 'fd00::1/64', '2001:db8:2::1/64'] },
          's1',
        ],
      },
      { between: ['store', 's1'] },
      ...servers.map(({ name }) => ({ between: [name, 's1'] as [string, string] })),
    ],
  };
}

/** Configuration of the controller on the host `store`; limits of single sources do not bind the few hosts of a test. */
export function cloudConfiguration(plan: CloudPlan, folder: string, socket: string): object {
  const proxies = plan.tenants.some(({ strategy }) => Object.values(strategy ?? {}).includes('proxy'));
  return {
    listen: [`punix:${socket}`],
    discovery: { hold: 0.5, interval: 0.5 },
    apps: [
      {
        popsicl: {
          domain: CLOUD_DOMAIN,
          blocks: { ipv4: [BLOCKS.ipv4], ipv6: [BLOCKS.ipv6] },
          gateway: GATEWAY,
          tenants: plan.tenants.map(
            ({ name, strategy = {}, redirection = 'conntrack', trusts = [] }, place) => {
              const { inner4, inner6, mac } = tenantAddresses(place);
              return {
                domain: domainOf(name),
                ipv4: inner4,
                ipv6: inner6,
                mac,
                strategy,
                redirection,
                trusts: trusts.map(domainOf),
              };
            },
          ),
          ...(proxies
            ? { proxy: { ipv4: STORE.inner4, ipv6: STORE.inner6, mac: STORE_MAC, perSource: 10_000 } }
            : {}),
          ...(plan.decoy ? { decoy: decoyConfiguration(plan.tenants.length) } : {}),
          limits: { handoffsPerSource: MANY, pendingPerSource: MANY },
          tenantChannel: { host: STORE.inner4, control: join(folder, 'control') },
          registration: {
            folder: join(folder, 'registry'),
            perSource: MANY,
            perMinute: MANY,
            dns: {
              listen: [{ address: STORE.ipv4, port: 53 }],
              answersPerNetwork: MANY,
              records: {
                ns1: { ipv4: [STORE.ipv4], ipv6: [STORE.ipv6] },
                portal: { ipv4: [STORE.ipv4], ipv6: [STORE.ipv6] },
                ...(plan.linker ? { linker: { ipv4: [LINKER4] } } : {}),
              },
            },
            portal: { listen: { address: STORE.ipv4, port: 443 } },
            ...(plan.linker ? { linker: { listen: { address: LINKER4, port: 443 } } } : {}),
          },
        },
      },
      'learning-switch',
    ],
  };
}

function decoyConfiguration(place: number): object {
  const { inner4, inner6, mac } = tenantAddresses(place);
  const server = { domain: domainOf(DECOY), ipv4: inner4, ipv6: inner6, mac };
  return { ...server, perSource: MANY, perMinute: MANY };
}
