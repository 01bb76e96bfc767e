import { expect } from 'chai';
import { AddressStock, type StockedAddress } from '../../../../apps/mimiq/agent/address-stock.js';
import type { Clock } from '../../../../controller/host/clock.js';
import { ManualClock } from '../../../simulator/manual-clock.js';
import { FakeNetwork, settle } from './fake-network.js';

async function stocked(
  size: number,
  prepare: (network: FakeNetwork) => void = () => undefined,
  other?: Clock,
) {
  const network = new FakeNetwork();
  prepare(network);
  const manual = new ManualClock();
  const clock = other ?? manual;
  const ended: StockedAddress[] = [];
  const hindered: unknown[] = [];
  const stock = new AddressStock({
    link: network,
    interface: network,
    clock,
    families: [6],
    size,
    linger: 300,
    ended: address => ended.push(address),
    changed: () => undefined,
    hindered: error => hindered.push(error),
  });
  stock.start();
  await settle();
  const advance = async (milliseconds: number) => {
    for (let step = 0; step < 10; step++) {
      manual.advance(milliseconds / 10);
      await settle();
    }
  };
  /** Code of the refusal when there is nothing for `who`. */
  const refused = async (who: ReturnType<typeof taker>) => {
    const taking = stock.take(6, who, 0).catch(error => error.code);
    await advance(1);
    return taking;
  };
  return { network, clock, stock, ended, hindered, advance, refused };
}

const taker = (holder: string, user?: number) => ({ holder, user });

