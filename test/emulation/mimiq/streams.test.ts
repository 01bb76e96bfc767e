import { expect } from 'chai';
import { formatAddress } from '../../../apps/mimiq/address-prefix.js';
import type { Lease } from '../../../apps/mimiq/model.js';
import { type RunningCommand, until } from '../../../mininet/driver/index.js';
import { Stream, startEcho } from '../../../mininet/traffic/stream.js';
import { DirectAllocator } from '../../simulator/direct-allocator.js';
import { MimiqNetwork, SERVER4, SERVER6 } from './mimiq-network.js';

/** One client at each client-facing switch. */
const CLIENTS = ['c1', 'c3', 'c5'];
/** Milliseconds between two datagrams of a stream. */
const INTERVAL = 10;
/** Datagrams of each stream while nothing changes. */
const SOME = 50;

describe('streams through the network of MIMIQ', () => {
  let all: MimiqNetwork;
  let allocator: DirectAllocator;
  let echo: RunningCommand;
  beforeEach(async () => {
    allocator = new DirectAllocator();
    all = await MimiqNetwork.start(allocator);
    await allocator.rotate(all.accessIds);
    echo = await startEcho(all.host('server'));
  });
  afterEach(async () => {
    await echo?.stop();
    await all?.[Symbol.asyncDispose]();
  });

  /** A stream that hops from lease to lease; each old one lingers for a round trip, is removed, and its address is dropped. */
  class HoppingStream {
    readonly name: string;
    readonly family: 4 | 6;
    readonly stream: Stream;
    private lease: Lease | undefined;
    private readonly lingering: Promise<void>[] = [];

    private constructor(name: string, family: 4 | 6, stream: Stream) {
      this.name = name;
      this.family = family;
      this.stream = stream;
    }

    static async start(name: string, family: 4 | 6): Promise<HoppingStream> {
      const stream = await Stream.start(all.host(name), family === 4 ? SERVER4 : SERVER6, INTERVAL);
      return new HoppingStream(name, family, stream);
    }

    async hop(): Promise<void> {
      const [lease] = await allocator.lease(all.attachmentOf(this.name), this.family);
      const address = await all.use(this.name, lease!);
      if (this.lease === undefined) {
        // Hosts outside have to find the edges once.
        while (!(await all.pings(this.name, address, this.family === 4 ? SERVER4 : SERVER6)));
      }
      await this.stream.hop(address);
      if (this.lease !== undefined) this.lingering.push(this.linger(this.lease));
      this.lease = lease;
    }

    async stop(): Promise<void> {
      await Promise.all(this.lingering);
      await until('enough', async () => (await this.stream.now()).sent >= 2 * SOME);
      const { sent, missing } = await this.stream.stop();
      expect(missing, `${this.name} over IPv${this.family}, of ${sent}`).to.deep.equal([]);
      expect(sent).to.be.at.least(2 * SOME);
    }

    private async linger(lease: Lease): Promise<void> {
      await this.stream.settled();
      this.stream.close(formatAddress(lease.address));
      await allocator.remove([lease]);
      await all.drop(this.name, lease);
    }
  }

  const startAll = () =>
    Promise.all(CLIENTS.flatMap(name => ([4, 6] as const).map(family => HoppingStream.start(name, family))));

  it('lose no packet while addresses are added, used and dropped, and aliases rotate', async () => {
    const streams = await startAll();
    for (let round = 0; round < 12; round++) {
      for (const stream of streams) await stream.hop();
      if (round % 3 !== 2) continue;
      // Two generations of two aliases each stay valid.
      await allocator.rotate(all.accessIds);
      const newest = new Map(
        all.accessIds.map(id => [id, allocator.aliases.filter(a => a.switchId === id).slice(-4)]),
      );
      await Promise.all(streams.map(({ stream }) => stream.settled()));
      await allocator.dropAliases(alias => newest.get(alias.switchId)!.includes(alias));
    }
    for (const stream of streams) await stream.stop();
    expect(allocator.leases.size).to.equal(streams.length);
    expect(allocator.aliases.length).to.equal(12);
  });

  it('lose no packet while the controller is away and comes back, and it finds its flows as they should be', async () => {
    const streams = await startAll();
    for (const stream of streams) await stream.hop();
    for (const stream of streams) await stream.hop();
    const some = () => Promise.all(streams.map(({ stream }) => stream.more(SOME)));
    await some();
    await all.controller.stop();
    await some();
    all.log.length = 0;
    await all.startController();
    await all.connected();
    const compared = all.log.filter(({ id }) => id === 'switch-connected');
    expect(compared).to.have.length(5);
    for (const { added, changed, removed } of compared) {
      expect({ added, changed, removed }).to.deep.equal({ added: 0, changed: 0, removed: 0 });
    }
    for (const stream of streams) await stream.hop();
    await some();
    for (const stream of streams) await stream.stop();
  });
});
