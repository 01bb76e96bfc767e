import { expect } from 'chai';
import { looksStateless } from '../../../apps/popsicl/pseudonym/stateless-label.js';
import { domainOf, HANDS_OVER } from '../../../mininet/demo/popsicl-cloud.js';
import { HAS_ACCEPT_SHIM, HAS_NGINX_MODULE } from '../../../mininet/demo/popsicl-tenant.js';
import { CloudAtWork, type Registered } from './cloud-at-work.js';

/** Takes connections over by its agent alone. */
const OLD = 'tenant-a';
/** As its kernel does, and on IPv6 by its address. */
const NEW = 'tenant-c';
const FAMILIES = ['-4', '-6'] as const;

describe('from registration to a page, in Mininet, by the less usual ways', () => {
  let cloud: CloudAtWork;
  let old: Registered;
  let others: Registered[];

  before(async function () {
    if (!HANDS_OVER || !HAS_NGINX_MODULE || !HAS_ACCEPT_SHIM) this.skip();
    cloud = await CloudAtWork.start(
      [OLD, NEW],
      {
        popsicl: ({ tenants, registration }) => ({
          registration: {
            ...registration,
            form: 'stateless',
            addresses: { ipv6: { mode: 'sealed' } },
          },
          tenants: tenants.map(tenant =>
            tenant.domain === domainOf(OLD) ? { ...tenant, strategy: { ipv6: 'cookie' } } : tenant,
          ),
        }),
      },
      {},
      [OLD],
    );
    const tenant = cloud.tenant(OLD);
    await tenant.stopAgent();
    await cloud.network.host(OLD).run(['sysctl', '-qw', 'net.ipv4.tcp_syncookies=0'], { check: true });
    await tenant.startAgent();
    [old, ...others] = (await Promise.all([
      cloud.register('alice', OLD),
      cloud.register('alice', NEW),
      cloud.register('bob', NEW),
    ])) as [Registered, ...Registered[]];
  });
  after(() => cloud?.[Symbol.asyncDispose]());

  async function opens(client: 'alice' | 'bob', target: Registered, page: string): Promise<void> {
    for (const family of FAMILIES) {
      const { stdout, stderr } = await cloud.curl(client, target, target, [family]);
      expect(stderr, family).to.equal('');
      expect(stdout, family).to.equal(page);
    }
  }
  const addressesOf = async (client: 'alice' | 'bob', { name }: Registered, family: 4 | 6) => {
    const words = ['getent', `ahostsv${family}`, name];
    const { stdout } = await cloud.network.host(client).run(words, { check: true });
    return [...new Set(stdout.split('\n').flatMap(line => line.split(/\s/)[0] || []))];
  };

  it('an agent whose kernel cannot do `cookie` says why, and restores the connections, over IPv4 and IPv6', async () => {
    const tenant = cloud.tenant(OLD);
    expect(tenant.agentOutput).to.include('syncookies-off');
    expect(tenant.agentOutput).to.match(/"strategies":\["repair"\]/);
    await opens('alice', old, tenant.page);
    expect((await cloud.curl('bob', old, others[1]!)).exitCode).not.to.equal(0);
  });

  it('stateless pseudonyms with sealed addresses lead to their tenants, also after the controller started anew', async () => {
    const page = cloud.tenant(NEW).page;
    const [hers, his] = others as [Registered, Registered];
    for (const { name } of [old, ...others]) expect(looksStateless(name.split('.')[0]!)).to.equal(true);
    await opens('alice', hers, page);
    await opens('bob', his, page);
    const before = [await addressesOf('alice', hers, 4), await addressesOf('alice', hers, 6)];
    expect(before.map(({ length }) => length)).to.deep.equal([1, 1]);
    expect(await addressesOf('bob', his, 6)).not.to.deep.equal(before[1]);
    await cloud.controller.stop();
    await cloud.startController(cloud.settings);
    await cloud.untilServed('alice', hers, ['-4']);
    expect([await addressesOf('alice', hers, 4), await addressesOf('alice', hers, 6)]).to.deep.equal(before);
    await opens('alice', hers, page);
    await cloud.untilServed('alice', old, ['-4']);
    await opens('alice', old, cloud.tenant(OLD).page);
  });
});