describe('the stock of addresses', () => {
  it('is full before anyone asks, and is filled again as addresses go', async () => {
    const { stock, network } = await stocked(4);
    expect(stock.ready(6)).to.equal(4);
    expect(network.configured.size).to.equal(4);
    const taken = await stock.take(6, taker('a'), 0);
    expect(network.configured.has(taken.address)).to.equal(true);
    await settle();
    expect(stock.ready(6)).to.equal(4);
  });

  it('gives no address to two holders, and none twice', async () => {
    const { stock, advance } = await stocked(8);
    const seen = new Set<string>();
    for (let index = 0; index < 40; index++) {
      const { address } = await stock.take(6, taker(`holder ${index}`), 0);
      expect(seen.has(address)).to.equal(false);
      seen.add(address);
      stock.release(address, `holder ${index}`);
      await advance(100);
    }
  });

  it('deletes an address only when what is in flight has arrived, and tells the allocator after that', async () => {
    const { stock, network, advance } = await stocked(2);
    const { address } = await stock.take(6, taker('a'), 0);
    stock.release(address, 'a');
    await advance(290);
    expect(network.configured.has(address)).to.equal(true);
    await advance(200);
    expect(network.steps.slice(-2)).to.deep.equal([`delete ${address}`, `release ${address}`]);
  });

  it('asks seldom however fast addresses go: for several at once, and gives several back at once', async () => {
    const { stock, network, advance } = await stocked(16);
    const before = network.requests;
    for (let index = 0; index < 40; index++) {
      stock.release((await stock.take(6, taker(`holder ${index}`), 0)).address, `holder ${index}`);
      await settle();
    }
    await advance(1_000);
    expect(network.requests - before).to.be.at.most(15);
    expect(network.steps.filter(step => step.startsWith('release'))).to.have.length(1);
  });

  it('takes away what the allocator does not know, and says so to its holder', async () => {
    const { stock, network, ended, advance } = await stocked(2);
    const { address } = await stock.take(6, taker('a'), 0);
    await settle();
    const known = stock.all.filter(other => other.address !== address);
    network.leased = known.map(other => ({ address: other.address, gateway: other.gateway, lifetime: 1 }));
    await stock.compare();
    await advance(10);
    expect(ended.map(({ address }) => address)).to.deep.equal([address]);
    expect(network.configured.has(address)).to.equal(false);
    for (const other of known) expect(network.configured.has(other.address)).to.equal(true);
  });

  it('lets nobody release what another holds', async () => {
    const { stock } = await stocked(2);
    const { address } = await stock.take(6, taker('a'), 0);
    expect(() => stock.release(address, 'b')).to.throw('not held by this application');
    expect(() => stock.release('fd00::999', 'a')).to.throw('not held by this application');
  });

  it('takes an address away before its lease ends, and says so to its holder', async () => {
    const { stock, network, ended, advance } = await stocked(2);
    const { address } = await stock.take(6, taker('a'), 0);
    await advance(58_000);
    expect(network.configured.has(address)).to.equal(true);
    await advance(1_100);
    expect(ended.map(({ address }) => address)).to.deep.equal([address]);
    expect(network.configured.has(address)).to.equal(false);
    expect(stock.ready(6)).to.equal(2);
  });

  it('says that there is none when the network has none, and asks again, ever less often', async () => {
    const { stock, hindered, network, advance } = await stocked(2, network => {
      network.away = true;
    });
    const taking = stock.take(6, taker('a'), 1_000).catch(error => error);
    await advance(1_000);
    expect(await taking).to.have.property('code', 'no-address');
    await advance(60_000);
    expect(hindered.length).to.be.within(5, 9);
    network.away = false;
    await advance(30_000);
    expect(stock.ready(6)).to.equal(2);
  });

  it('serves who waits as soon as the network answers', async () => {
    const { stock, network, advance } = await stocked(2, network => {
      network.away = true;
    });
    const taking = stock.take(6, taker('a'), 5_000);
    network.away = false;
    await advance(2_000);
    expect((await taking).holder).to.equal('a');
  });

  it('keeps a part for users who had little lately, however much another asks for and gives back', async () => {
    const { stock, network, advance, refused } = await stocked(8, network => {
      network.left = 8;
    });
    const greedy = taker('greedy', 1);
    for (let index = 0; index < 6; index++) await stock.take(6, greedy, 0);
    expect(await refused(greedy)).to.equal('no-address');
    stock.release(stock.heldBy('greedy')!.address, 'greedy');
    expect(await refused(greedy)).to.equal('no-address');
    for (const holder of ['a', 'b'])
      expect((await stock.take(6, taker(holder, 2), 0)).holder).to.equal(holder);
    network.left = 1;
    await advance(30_000);
    expect(stock.ready(6)).to.equal(1);
    expect(await refused(taker('c', 2))).to.equal('no-address');
    expect((await stock.take(6, taker('d', 3), 0)).holder).to.equal('d');
  });

  it('counts what a user gave back as his for as long as the network does', async () => {
    const { stock, advance, refused } = await stocked(8, network => {
      network.left = 8;
    });
    for (let index = 0; index < 6; index++) await stock.take(6, taker(`a${index}`, 1), 0);
    for (let index = 0; index < 6; index++) stock.release(stock.heldBy(`a${index}`)!.address, `a${index}`);
    await advance(9_000);
    expect(await refused(taker('b', 1))).to.equal('no-address');
    await advance(1_100);
    expect((await stock.take(6, taker('c', 1), 0)).holder).to.equal('c');
  });

  it('asks for fewer where the network, which gives all or none, refuses', async () => {
    const { stock, advance } = await stocked(8, network => {
      network.left = 3;
    });
    expect(stock.ready(6)).to.equal(0);
    await advance(10_000);
    expect(stock.ready(6)).to.equal(3);
  });

  it('ends what is over when the machine has slept, whose timers did not run', async () => {
    const manual = new ManualClock();
    let slept = 0;
    const clock = {
      now: () => manual.now() + slept,
      after: manual.after.bind(manual),
      every: manual.every.bind(manual),
    };
    const { stock, network, ended } = await stocked(4, () => undefined, clock);
    const held = await stock.take(6, taker('a'), 0);
    await settle();
    slept = 120_000;
    network.away = true;
    expect(stock.ready(6)).to.equal(0);
    expect(stock.heldBy('a')).to.equal(undefined);
    stock.expire();
    manual.advance(1);
    await settle();
    expect(ended.map(({ address }) => address)).to.deep.equal([held.address]);
    expect(network.configured.size).to.equal(0);
  });

  it('gives everything back at its end', async () => {
    const { stock, network } = await stocked(3);
    await stock.take(6, taker('a'), 0);
    await settle();
    await stock.close();
    expect(network.configured.size).to.equal(0);
    expect(network.steps.at(-1)).to.match(/^release (\S+ ){3}\S+$/);
  });
});
