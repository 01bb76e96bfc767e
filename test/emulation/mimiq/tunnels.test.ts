import { expect } from 'chai';
import { until } from '../../../mininet/driver/index.js';
import { DirectAllocator } from '../../simulator/direct-allocator.js';
import { MimiqNetwork, SERVER4, SERVER6 } from './mimiq-network.js';

/** What the outer packets of each kind are to tcpdump. */
const FILTERS = { vxlan: 'udp port 4789', gre: 'ip proto 47', geneve: 'udp port 6081' } as const;

describe('the tunnels of MIMIQ', () => {
  for (const type of ['vxlan', 'gre', 'geneve'] as const) {
    it(`may be ${type}, made by the controller over OVSDB: packets of full size pass both ways`, async () => {
      const allocator = new DirectAllocator();
      await using all = await MimiqNetwork.start(allocator, { tunnel: type, byOvsdb: true });
      await allocator.rotate(all.accessIds);
      const [lease4] = await allocator.lease(all.attachmentOf('c5'), 4);
      const [lease6] = await allocator.lease(all.attachmentOf('c5'), 6);
      const [from4, from6] = [await all.use('c5', lease4!), await all.use('c5', lease6!)];
      await using capture = await all.network
        .link('access3', 'core')
        .capture({ node: 'access3', filter: FILTERS[type] });
      await until('c5 reaches the server', () => all.pings('c5', from4, SERVER4));
      for (const [from, to, size] of [
        [from4, SERVER4, '1472'],
        [from6, SERVER6, '1452'],
      ] as const) {
        const argv = ['ping', '-n', '-c10', '-i0.05', '-W1', '-Mdo', `-s${size}`, '-I', from, to];
        await until(`${size} bytes`, async () => (await all.host('c5').run(argv)).exitCode === 0);
      }
      expect((await capture.stop()).frames).to.be.at.least(14);
    });
  }
});
