import { expect } from 'chai';
import { until } from '../../../mininet/driver/index.js';
import { DirectAllocator } from './direct-allocator.js';
import { MimiqNetwork } from './mimiq-network.js';

const SERVER = '198.51.100.10';
const SERVER6 = '2001:db8:5::10';

describe('the network of MIMIQ', () => {
  let all: MimiqNetwork;
  let allocator: DirectAllocator;
  before(async () => {
    allocator = new DirectAllocator();
    all = await MimiqNetwork.start(allocator);
    await allocator.rotate(all.accessIds);
  });
  after(async () => all?.[Symbol.asyncDispose]());

  it('carries packets between a client and the server, over both families and from every client', async () => {
    for (const name of all.clientNames) {
      const [lease4] = await allocator.lease(all.attachmentOf(name), 4);
      const [lease6] = await allocator.lease(all.attachmentOf(name), 6);
      const from4 = await all.use(name, lease4!);
      const from6 = await all.use(name, lease6!);
      await until(`${name} reaches the server over IPv4`, () => all.pings(name, from4, SERVER));
      await until(`${name} reaches the server over IPv6`, () => all.pings(name, from6, SERVER6));
    }
    expect(all.log.filter(({ id }) => id === 'flow-refused' || id === 'app-failed')).to.deep.equal([]);
  });
});
