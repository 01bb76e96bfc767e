/** Ways to reach a server of the cloud, as the experiments compare them. */
import type { RunContext } from '../experiment.js';
import { Cloud } from './cloud.js';
import type { CloudPlan, TenantPlan } from './cloud-plan.js';
import type { Target } from './curl.js';

/** By access: the tenant that serves it, the address family, and whether a pseudonym is used. */
const WAYS = {
  https: { tenant: 'cookie', family: 4 },
  'client-certificate': { tenant: 'cookie', family: 4 },
  'cookie-conntrack': { tenant: 'cookie', family: 4, pseudonym: true },
  'cookie-flows': { tenant: 'cookie-flows', family: 4, pseudonym: true },
  'repair-conntrack': { tenant: 'repair', family: 4, pseudonym: true },
  'repair-flows': { tenant: 'repair-flows', family: 4, pseudonym: true },
  address: { tenant: 'cookie', family: 6, pseudonym: true },
  proxy: { tenant: 'proxy', family: 6, pseudonym: true },
} as const satisfies Record<string, { tenant: string; family: 4 | 6; pseudonym?: true }>;

export type AccessName = keyof typeof WAYS;
export const ACCESS_NAMES = Object.keys(WAYS) as AccessName[];
/** Those that hand connections over. */
export const HANDED_OVER = ACCESS_NAMES.filter(name => 'pseudonym' in WAYS[name] && name !== 'proxy');

const TENANTS: Record<string, Omit<TenantPlan, 'name'>> = {
  cookie: { strategy: { ipv4: 'cookie', ipv6: 'address' }, redirection: 'conntrack' },
  'cookie-flows': { strategy: { ipv4: 'cookie' }, redirection: 'flows' },
  // The paper's way.
  'repair-flows': { strategy: { ipv4: 'repair' }, redirection: 'flows' },
  repair: { strategy: { ipv4: 'repair' }, redirection: 'conntrack' },
  // The paper's baseline.
  proxy: { strategy: { ipv6: 'proxy' }, redirection: 'conntrack' },
};

export interface AccessCloud {
  cloud: Cloud;
  /** Names of the tenants in use. */
  tenants: readonly string[];
  targets: ReadonlyMap<string, Target>;
  /** Another pseudonym of the same way, or the same site. */
  another(access: string): Promise<Target>;
  /** Puts an object on every tenant. Returns its path. */
  object(bytes: number): Promise<string>;
}

/** A cloud with the tenants that these ways need, and a target for each. */
export async function openAccesses(
  accesses: readonly string[],
  { scratch, signal, progress }: RunContext,
  plan: Omit<CloudPlan, 'tenants'>,
): Promise<AccessCloud> {
  const names = accesses.filter(name => name in WAYS) as AccessName[];
  const tenants = [...new Set(names.map(name => WAYS[name].tenant))];
  const tenantPlans = tenants.map(name => ({ name, ...TENANTS[name] }));
  progress(`starting a cloud of ${tenants.length} tenants`);
  const cloud = await Cloud.start({ ...plan, tenants: tenantPlans }, scratch, signal);
  const another = async (access: string): Promise<Target> => {
    const { tenant, family, ...way } = WAYS[access as AccessName];
    return 'pseudonym' in way
      ? cloud.pseudonym(tenant, family)
      : cloud.site(tenant, { certificate: access === 'client-certificate', family });
  };
  try {
    const targets = new Map<string, Target>();
    for (const name of names) targets.set(name, await another(name));
    const object = async (bytes: number) => {
      let path = '';
      for (const tenant of tenants) path = await cloud.tenant(tenant).object(bytes);
      return path;
    };
    return { cloud, tenants, targets, another, object };
  } catch (error) {
    await cloud.close();
    throw error;
  }
}

/** What experiments on a cloud need of the machine. */
export const CLOUD_NEEDS = {
  root: true,
  tools: {
    'ovs-vswitchd': 'openvswitch-switch',
    mn: 'mininet',
    nginx: 'nginx-light',
    curl: 'curl',
    openssl: 'openssl',
  },
  native: ['delay-line', 'handoff.bpf.o', 'ngx_http_popsicl_module.so', 'tcp-repair', 'accept-shim.so'],
} as const;
