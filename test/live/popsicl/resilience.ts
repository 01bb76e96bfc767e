import { createHash, randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import type { RedirectionName, StrategyName } from '../../../apps/popsicl/model.js';
import { Capture, until } from '../../../mininet/driver/index.js';
import { Cloud, can, NAME, PSEUDO4, PSEUDO6 } from './cloud.js';
import { TlsClient } from './tls-client.js';

/** More than the buffers of both ends hold. */
const big = randomBytes(16 << 20);
const sum = createHash('sha256').update(big).digest('hex');
const SECOND_PSEUDO = { 4: '198.51.100.8', 6: '2001:db8:1::8' };

/** What connections that were handed over live through, by one strategy and redirection. */
export function describeResilience(
  strategy: StrategyName,
  redirection: RedirectionName,
  family: 4 | 6,
): void {
  describe(`connections by ${strategy} and ${redirection} on IPv${family}`, () => {
    const pseudo = family === 4 ? PSEUDO4 : PSEUDO6;
    let cloud: Cloud;
    let client: TlsClient;
    let port = 30_000;
    before(async function () {
      if (!can(strategy)) this.skip();
      cloud = await Cloud.start({ strategy: { [`ipv${family}`]: strategy }, redirection });
      cloud.directory.add('second.popsicls.example', cloud.tenantConfig, [SECOND_PSEUDO[6]]);
      await writeFile(join(cloud.folder, 'big.bin'), big);
      client = await TlsClient.start(cloud.client, NAME);
    });
    after(async () => {
      await client?.stop();
      await cloud?.stop();
    });

    async function open(name: string, address = pseudo, localPort = port++): Promise<void> {
      await client.order(`connect ${name} ${address} ${localPort}`, new RegExp(`^connected ${name}$`, 'm'));
      await client.order(`tls ${name}`, new RegExp(`^secure ${name}$`, 'm'));
    }

    async function fetchBig(name: string): Promise<void> {
      const answer = await client.order(`get ${name} /big.bin`, new RegExp(`^body ${name} .*$`, 'm'));
      expect(answer[0]).to.equal(`body ${name} ${big.length} ${sum}`);
    }

    for (const pieces of [1, 2, 5]) {
      it(`begin with a ClientHello in ${pieces} segments`, async () => {
        const name = `pieces${pieces}`;
        await client.order(`connect ${name} ${pseudo} ${port++}`, new RegExp(`^connected ${name}$`, 'm'));
        await client.order(`split ${name} ${pieces}`, new RegExp(`^secure ${name}$`, 'm'));
      });
    }

    it('from one client port to two pseudo-addresses of one tenant live side by side', async () => {
      await open('left', pseudo, 20_000);
      await open('right', SECOND_PSEUDO[family], 20_000);
      await Promise.all([fetchBig('left'), fetchBig('right')]);
      await fetchBig('left');
    });

    it('use a port anew, after a FIN and after an RST in the middle of a download, and never past the controller', async () => {
      const before = await cloud.metric('syns_total');
      for (let round = 0; round < 3; round++) {
        await open(`reset${round}`, pseudo, 20_100);
        await client.order(`get reset${round} /big.bin`, new RegExp(`^body-begins reset${round}$`, 'm'));
        await client.order(`reset reset${round}`, new RegExp(`^closed reset${round}$`, 'm'));
      }
      await open('anew', pseudo, 20_100);
      await fetchBig('anew');
      // Or else whoever had a pseudonym of the tenant could go on with another's name.
      expect((await cloud.metric('syns_total')) - before).to.be.at.least(4);
    });

    if (redirection === 'conntrack' && strategy !== 'repair') {
      it('use a port anew after another controller has begun, and pass no name by that it has not read', async () => {
        await open('former', pseudo, 20_200);
        await client.order('reset former', /^closed former$/m);
        await cloud.stopController();
        await cloud.startController();
        await open('latter', pseudo, 20_200);
        expect(await cloud.metric('handoffs_total')).to.equal(1);
        await fetchBig('latter');
      });
    }

    if (redirection === 'conntrack') {
      it('go on while the controller is away, and when it has come back; one half open completes', async () => {
        await open('lasting');
        await client.order(`connect half ${pseudo} ${port++}`, /^connected half$/m);
        await cloud.stopController();
        await fetchBig('lasting');
        await cloud.startController();
        await fetchBig('lasting');
        await client.order('tls half', /^secure half$/m);
      });
    }

    it('go on when the controller is killed and another takes its place; one half open completes', async () => {
      await cloud.stopController();
      let controller = await cloud.startControllerApart();
      try {
        await open('bereaved');
        await client.order('get bereaved /big.bin', /^body-begins bereaved$/m);
        await client.order('pause bereaved', /^paused bereaved$/m);
        await client.order(`connect open ${pseudo} ${port++}`, /^connected open$/m);
        await controller.stop('SIGKILL');
        const answer = await client.order('resume bereaved', /^body bereaved .*$/m);
        expect(answer[0]).to.equal(`body bereaved ${big.length} ${sum}`);
        controller = await cloud.startControllerApart();
        await fetchBig('bereaved');
        await client.order('tls open', /^secure open$/m);
        await fetchBig('open');
      } finally {
        await controller.stop('SIGKILL');
        await cloud.startController();
      }
    });

    it('go on after a restart of ovs-vswitchd in the middle of a download, and the tenant’s address never shows', async () => {
      const { ipv4, ipv6 } = cloud.tenantConfig;
      const filter = `tcp and ${family === 4 ? `host ${ipv4} and host 10.0.0.1` : `host ${ipv6} and host fd00::1`}`;
      await using capture = await Capture.start('eth0', { filter }, (argv, options) =>
        cloud.client.spawn(argv, options),
      );
      await open('surviving');
      await client.order('get surviving /big.bin', /^body-begins surviving$/m);
      await client.order('pause surviving', /^paused surviving$/m);
      await cloud.sandbox.restartVswitchd();
      await until('the switch to come back', () => cloud.controller.connected.size === 1);
      const answer = await client.order('resume surviving', /^body surviving .*$/m);
      expect(answer[0]).to.equal(`body surviving ${big.length} ${sum}`);
      await fetchBig('surviving');
      const metrics = await cloud.controller.metricsText();
      expect(metrics).to.match(/^cloakflow_popsicl_resumed_total\{.*\} [1-9]/m);
      expect((await capture.stop()).frames).to.equal(0);
    });

    if (redirection === 'flows') {
      it('are known to a controller that has started anew, and go on when the switch then loses its rules', async () => {
        await open('known');
        await client.order('get known /big.bin', /^body-begins known$/m);
        await client.order('pause known', /^paused known$/m);
        await cloud.stopController();
        await cloud.startController();
        const metrics = await cloud.controller.metricsText();
        expect(metrics).to.match(/^cloakflow_popsicl_connections\{.*\} [1-9]/m);
        await cloud.sandbox.restartVswitchd();
        await until('the switch to come back', () => cloud.controller.connected.size === 1);
        const answer = await client.order('resume known', /^body known .*$/m);
        expect(answer[0]).to.equal(`body known ${big.length} ${sum}`);
        await fetchBig('known');
      });
    }

    it('are seen by the client with pseudo-addresses only', async () => {
      const seen = await cloud.client.run(['ss', '-tnH']);
      for (const line of seen.stdout.split('\n').filter(text => text !== '')) {
        expect(line).to.match(/198\.51\.100\.|2001:db8:1::/);
      }
    });
  });
}
