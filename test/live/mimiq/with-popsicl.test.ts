import { expect } from 'chai';
import { formatAddress } from '../../../apps/mimiq/address-prefix.js';
import { mimiqWith } from '../../../apps/mimiq/app.js';
import { parseMac } from '../../../controller/address/index.js';
import { until } from '../../../mininet/driver/index.js';
import { DirectAllocator } from '../../simulator/direct-allocator.js';
import { Cloud, DATAPATH_ID, hasProgram, PAGE } from '../popsicl/cloud.js';

/** The client has nothing but ephemeral addresses, the tenant nothing but pseudonyms, and both are on one bridge. */
describe('PoPSiCl and MIMIQ on one controller and one bridge', () => {
  let allocator: DirectAllocator;
  let cloud: Cloud;
  before(async function () {
    if (!hasProgram()) this.skip();
    allocator = new DirectAllocator();
    const settings = {
      switches: { office: { datapathId: DATAPATH_ID, clients: [1], outside: 'next' } },
      allocator: {
        ipv4: [{ prefix: '10.64.0.0/16', gateway: '10.64.0.1' }],
        ipv6: [{ prefix: '2001:db8:64::/64', gateway: 'fe80::1' }],
      },
    };
    const beside = { entries: [{ mimiq: settings }], definitions: [mimiqWith(allocator.allocate)] };
    cloud = await Cloud.start({}, {}, beside);
    await allocator.rotate([DATAPATH_ID]);
    await cloud.client.namespace.script([
      'ip addr flush dev eth0 scope global',
      'ip route replace 10.64.0.1 dev eth0 scope link',
      'ip route replace default via 10.64.0.1',
      'ip -6 route replace default via fe80::1 dev eth0',
    ]);
    await cloud.tenant.namespace.script([
      'ip route add 10.64.0.0/16 via 10.0.0.254',
      'ip -6 route add 2001:db8:64::/64 via fd00::fe',
    ]);
  });
  after(async () => cloud?.stop());

  const hopTo = async (family: 4 | 6) => {
    const attachment = { switchId: DATAPATH_ID, port: 1, mac: parseMac(cloud.client.mac) };
    const [lease] = await allocator.lease(attachment, family);
    const address = formatAddress(lease!.address);
    const length = family === 4 ? 32 : 128;
    await cloud.client.namespace.script([
      `ip addr add ${address}/${length} dev eth0${family === 6 ? ' nodad' : ''}`,
    ]);
    return address;
  };

  for (const family of [4, 6] as const) {
    it(`let a client with an ephemeral address open a pseudonym's page over IPv${family}, from one address after the other`, async () => {
      for (let hop = 0; hop < 3; hop++) {
        const from = await hopTo(family);
        const result = await until('the page', async () => {
          const answer = await cloud.fetch(family, '/', ['--interface', from]);
          return answer.exitCode === 0 ? answer : undefined;
        });
        expect(result.stdout).to.equal(PAGE);
      }
    });
  }

  it('refuse a source address that is not leased, also on the way to a pseudonym', async () => {
    await cloud.client.namespace.script(['ip addr add 10.64.77.77/32 dev eth0']);
    const { exitCode } = await cloud.fetch(4, '/', ['--interface', '10.64.77.77', '-m', '2']);
    expect(exitCode).not.to.equal(0);
  });

  it('keep their tables and flows apart', async () => {
    const apps = cloud.controller.appSummaries();
    const tables = apps.map(app => [...app.tables.values()]);
    expect(apps.map(({ instance }) => instance)).to.deep.equal(['popsicl', 'mimiq', 'normal']);
    expect(new Set(tables.flat()).size).to.equal(tables.flat().length);
    expect(apps.every(({ failures }) => failures === 0)).to.equal(true);
    expect(cloud.log.filter(line => /flow-refused|app-failed/.test(line))).to.deep.equal([]);
  });
});
