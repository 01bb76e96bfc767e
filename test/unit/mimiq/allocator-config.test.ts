import { expect } from 'chai';
import { allocatorSchema } from '../../../apps/mimiq/allocator/config.js';
import { configSchema } from '../../../apps/mimiq/config.js';
import { settings } from './fake-network.js';

function problemsOf(changes: Record<string, unknown>): string[] {
  const { error } = allocatorSchema.safeParse(settings(changes));
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')} ${message}`);
}

describe('mimiq allocator configuration', () => {
  it('takes the settings of the other tests, and none at all', () => {
    expect(problemsOf({})).to.deep.equal([]);
    expect(allocatorSchema.parse({}).ipv4).to.deep.equal([]);
  });

  it('refuses prefixes in which clients times switches do not fit: xy <= 2^l', () => {
    const [problem] = problemsOf({
      ipv6: [{ prefix: '2001:db8::/100', gateway: 'fe80::1' }],
      maxClients: 2 ** 20,
      maxSwitches: 512,
    });
    expect(problem).to.contain('ipv6.0.prefix has 28 non-prefix bits').and.to.contain('xy <= 2^l');
    const fits = { ipv6: [{ prefix: '2001:db8::/64', gateway: 'fe80::1' }], maxClients: 2 ** 40 };
    expect(problemsOf(fits)).to.deep.equal([]);
  });

  it('refuses more switches with clients than it is planned for', () => {
    const lan = (number: number) => ({
      datapathId: `${number}`,
      underlay: `10.99.0.${number}`,
      clients: [1],
      outside: 'next',
    });
    const config = { switches: { a: lan(1), b: lan(2) }, allocator: settings({ maxSwitches: 1 }) };
    const { error } = configSchema.safeParse(config);
    expect(error?.issues.map(({ path }) => path.join('.'))).to.deep.equal(['allocator.maxSwitches']);
    expect(configSchema.safeParse({ ...config, allocator: settings() }).success).to.equal(true);
  });

  it('refuses alias bits outside the non-prefix bits, and too few of them', () => {
    const ipv6 = [{ prefix: '2001:db8::/64', gateway: 'fe80::1', aliasOffset: 120 }];
    expect(problemsOf({ ipv6 })).to.have.length(1);
    expect(problemsOf({ aliases: { period: 60, bits: 8 } })[0]).to.contain('aliases.bits');
    expect(problemsOf({ ipv6: [{ prefix: '2001:db8::/112', gateway: 'fe80::1' }] })).to.not.deep.equal([]);
  });

  it('refuses periods so short that addresses outlive their alias', () => {
    expect(problemsOf({ aliases: { period: 12 } })[0]).to.contain('outlive');
    expect(problemsOf({ aliases: { period: 12.5 } })).to.deep.equal([]);
  });

  it('refuses overlapping pools, gateways elsewhere, host bits and an empty range of lifetimes', () => {
    const one = { prefix: '198.51.100.0/24', gateway: '198.51.100.1' };
    const inside = { prefix: '198.51.100.128/25', gateway: '198.51.100.129' };
    expect(problemsOf({ ipv4: [one, inside] })).to.deep.equal(['ipv4.1.prefix overlaps another pool']);
    expect(problemsOf({ ipv4: [{ ...one, gateway: '198.51.100.255' }] })[0]).to.contain('gateway');
    expect(problemsOf({ ipv4: [{ ...one, prefix: '198.51.100.1/24' }] })[0]).to.contain('host bits zero');
    expect(problemsOf({ ipv6: [{ prefix: '2001:db8::/64', gateway: '2001:db9::1' }] })[0]).to.contain(
      'gateway',
    );
    expect(problemsOf({ lifetime: { min: 20, max: 10 } })[0]).to.contain('lifetime.min');
  });
});
