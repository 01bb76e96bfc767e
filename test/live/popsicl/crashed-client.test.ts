import { expect } from 'chai';
import type { RedirectionName, StrategyName } from '../../../apps/popsicl/model.js';
import { Cloud, can, NAME, PSEUDO4, PSEUDO6 } from './cloud.js';
import { TlsClient } from './tls-client.js';

const PORT = 20_000;
/** Less than a web server waits for a request of a client that is gone. */
const SOON = 20_000;
const CASES: readonly (readonly [StrategyName, RedirectionName, 4 | 6])[] = [
  ['cookie', 'conntrack', 4],
  ['cookie', 'flows', 4],
  ['cookie', 'conntrack', 6],
  ['address', 'conntrack', 6],
  ['address', 'flows', 6],
];

for (const [strategy, redirection, family] of CASES) {
  describe(`a client that has crashed, by ${strategy} and ${redirection} on IPv${family}`, () => {
    const pseudo = family === 4 ? PSEUDO4 : PSEUDO6;
    let cloud: Cloud;
    let client: TlsClient;
    before(async function () {
      if (!can(strategy)) this.skip();
      cloud = await Cloud.start({ strategy: { [`ipv${family}`]: strategy }, redirection });
      client = await TlsClient.start(cloud.client, NAME);
    });
    after(async () => {
      await client?.stop();
      await cloud?.stop();
    });

    const open = async (name: string) => {
      await client.order(`connect ${name} ${pseudo} ${PORT}`, new RegExp(`^connected ${name}$`, 'm'), SOON);
      await client.order(`tls ${name}`, new RegExp(`^secure ${name}$`, 'm'), SOON);
    };
    const established = async () => {
      const filter = ['state', 'established', `dport = :${PORT}`];
      return (await cloud.tenant.run(['ss', '-tnH', ...filter], { check: true })).stdout;
    };

    it('uses its port anew while the tenant believes that the connection before goes on', async () => {
      await open('before');
      const [ip, length] = family === 4 ? ['ip', 32] : ['ip -6', 128];
      await cloud.client.namespace.script([`${ip} route add blackhole ${pseudo}/${length}`]);
      await client.order('reset before', /^closed before$/m);
      await cloud.client.namespace.script([`${ip} route del blackhole ${pseudo}/${length}`]);
      expect(await established()).to.not.equal('');
      await open('after');
      const answer = await client.order('get after /index.html', /^body after .*$/m);
      expect(answer[0]).to.match(/^body after \d+ /);
    });
  });
}
