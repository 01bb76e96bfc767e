import { expect } from 'chai';
import type { Directory } from '../../../apps/popsicl/model.js';
import { tenantEndpoint } from '../../../apps/popsicl/proxy/keep-relay.js';

describe('where the relay finds a tenant', () => {
  const tenant = { ipv4: '192.0.2.7', ipv6: '2001:db8::7', port: 443 };
  const directory = {
    tenantOfName: (name: string) => (name === 'known.test' ? tenant : undefined),
  } as unknown as Directory;
  const ipv4 = '192.0.2.9';
  const ipv6 = '2001:db8::9';

  it('is at an address of a family that the relay has itself', () => {
    expect(tenantEndpoint(directory, { ipv4, ipv6 }, 'known.test')?.host).to.equal(tenant.ipv4);
    expect(tenantEndpoint(directory, { ipv4 }, 'known.test')?.host).to.equal(tenant.ipv4);
    expect(tenantEndpoint(directory, { ipv6 }, 'known.test')?.host).to.equal(tenant.ipv6);
  });

  it('is nowhere for a name that is no pseudonym', () => {
    expect(tenantEndpoint(directory, { ipv4, ipv6 }, 'other.test')).to.equal(undefined);
  });
});
