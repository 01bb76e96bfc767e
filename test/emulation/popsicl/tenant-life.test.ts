import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { HANDS_OVER } from '../../../mininet/demo/popsicl-cloud.js';
import { until } from '../../../mininet/driver/index.js';
import { CloudAtWork, type Registered } from './cloud-at-work.js';

const SECONDS = 10;
const TIMED_OUT = 28;

describe('tenants that come and go', () => {
  let cloud: CloudAtWork;
  let visited: Registered;
  let neighbour: Registered;

  before(async function () {
    if (!HANDS_OVER) this.skip();
    cloud = await CloudAtWork.start(['tenant-a', 'tenant-c'], { popsicl: { keyLifetime: SECONDS } });
    [visited, neighbour] = await Promise.all([
      cloud.register('alice', 'tenant-a'),
      cloud.register('bob', 'tenant-c'),
    ]);
  });
  after(() => cloud?.[Symbol.asyncDispose]());

  const newestEpoch = async () => {
    const keys = JSON.parse(await readFile(join(cloud.folder, 'registry/cookie-keys.json'), 'utf8'));
    return Math.max(...keys.map(({ epoch }: { epoch: number }) => epoch));
  };
  const open = (family = '-4', ...words: string[]) =>
    cloud.curl('alice', visited, visited, [family, ...words]);
  async function served(): Promise<void> {
    for (const family of ['-4', '-6']) {
      expect((await open(family)).stdout, family).to.equal(cloud.tenant('tenant-a').page);
      const { stdout } = await cloud.curl('bob', neighbour, neighbour, [family]);
      expect(stdout, family).to.equal(cloud.tenant('tenant-c').page);
    }
  }
  const metric = async (name: string) => {
    const { stdout } = await cloud.network
      .host('store')
      .run(['curl', '-s', '--unix-socket', cloud.admin, 'http://controller/metrics'], { check: true });
    return Number(new RegExp(`^cloakflow_popsicl_${name}\\{.*\\} (\\d+)$`, 'm').exec(stdout)?.[1]);
  };

  it('take every connection over while the controller and their agents change keys', async () => {
    const before = await newestEpoch();
    let opened = 0;
    await until(
      'a rotation',
      async () => {
        expect((await open()).stdout).to.equal(cloud.tenant('tenant-a').page);
        opened++;
        // A key may change while the first page comes.
        return opened > 1 && (await newestEpoch()) > before;
      },
      { timeout: 60_000 },
    );
    for (let more = 0; more < 5; more++) {
      expect((await open()).stdout).to.equal(cloud.tenant('tenant-a').page);
    }
  });

  it('serve on without their agent, who has everything again when it is back; a registration meanwhile fails whole', async () => {
    const tenant = cloud.tenant('tenant-a');
    await tenant.stopAgent('SIGKILL');
    await served();
    await until('the agent to be missed', async () =>
      (await readFile(join(cloud.folder, 'controller.log'), 'utf8')).includes('popsicl-agent-gone'),
    );
    const pseudonyms = await metric('pseudonyms');
    const failure = await cloud.register('alice', 'tenant-a').catch((error: Error) => error.message);
    expect(failure).to.include('could not be set up everywhere');
    expect(await metric('pseudonyms')).to.equal(pseudonyms);
    const listed = await cloud.cli('store', ['popsicl', 'list', '--json', '--admin', cloud.admin]);
    expect(JSON.parse(listed.stdout)).to.have.length(pseudonyms);
    await tenant.startAgent();
    const more = await cloud.register('alice', 'tenant-a');
    expect((await cloud.curl('alice', more, more)).stdout).to.equal(tenant.page);
    await until('the keys at the tenant', async () => (await open()).exitCode === 0, { timeout: 60_000 });
    await served();
  });

  it('that no longer listen refuse, and those that vanish say nothing: others do not notice', async () => {
    const tenant = cloud.tenant('tenant-a');
    const before = await metric('packet_ins_total');
    await tenant.stopServer();
    for (const family of ['-4', '-6']) {
      const { stderr, exitCode } = await open(family);
      expect(exitCode).not.to.equal(0);
      expect(stderr).to.match(/reset|refused|connect to server|broken pipe|SYSCALL/i);
    }
    const link = cloud.network.link('tenant-a', 's1');
    await link.down();
    const [ipv4, ipv6, other] = await Promise.all([
      open('-4', '-m', '3'),
      open('-6', '-m', '3'),
      cloud.curl('bob', neighbour, neighbour),
    ]);
    expect([ipv4.exitCode, ipv6.exitCode]).to.deep.equal([TIMED_OUT, TIMED_OUT]);
    expect(other.stdout).to.equal(cloud.tenant('tenant-c').page);
    await link.up();
    await tenant.startServer();
    await until('the tenant to be back', async () => (await open()).exitCode === 0, { timeout: 60_000 });
    await served();
    expect(await metric('pending')).to.equal(0);
    expect((await metric('packet_ins_total')) - before).to.be.below(500);
  });
});
