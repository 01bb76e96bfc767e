import { expect } from 'chai';
import { addressKey } from '../../../apps/mimiq/address-bits.js';
import { MemoryLeaseStore } from '../../simulator/memory-lease-store.js';
import { client, FakeNetwork, SWITCH, settle } from './fake-network.js';
import { refusalOf } from './refusal.js';

describe('mimiq allocator', () => {
  it('gives sets of different addresses of the pool, never the gateway, network or broadcast address', async () => {
    const network = await FakeNetwork.start({ limits: { perClient: 253, perPort: 253 } });
    const leases = await network.allocate(client(1), 253);
    const last = leases.map(({ address }) => address[3]);
    expect(new Set(last).size).to.equal(253);
    expect(last).to.not.include.members([0]).and.not.include.members([1]).and.not.include.members([255]);
  });

  it('answers exhaustion with when to ask again, and takes nothing for a set that does not fit', async () => {
    const network = await FakeNetwork.start({ limits: { perClient: 300, perPort: 300 } });
    await network.allocate(client(1), 250);
    const { code, retryAfter } = await refusalOf(network.allocate(client(2), 4));
    expect([code, retryAfter]).to.deep.equal(['exhausted', 5000]);
    expect(await network.allocate(client(2), 3)).to.have.length(3);
  });

  it('never gives out again what a changed configuration reserves', async () => {
    const store = new MemoryLeaseStore();
    const limits = { perClient: 300, perPort: 300 };
    const before = await FakeNetwork.start({ limits }, store);
    const [lease] = await before.allocate(client(1), 1);
    const reserved = `198.51.100.${lease!.address[3]}`;
    const ipv4 = [{ prefix: '198.51.100.0/24', gateway: '198.51.100.1', exclude: [reserved] }];
    const after = await FakeNetwork.start({ limits, ipv4 }, store);
    await after.allocator.release(client(1), [lease!.address]);
    await after.pass(6);
    expect((await refusalOf(after.allocate(client(2), 253))).code).to.equal('exhausted');
  });

  it('draws each lifetime from the range', async () => {
    const network = await FakeNetwork.start();
    const leases = await network.allocate(client(1), 32);
    const lifetimes = leases.map(({ notBefore, expiresAt }) => expiresAt - notBefore);
    expect(Math.min(...lifetimes)).to.be.at.least(10_000);
    expect(Math.max(...lifetimes)).to.be.at.most(20_000);
    expect(new Set(lifetimes).size).to.be.greaterThan(20);
    for (const { expiresAt, removeAt } of leases) expect(removeAt - expiresAt).to.equal(5000);
  });

  it('tells a client of its addresses when they are durable and the switches confirmed them', async () => {
    const store = new MemoryLeaseStore();
    const network = await FakeNetwork.start({}, store);
    network.forwarding.held = [];
    let told = false;
    const answer = network.allocate(client(1), 2).then(() => {
      told = true;
    });
    await settle();
    expect((await store.load()).leases).to.have.length(2);
    expect([told, network.forwarding.held.length]).to.deep.equal([false, 1]);
    network.forwarding.held[0]!();
    await answer;
  });

  it('makes one transaction and one batch of rules of what comes together', async () => {
    const network = await FakeNetwork.start();
    network.forwarding.order.length = 0;
    await Promise.all(Array.from({ length: 40 }, (_, index) => network.allocate(client(index), 1)));
    expect(network.forwarding.order).to.deep.equal(['install']);
  });

  it('gives the same addresses for the same request, also when it comes twice at once or after a restart', async () => {
    const network = await FakeNetwork.start();
    const ask = async () => (await network.allocate(client(1), 3, 'again')).map(({ id }) => id);
    const [first, second] = await Promise.all([ask(), ask()]);
    expect(second).to.deep.equal(first);
    await network.boots();
    expect(await ask()).to.have.members(first);
  });

  it('does not serve a request again whose addresses have ended', async () => {
    const network = await FakeNetwork.start();
    const leases = await network.allocate(client(1), 1, 'once');
    await network.allocator.release(client(1), [leases[0]!.address]);
    expect((await refusalOf(network.allocate(client(1), 1, 'once'))).code).to.equal('bad-request');
  });

  it('keeps an address out of use until t_remove is over and the switches let it go', async () => {
    const network = await FakeNetwork.start();
    const [lease] = await network.allocate(client(1), 1);
    await network.allocator.release(client(1), [lease!.address]);
    await network.pass(4.9);
    expect(network.forwarding.installed.has(lease!.id)).to.equal(true);
    network.forwarding.refuseRemoval = true;
    await network.pass(1);
    expect([...network.allocator.leases()]).to.have.length(1);
    network.forwarding.refuseRemoval = false;
    await network.pass(5);
    expect([...network.allocator.leases()]).to.have.length(0);
    expect(network.forwarding.installed.size).to.equal(0);
    expect(network.allocator.space.reports()[0]!.inUse).to.equal(0);
  });

  it('renews only what this client holds, and says the same of strangers’ and of unknown addresses', async () => {
    const network = await FakeNetwork.start();
    const [lease] = await network.allocate(client(1), 1);
    const { mac } = client(1);
    const thief = { ...client(2), mac };
    const other = await refusalOf(network.allocator.renew(thief, [lease!.address]));
    const unknown = await refusalOf(network.allocator.renew(thief, [Uint8Array.of(203, 0, 113, 1)]));
    expect([other.code, other.message]).to.deep.equal([unknown.code, unknown.message]);
    expect(await network.allocator.release(thief, [lease!.address])).to.equal(0);
    await network.pass(9);
    const [renewed] = await network.allocator.renew(client(1), [lease!.address]);
    expect(renewed!.expiresAt).to.be.at.least(lease!.notBefore + 19_000);
    await network.pass(21);
    expect((await refusalOf(network.allocator.renew(client(1), [lease!.address]))).code).to.equal('not-held');
  });

  it('does not renew past the longest age', async () => {
    const network = await FakeNetwork.start({ maxAge: 25 });
    const [lease] = await network.allocate(client(1), 1);
    await network.pass(9);
    await network.allocator.renew(client(1), [lease!.address]);
    await network.pass(5);
    const [renewed] = await network.allocator.renew(client(1), [lease!.address]);
    expect(renewed!.expiresAt).to.be.at.most(lease!.notBefore + 25_000);
  });

  it('limits a client and a port, and counts what is given back until it is free', async () => {
    const network = await FakeNetwork.start({ limits: { perClient: 4, perPort: 6 } });
    const leases = await network.allocate(client(1, 7), 4);
    await network.allocator.release(
      client(1, 7),
      leases.map(({ address }) => address),
    );
    expect((await refusalOf(network.allocate(client(1, 7), 1))).code).to.equal('client-limit');
    await network.allocate(client(2, 7), 2);
    expect((await refusalOf(network.allocate(client(3, 7), 1))).code).to.equal('port-limit');
    await network.pass(6);
    expect(await network.allocate(client(1, 7), 2)).to.have.length(2);
  });

  it('refuses what a switch does not take, tells the others, and gets the address back', async () => {
    const network = await FakeNetwork.start();
    network.forwarding.refuse = ({ attachment }) => attachment.port === 2;
    const refused = refusalOf(network.allocate(client(2), 1));
    const granted = network.allocate(client(1), 1);
    expect((await refused).code).to.equal('rule-refused');
    expect(await granted).to.have.length(1);
    await network.pass(6);
    expect(network.allocator.space.reports()[0]!.inUse).to.equal(1);
  });

  it('refuses when the store fails, and hands the address to nobody before it is surely gone', async () => {
    const store = new MemoryLeaseStore();
    const network = await FakeNetwork.start({}, store);
    const commit = store.commit.bind(store);
    store.commit = () => Promise.reject(new Error('disk full'));
    expect((await refusalOf(network.allocate(client(1), 1))).code).to.equal('store-failed');
    await network.pass(10);
    expect(network.allocator.space.reports()[0]!.inUse).to.equal(1);
    store.commit = commit;
    await network.pass(130);
    expect(network.allocator.space.reports()[0]!.inUse).to.equal(0);
  });

  it('neither ends leases early nor makes them last when the wall clock is stepped', async () => {
    for (const step of [-3_600_000, 3_600_000]) {
      const network = await FakeNetwork.start();
      const [lease] = await network.allocate(client(1), 1);
      network.wall += step;
      await network.pass(5);
      await network.boots();
      const [kept] = [...network.allocator.leases()];
      expect([kept!.state, kept!.expiresAt]).to.deep.equal(['held', lease!.expiresAt]);
      await network.pass(30);
      expect([...network.allocator.leases()]).to.have.length(0);
    }
  });

  it('does not go back in time over a reboot with a wrong clock', async () => {
    const network = await FakeNetwork.start();
    const before = network.allocator.now();
    await network.allocate(client(1), 1);
    network.wall -= 86_400_000;
    network.boot = 'two';
    await network.boots();
    expect(network.allocator.now()).to.be.at.least(before);
  });

  it('puts a current alias of the client’s switch into IPv6 addresses, and nothing else that repeats', async () => {
    const network = await FakeNetwork.start();
    const leases = await network.allocate(client(1), 32, 'six', 6);
    const aliases = new Set(network.forwarding.aliases.map(({ alias }) => alias));
    expect(aliases.size).to.equal(4);
    for (const { address, alias } of leases) {
      expect(aliases.has(alias!)).to.equal(true);
      expect((address[8]! << 8) | address[9]!).to.equal(alias);
      expect([...address.subarray(0, 8)]).to.deep.equal([0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0]);
    }
    expect(new Set(leases.map(({ address }) => addressKey(address.subarray(10)))).size).to.equal(32);
  });

  it('uses aliases for new addresses in their first period only, and no lease outlives its alias', async () => {
    const network = await FakeNetwork.start();
    const [first] = await network.allocate(client(1), 1, 'one', 6);
    await network.pass(61);
    const old = network.forwarding.aliases.find(({ alias }) => alias === first!.alias)!;
    const later = await network.allocate(client(1), 32, 'two', 6);
    for (const lease of later) {
      const alias = network.forwarding.aliases.find(state => state.alias === lease.alias)!;
      expect(alias.createdAt).to.be.greaterThan(old.createdAt);
      expect(lease.removeAt).to.be.at.most(alias.validUntil);
    }
    await network.pass(60);
    expect(network.forwarding.aliases).to.include(old);
    await network.pass(60);
    expect(network.forwarding.aliases).to.not.include(old);
  });

  it('renews IPv6 addresses until their alias ends, and never past it', async () => {
    const network = await FakeNetwork.start();
    const [lease] = await network.allocate(client(1), 1, 'six', 6);
    const alias = network.forwarding.aliases.find(state => state.alias === lease!.alias)!;
    let last = lease!;
    while (last.expiresAt > network.allocator.now() + 1000) {
      await network.pass(Math.min(9, (last.expiresAt - network.allocator.now() - 500) / 1000));
      [last] = (await network.allocator.renew(client(1), [lease!.address])) as [typeof last];
      expect(last.removeAt).to.be.at.most(alias.validUntil);
    }
    expect(last.removeAt).to.equal(alias.validUntil);
  });

  it('uses no alias before the edge switches confirmed it', async () => {
    const network = await FakeNetwork.start();
    network.forwarding.refuseAliases = true;
    const { code, retryAfter } = await refusalOf(network.allocate(client(1), 1, 'early', 6));
    expect([code, retryAfter]).to.deep.equal(['no-alias', 1000]);
    network.forwarding.refuseAliases = false;
    await network.pass(1);
    expect(await network.allocate(client(1), 1, 'early', 6)).to.have.length(1);
  });

  it('takes no more switches than planned, but forgets one without clients', async () => {
    const network = await FakeNetwork.start({ maxSwitches: 2 });
    const at = (number: number) => client(number, number, `000000000000000${number}`);
    const [lease] = await network.allocate(at(1), 1, 'a', 6);
    await network.allocate(at(2), 1, 'b', 6);
    expect((await refusalOf(network.allocate(at(3), 1, 'c', 6))).code).to.equal('too-many-switches');
    await network.allocator.release(at(1), [lease!.address]);
    await network.pass(6);
    expect(await network.allocate(at(3), 1, 'd', 6)).to.have.length(1);
    expect(lease!.attachment.switchId).to.equal(SWITCH);
  });

  it('tells the switches after a restart what is in force, and lets go of what ended meanwhile', async () => {
    const network = await FakeNetwork.start();
    await network.allocate(client(1), 3);
    const aliases = network.forwarding.aliases.length;
    network.clock.advance(30_000);
    await network.boots();
    expect(network.forwarding.restored).to.have.length(3);
    expect(network.forwarding.aliases).to.have.length(aliases);
    await settle();
    expect(network.forwarding.installed.size).to.equal(0);
  });
});
