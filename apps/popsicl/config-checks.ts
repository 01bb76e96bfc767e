/** What a configuration must not ask for, beyond the form of each part: combinations that no handoff can do. */
import type { z } from 'zod';
import { type AddressFamily, defaultStrategy, type StrategyName } from './model.js';
import { addressKey } from './pseudonym/address-key.js';

type Addresses = Readonly<Partial<Record<AddressFamily, string | undefined>>>;

interface Checked {
  readonly tenants: readonly {
    readonly domain: string;
    readonly ipv4?: string | undefined;
    readonly ipv6?: string | undefined;
    readonly strategy: Readonly<Partial<Record<AddressFamily, StrategyName | undefined>>>;
  }[];
  readonly gateway: Addresses;
  readonly proxy?: Addresses | undefined;
  readonly decoy?: ({ readonly domain: string } & Addresses) | undefined;
  readonly tenantChannel?: object | undefined;
  readonly registration?:
    | { readonly addresses: Readonly<Record<AddressFamily, { readonly mode: string }>> }
    | undefined;
}

/** What comes from an address, and what goes there, is one machine's: each has addresses, and each tenant a domain, of its own. */
export function checkMachines({ tenants, gateway, proxy, decoy }: Checked, context: z.RefinementCtx): void {
  const machines: [path: (string | number)[], addresses: Addresses][] = [
    ...tenants.map((tenant, index): [(string | number)[], Addresses] => [['tenants', index], tenant]),
    [['gateway'], gateway],
    [['proxy'], proxy ?? {}],
    [['decoy'], decoy ?? {}],
  ];
  const taken = new Set<number | string>();
  for (const [path, addresses] of machines) {
    for (const family of ['ipv4', 'ipv6'] as const) {
      const address = addresses[family];
      const key = address === undefined ? undefined : addressKey(address);
      if (key !== undefined && taken.has(key)) {
        context.addIssue({
          code: 'custom',
          path: [...path, family],
          message: 'another machine has this address',
        });
      }
      if (key !== undefined) taken.add(key);
    }
  }
  const domains = tenants.map(({ domain }) => domain);
  for (const [index, domain] of domains.entries()) {
    if (domains.indexOf(domain) === index) continue;
    context.addIssue({
      code: 'custom',
      path: ['tenants', index, 'domain'],
      message: 'another tenant has this domain',
    });
  }
}

export function checkStrategies(config: Checked, context: z.RefinementCtx): void {
  const { tenants, proxy, tenantChannel, registration } = config;
  for (const family of ['ipv4', 'ipv6'] as const) {
    const strategyOf = (tenant: Checked['tenants'][number]) =>
      tenant.strategy[family] ?? defaultStrategy(family, config.decoy);
    const served = tenants.filter(tenant => tenant[family] !== undefined);
    const proxied = served.filter(tenant => strategyOf(tenant) === 'proxy');
    const isShared = ['shared', 'common'].includes(registration?.addresses[family].mode ?? '');
    for (const [index, tenant] of tenants.entries()) {
      const refuse = (message: string) =>
        context.addIssue({ code: 'custom', path: ['tenants', index, 'strategy', family], message });
      const chosen = tenant.strategy[family];
      if (chosen !== undefined && tenant[family] === undefined) {
        refuse('the tenant has no address of that family');
      } else if (chosen === 'proxy' && proxy?.[family] === undefined) {
        refuse('the relay has no address of that family; give it one in `proxy`');
      } else if (chosen === 'repair' && tenantChannel === undefined) {
        refuse('an agent restores connections, and without `tenantChannel` no agent can connect');
      } else if (chosen === 'proxy' && isShared && proxied.length < served.length) {
        refuse(
          'where tenants share pseudo-addresses, a SYN does not say which tenant it is for: all of them are reached by proxy, or none; or give pseudonyms addresses of their own (`registration.addresses`)',
        );
      } else if (chosen === 'address' && isShared) {
        refuse(
          'where tenants share pseudo-addresses, no address names a tenant; see `registration.addresses`',
        );
      }
    }
  }
  const refuseDecoy = (key: string, message: string) =>
    context.addIssue({ code: 'custom', path: ['decoy', key], message });
  if (config.decoy === undefined) return;
  if (tenantChannel === undefined || registration === undefined) {
    refuseDecoy(
      'domain',
      'the decoy gets certificates through its agent: it needs `registration` and `tenantChannel`',
    );
  }
  if (tenants.some(({ domain }) => domain === config.decoy?.domain)) {
    refuseDecoy('domain', 'the decoy is no tenant: people could register for it');
  }
}
