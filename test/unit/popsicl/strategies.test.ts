import { expect } from 'chai';
import { configSchema } from '../../../apps/popsicl/config.js';
import { Tenants } from '../../../apps/popsicl/handoff/tenants.js';
import type { TenantConfig } from '../../../apps/popsicl/model.js';

const TENANT = { domain: 'tenant-a.example', ipv4: '10.0.0.11', ipv6: 'fd00::11' };
const OTHER = { domain: 'tenant-b.example', ipv4: '10.0.0.12', ipv6: 'fd00::12' };
const PROXY = { ipv4: '10.0.0.9', ipv6: 'fd00::9' };
const CHANNEL = { host: '10.0.0.9', control: '/control' };
const REGISTRATION = { folder: '/nowhere' };
const OWN = { folder: '/nowhere', addresses: { ipv4: { mode: 'own' } } };

/** What a configuration is refused for; empty: nothing. */
function refusals(tenants: readonly object[], more: object = {}): string[] {
  const result = configSchema.safeParse({ domain: 'popsicls.example', blocks: {}, tenants, ...more });
  return result.success
    ? []
    : result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('strategies of tenants in the configuration', () => {
  const withStrategy = (ipv4: string, ipv6?: string) => ({ ...TENANT, strategy: { ipv4, ipv6 } });

  it('are taken with what they need, on both families, with both redirections', () => {
    for (const redirection of ['conntrack', 'flows']) {
      for (const name of ['cookie', 'address', 'repair', 'proxy']) {
        const tenant = { ...withStrategy(name, name), redirection };
        const more = { proxy: PROXY, tenantChannel: CHANNEL, registration: OWN };
        expect(refusals([tenant, OTHER], more), `${name}, ${redirection}`).to.deep.equal([]);
      }
    }
  });

  it('are refused by a reason where something they need is missing', () => {
    expect(refusals([withStrategy('proxy')])[0]).to.match(
      /^tenants\.0\.strategy\.ipv4: the relay has no address/,
    );
    expect(refusals([withStrategy('repair')])[0]).to.match(/tenantChannel/);
    const lone = { domain: 'tenant-a.example', ipv4: '10.0.0.11', strategy: { ipv6: 'cookie' } };
    expect(refusals([lone])[0]).to.match(/ipv6: the tenant has no address of that family/);
  });

  it('are refused where the SYN would have to name the tenant, and tenants share addresses', () => {
    const more = { proxy: PROXY, registration: REGISTRATION };
    expect(refusals([withStrategy('proxy'), OTHER], more)[0]).to.match(/all of them are reached by proxy/);
    expect(refusals([withStrategy('proxy')], more)).to.deep.equal([]);
    expect(refusals([withStrategy('address')], more)[0]).to.match(/no address names a tenant/);
    expect(refusals([withStrategy('proxy'), OTHER], { proxy: PROXY, registration: OWN })).to.deep.equal([]);
  });
});

describe('the strategy of a tenant that says nothing', () => {
  const tenant = { ...TENANT, port: 443 };
  const decoy = { domain: 'decoy.example', port: 443, ipv4: '10.0.0.3', ipv6: 'fd00::3' };
  const strategies = (standIn: TenantConfig | undefined, said = {}) => {
    const one = new Tenants([{ ...tenant, ...said }], { decoy: standIn }).at(0)!;
    return [one.strategy(4), one.strategy(6)];
  };

  it('is cookie on IPv4 and address on IPv6', () => {
    expect(strategies(undefined)).to.deep.equal(['cookie', 'address']);
  });

  it('is cookie on both beside a decoy that has both: no address may tell what a name does not', () => {
    expect(strategies(decoy)).to.deep.equal(['cookie', 'cookie']);
    expect(strategies({ ...decoy, ipv6: undefined })).to.deep.equal(['cookie', 'address']);
    expect(strategies(decoy, { strategy: { ipv6: 'address' } })).to.deep.equal(['cookie', 'address']);
  });
});

describe('machines in the configuration', () => {
  it('have addresses of their own, however they are written, and tenants domains of their own', () => {
    expect(refusals([TENANT, OTHER], { proxy: PROXY, gateway: { ipv4: '10.0.0.254' } })).to.deep.equal([]);
    const taken = 'another machine has this address';
    expect(refusals([TENANT, { ...OTHER, ipv6: 'FD00:0::11' }])).to.deep.equal([`tenants.1.ipv6: ${taken}`]);
    expect(refusals([TENANT], { proxy: { ipv4: TENANT.ipv4 } })).to.deep.equal([`proxy.ipv4: ${taken}`]);
    expect(refusals([TENANT], { gateway: { ipv6: TENANT.ipv6 } })).to.deep.equal([`gateway.ipv6: ${taken}`]);
    expect(refusals([TENANT, { ...OTHER, domain: TENANT.domain }])).to.deep.equal([
      'tenants.1.domain: another tenant has this domain',
    ]);
  });
});
