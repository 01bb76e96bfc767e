import { expect } from 'chai';
import { MemoryLeaseStore } from '../../simulator/memory-lease-store.js';
import { client, FakeNetwork, settle } from './fake-network.js';
import { refusalOf } from './refusal.js';

const ALLOCATION = { family: 4, count: 1, request: 'dhcp4', repeatable: true } as const;

async function start(changes: Record<string, unknown> = {}) {
  const store = new MemoryLeaseStore();
  const network = await FakeNetwork.start(changes, store);
  const offer = (number: number, port?: number) => network.allocator.offer(client(number, port), ALLOCATION);
  const accept = (number: number) => network.allocator.allocate(client(number), ALLOCATION);
  const inUse = () => network.allocator.space.reports()[0]!.inUse;
  return { network, store, offer, accept, inUse };
}

describe('mimiq allocator, offering', () => {
  it('makes a lease durable and forwarded while its client decides, so that accepting waits for nothing', async () => {
    const { network, store, offer, accept } = await start();
    const address = await offer(1);
    await settle();
    expect((await store.load()).leases.map(lease => lease.address)).to.deep.equal([address]);
    expect(network.forwarding.installed.size).to.equal(1);
    network.forwarding.order.length = 0;
    store.commit = () => Promise.reject(new Error('not needed'));
    expect((await accept(1)).map(lease => lease.address)).to.deep.equal([address]);
    expect(network.forwarding.order).to.deep.equal([]);
    expect(network.allocator.counts.allocated).to.equal(1);
  });

  it('makes the offer while the disk still works, and begins with the disk right after', async () => {
    const { store, offer, accept } = await start();
    let commits = 0;
    store.commit = () => {
      commits++;
      return new Promise(() => undefined);
    };
    await offer(1);
    await new Promise(resolve => setImmediate(resolve));
    expect(commits).to.equal(1);
    let told = false;
    void accept(1).then(() => {
      told = true;
    });
    await settle();
    expect(told).to.equal(false);
  });

  it('acknowledges nothing before it is durable and forwarded, however fast the client accepts', async () => {
    const { network, store, offer, accept } = await start();
    network.forwarding.held = [];
    await offer(1);
    let told = false;
    const answer = accept(1).then(() => {
      told = true;
    });
    await settle();
    expect((await store.load()).leases).to.have.length(1);
    expect(told).to.equal(false);
    network.forwarding.held[0]!();
    await answer;
  });

  it('takes back what nobody accepts, durably, and lets others have it when t_remove is over', async () => {
    const { network, store, offer, inUse } = await start({
      lifetime: { min: 100, max: 100 },
      aliases: { period: 300 },
    });
    await offer(1);
    await network.pass(29);
    expect([...network.allocator.leases()][0]!.state).to.equal('held');
    await network.pass(2);
    expect((await store.load()).leases[0]!.state).to.equal('released');
    expect(inUse()).to.equal(1);
    await network.pass(5);
    expect([inUse(), (await store.load()).leases.length]).to.deep.equal([0, 0]);
    expect(network.allocator.counts.allocated).to.equal(0);
  });

  it('gives who decides late the whole of a lifetime', async () => {
    const { network, offer, accept } = await start();
    const address = await offer(1);
    await network.pass(8);
    const [lease] = await accept(1);
    expect(lease!.address).to.deep.equal(address);
    expect(lease!.expiresAt - network.allocator.now()).to.be.at.least(9000);
    await network.pass(31);
    expect(network.allocator.counts.allocated).to.equal(1);
  });

  it('has the address for its client after a restart, and for nobody else', async () => {
    const { network, offer, accept } = await start();
    const address = await offer(1);
    await settle();
    await network.boots();
    expect(await offer(1)).to.deep.equal(address);
    expect((await accept(1))[0]!.address).to.deep.equal(address);
  });

  it('grants nothing of an offer that the disk or a switch refused', async () => {
    const { network, store, offer, accept } = await start();
    network.forwarding.refuse = () => true;
    await offer(1);
    expect((await refusalOf(accept(1))).code).to.equal('rule-refused');
    expect(network.allocator.known(client(1), 'dhcp4')).to.equal(undefined);
    network.forwarding.refuse = () => false;
    const commit = store.commit.bind(store);
    store.commit = () => Promise.reject(new Error('disk full'));
    await offer(2);
    expect((await refusalOf(accept(2))).code).to.equal('store-failed');
    store.commit = commit;
    await network.pass(6);
    expect(await accept(2)).to.have.length(1);
  });

  it('counts offers against the limits of their port, whatever MAC addresses ask', async () => {
    const { network, offer, inUse } = await start({ limits: { perPort: 5 } });
    for (let number = 1; number <= 5; number++) await offer(number, 1);
    expect((await refusalOf(offer(6, 1))).code).to.equal('port-limit');
    await offer(6, 2);
    await network.pass(60);
    expect(inUse()).to.equal(0);
  });

  it('has an offer accepted by who renews it', async () => {
    const { network, offer } = await start();
    const address = await offer(1);
    await network.allocator.renew(client(1), [address]);
    await network.pass(9);
    await network.allocator.renew(client(1), [address]);
    await network.pass(9);
    await network.allocator.renew(client(1), [address]);
    await network.pass(9);
    await network.allocator.renew(client(1), [address]);
    await network.pass(9);
    expect(network.allocator.known(client(1), 'dhcp4')).to.deep.equal(address);
  });
});
