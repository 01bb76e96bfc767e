import { DnsServer, type DnsServerOptions } from '../../../apps/popsicl/dns/dns-server.js';
import { pseudonymNames } from '../../../apps/popsicl/dns/pseudonym-names.js';
import { type Addresses, Zone } from '../../../apps/popsicl/dns/zone.js';
import { AddressPool } from '../../../apps/popsicl/pseudonym/address-pool.js';
import { KeyRing } from '../../../apps/popsicl/pseudonym/key-ring.js';
import { AddressPlan } from '../../../apps/popsicl/registry/address-plan.js';

export const DOMAIN = 'popsicls.test';
export const KNOWN = 'abcdefghijklmnopqrstuvwxyz';

/** A plan with keys that are always the same. */
export const plan = new AddressPlan(
  new AddressPool({ ipv4: ['198.51.100.0/24'], ipv6: ['2001:db8::/64'] }),
  new KeyRing(new Uint8Array(32).fill(1), [{ id: 7, secret: new Uint8Array(32).fill(2) }]),
  { counts: { ipv4: 1, ipv6: 1 }, modes: { ipv4: 'shared', ipv6: 'own' } },
);

export const STATELESS = plan.labels.seal({ ipv4: ['198.51.100.77'], ipv6: ['2001:db8::77'] });

export function exampleZone(unknown: 'alike' | 'none' = 'none'): Zone {
  const known: ReadonlyMap<string, Addresses> = new Map([
    [KNOWN, { ipv4: ['198.51.100.1', '198.51.100.2'], ipv6: ['2001:db8::1'] }],
  ]);
  return new Zone({
    domain: DOMAIN,
    nameServers: [`ns1.${DOMAIN}`, 'ns.example.net'],
    hostmaster: `hostmaster.${DOMAIN}`,
    serial: 42,
    ttl: 300,
    negativeTtl: 60,
    records: new Map([
      ['ns1', { ipv4: ['203.0.113.53'], ipv6: [] }],
      ['portal', { ipv4: ['203.0.113.80'], ipv6: ['2001:db8:ffff::80'] }],
    ]),
    pseudonym: pseudonymNames({ registered: label => known.get(label), plan: () => plan, unknown }),
  });
}

export function startExample(
  zone = exampleZone(),
  options: Partial<DnsServerOptions> = {},
): Promise<DnsServer> {
  return DnsServer.start(zone, {
    listen: [{ address: '127.0.0.1', port: 0 }],
    rate: { perNetwork: 10_000, networks: 100 },
    maxConnections: 20,
    now: () => performance.now(),
    failed: error => {
      throw error;
    },
    ...options,
  });
}
