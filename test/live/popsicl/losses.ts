import { expect } from 'chai';
import type { RedirectionName, StrategyName } from '../../../apps/popsicl/model.js';
import { until } from '../../../mininet/driver/index.js';
import { Cloud, can, NAME, PSEUDO4, PSEUDO6 } from './cloud.js';
import { TlsClient } from './tls-client.js';

/** Every packet of the client goes through the switch's tables twice. */
const TWICE =
  'table=0,priority=65535,in_port=1,reg14=0,actions=load:1->NXM_NX_REG14[],clone(resubmit(,0)),clone(resubmit(,0))';

/** What networks and clients do to a connection that begins, by one strategy and redirection. */
export function describeLosses(strategy: StrategyName, redirection: RedirectionName, family: 4 | 6): void {
  describe(`connections by ${strategy} and ${redirection} on IPv${family} begin although`, () => {
    const pseudo = family === 4 ? PSEUDO4 : PSEUDO6;
    /** Whether the controller reads the ClientHello. */
    const isAnswered = strategy === 'cookie' || strategy === 'repair';
    let cloud: Cloud;
    let client: TlsClient;
    let port = 30_000;
    before(async function () {
      if (!can(strategy)) this.skip();
      const limits = { pendingSeconds: 2 };
      cloud = await Cloud.start({ strategy: { [`ipv${family}`]: strategy }, redirection }, { limits });
      client = await TlsClient.start(cloud.client, NAME);
      await cloud.client.namespace.script([
        'nft add table inet loss',
        "nft add chain inet loss out '{ type filter hook output priority 0; }'",
      ]);
    });
    after(async () => {
      await client?.stop();
      await cloud?.stop();
    });
    afterEach(() => cloud.client.namespace.script(['nft flush chain inet loss out']));

    const connect = (name: string) =>
      client.order(`connect ${name} ${pseudo} ${port++}`, new RegExp(`^connected ${name}$`, 'm'));
    const secure = (name: string, order = `tls ${name}`) =>
      client.order(order, new RegExp(`^secure ${name}$`, 'm'));
    /** Loses the first packet of the client that matches. */
    const lose = (match: string) =>
      cloud.client.namespace.script([
        `nft add rule inet loss out 'tcp dport 443 ${match} limit rate 1/day burst 1 packets counter drop'`,
      ]);
    const lost = async () => {
      const { stdout } = await cloud.client.run(['nft', 'list', 'chain', 'inet', 'loss', 'out']);
      expect(stdout.match(/counter packets 1 /g)).to.have.length(2);
    };

    it('the SYN is lost, and the first segment of a ClientHello overtaken by the second', async () => {
      await lose('tcp flags & (syn | ack) == syn');
      await lose('tcp flags & psh == psh');
      await connect('losing');
      await secure('losing', 'split losing 2');
      await lost();
    });

    it('every packet arrives twice', async () => {
      await cloud.sandbox.ofctl(['add-flow', 'br0', TWICE]);
      try {
        await connect('twice');
        await secure('twice');
        await connect('pieces');
        await secure('pieces', 'split pieces 3');
        await until('the rule that doubles to count', async () =>
          /n_packets=\d{2}.*clone/.test(await cloud.sandbox.ofctl(['dump-flows', 'br0'])),
        );
      } finally {
        await cloud.sandbox.ofctl(['--strict', 'del-flows', 'br0', TWICE.replace(/,actions=.*/, '')]);
      }
    });

    it('the client is slow, and others never send a ClientHello, or an RST in the middle of it', async () => {
      for (const name of ['silent', 'half', 'broken']) await connect(name);
      for (const name of ['half', 'broken']) {
        await client.order(`begin ${name}`, new RegExp(`^begun ${name}$`, 'm'));
      }
      // On a machine that is busy for seconds one may expire before the other has come.
      const expired = async () => (await cloud.metric('expired_total')) > 0;
      if (isAnswered)
        await until('both halves', async () => (await cloud.metric('pending')) === 2 || (await expired()));
      await client.order('reset broken', /^closed broken$/m);
      if (isAnswered) await until('the end of one', async () => (await cloud.metric('pending')) <= 1);
      await connect('slow');
      await secure('slow', 'split slow 6 60');
      await until('the end of waiting', async () => (await cloud.metric('pending')) === 0);
      // On a machine that is busy for seconds the others may expire too, and begin anew.
      if (isAnswered) expect(await cloud.metric('expired_total')).to.be.at.least(1);
      expect(await cloud.metric('pending_bytes')).to.equal(0);
    });

    it('the switch loses the controller and finds it again, in the middle of the handshake', async () => {
      const target = cloud.sandbox.controllerSocket('br0');
      await connect('meanwhile');
      await cloud.sandbox.vsctl(['del-controller', 'br0']);
      await until('the switch to be gone', () => cloud.controller.connected.size === 0);
      const done = secure('meanwhile');
      const other = connect('later');
      await cloud.sandbox.vsctl(['set-controller', 'br0', target]);
      await done;
      await other;
      await secure('later');
    });

    if (strategy !== 'repair') return;
    it('the switch connects anew while the tenant gets ready', async () => {
      const target = cloud.sandbox.controllerSocket('br0');
      const { restore } = cloud.agents!;
      let ready: () => void = () => {};
      const gate = new Promise<void>(resolve => {
        ready = resolve;
      });
      let isAsked = false;
      cloud.agents!.restore = async (domain, connection) => {
        isAsked = true;
        await gate;
        await restore(domain, connection);
      };
      await connect('held');
      const done = secure('held');
      await until('the tenant to be asked', () => isAsked);
      await cloud.sandbox.vsctl(['del-controller', 'br0']);
      await until('the switch to be gone', () => cloud.controller.connected.size === 0);
      ready();
      await cloud.sandbox.vsctl(['set-controller', 'br0', target]);
      await done;
      cloud.agents!.restore = restore;
    });
  });
}
