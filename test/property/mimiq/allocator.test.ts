import { expect } from 'chai';
import fc from 'fast-check';
import { addressKey } from '../../../apps/mimiq/address-bits.js';
import { AllocationError } from '../../../apps/mimiq/allocation-error.js';
import { Allocator } from '../../../apps/mimiq/allocator/allocator.js';
import { allocatorSchema } from '../../../apps/mimiq/allocator/config.js';
import { ForwardingError } from '../../../apps/mimiq/forwarding-error.js';
import type { AliasState, Attachment, Forwarding, Lease } from '../../../apps/mimiq/model.js';
import type { LeaseStore, StoreChange, StoredState } from '../../../apps/mimiq/store/lease-store.js';
import { ManualClock } from '../../simulator/manual-clock.js';
import { MemoryLeaseStore } from '../../simulator/memory-lease-store.js';

const RUNS = Number(process.env.MIMIQ_RUNS ?? 150);
const CONFIG = allocatorSchema.parse({
  // Eleven addresses: clients fight for them.
  ipv4: [{ prefix: '198.51.100.0/28', gateway: '198.51.100.1', exclude: ['198.51.100.2', '198.51.100.3'] }],
  ipv6: [{ prefix: '2001:db8::/112', gateway: 'fe80::1' }],
  lifetime: { min: 2, max: 6 },
  removeAfter: 2,
  maxAge: 30,
  aliases: { bits: 6, period: 5, periods: 3, perSwitch: 2 },
  maxClients: 8,
  maxSwitches: 3,
  limits: { perClient: 8, perPort: 12 },
});

/** A disk and switches that outlive the controller, and a world that watches what clients were told. */
class World implements Forwarding, LeaseStore {
  readonly disk = new MemoryLeaseStore();
  clock = new ManualClock();
  /** Real time in milliseconds, which no clock of the controller need show. */
  elapsed = 0;
  wallOffset = 1_700_000_000_000;
  boot = 1;
  epoch = 0;
  diskFails = false;
  switchesFail = false;
  /** Forwarding in the switches: address to client. */
  readonly rules = new Map<string, { id: number; owner: string }>();
  aliases: readonly AliasState[] = [];
  /** What clients believe to hold, until real time `until`. */
  readonly believed: { key: string; owner: string; until: number; id: number }[] = [];
  readonly everGiven = new Map<number, string>();
  allocator: Allocator | undefined;

  async start(): Promise<void> {
    this.clock = new ManualClock();
    const epoch = ++this.epoch;
    const { clock } = this;
    const started = this.elapsed;
    const monotonic = () => 5_000 + started + clock.now();
    const guard = this.guarded(epoch);
    this.allocator = await Allocator.open({
      config: CONFIG,
      store: guard,
      forwarding: guard,
      clock,
      time: { wall: () => this.wallOffset + this.elapsed, monotonic, boot: `${this.boot}` },
    });
    await turns();
  }

  /** What a killed controller still does reaches neither disk nor switches. */
  private guarded(epoch: number): Forwarding & LeaseStore {
    const never = new Promise<never>(() => undefined);
    const alive = <T>(work: () => Promise<T>): Promise<T> => (epoch === this.epoch ? work() : never);
    return {
      restore: (leases, aliases) => this.restore(leases, aliases),
      install: leases => alive(() => this.install(leases)),
      remove: leases => alive(() => this.remove(leases)),
      setAliases: all => alive(() => this.setAliases(all)),
      load: () => alive(() => this.load()),
      commit: change => alive(() => this.commit(change)),
      close: () => alive(() => this.close()),
    };
  }

  restore(leases: readonly Lease[], aliases: readonly AliasState[]): void {
    this.aliases = aliases;
    // Reconciliation: the switches get exactly what is stored.
    this.rules.clear();
    for (const lease of leases) this.rule(lease);
  }

  async install(leases: readonly Lease[]): Promise<void> {
    if (this.switchesFail) throw new ForwardingError('rule-refused', 'no', leases);
    for (const lease of leases) this.rule(lease);
  }

  async remove(leases: readonly Lease[]): Promise<void> {
    if (this.switchesFail) throw new ForwardingError('switch-unreachable', 'no', leases);
    for (const { id, address } of leases) {
      if (this.rules.get(addressKey(address))?.id === id) this.rules.delete(addressKey(address));
    }
  }

  async setAliases(all: readonly AliasState[]): Promise<void> {
    if (this.switchesFail) throw new ForwardingError('switch-unreachable', 'no', []);
    expect(new Set(all.map(({ alias }) => alias)).size, 'aliases are unique').to.equal(all.length);
    this.aliases = all;
  }

  load(): Promise<StoredState> {
    return this.disk.load();
  }

  async commit(change: StoreChange): Promise<void> {
    if (this.diskFails) throw new Error('disk full');
    await this.disk.commit(change);
  }

  async close(): Promise<void> {}

  /** Two clients on one address in the switches would be the end of it. */
  private rule(lease: Lease): void {
    const key = addressKey(lease.address);
    const owner = ownerOf(lease.attachment);
    const there = this.rules.get(key);
    expect(there === undefined || there.id === lease.id, 'one rule an address').to.equal(true);
    this.rules.set(key, { id: lease.id, owner });
  }

  /** A client hears of leases: nobody else may believe to have them. */
  async told(leases: readonly Lease[]): Promise<void> {
    const stored = await this.disk.load();
    const now = this.allocator!.now();
    for (const lease of leases) {
      const key = addressKey(lease.address);
      const owner = ownerOf(lease.attachment);
      for (const other of this.believed) {
        const clash = other.key === key && other.owner !== owner && other.until > this.elapsed;
        expect(clash, 'an address of two clients').to.equal(false);
      }
      expect(
        stored.leases.some(({ id }) => id === lease.id),
        'durable before it is told',
      ).to.equal(true);
      expect(this.rules.get(key)?.owner, 'forwarded before it is told').to.equal(owner);
      expect(this.everGiven.get(lease.id) ?? key, 'an id means one address').to.equal(key);
      this.everGiven.set(lease.id, key);
      expect(lease.expiresAt - now, 'at most t_ip').to.be.at.most(6000);
      expect(lease.removeAt - lease.expiresAt).to.equal(2000);
      expect(lease.expiresAt - lease.notBefore, 'at most the longest age').to.be.at.most(30_000);
      if (lease.alias !== undefined) {
        const alias = this.aliases.find(state => state.alias === lease.alias);
        expect(alias?.switchId, 'its alias leads to its switch').to.equal(lease.attachment.switchId);
        expect(lease.removeAt, 'no lease outlives its alias').to.be.at.most(alias!.validUntil);
      }
      this.believed.push({ key, owner, until: this.elapsed + (lease.expiresAt - now), id: lease.id });
    }
  }

  /** Who believes to hold an address can use it: it is forwarded, and the allocator knows. */
  check(): void {
    const leases = [...this.allocator!.leases()];
    expect(
      new Set(leases.map(({ address }) => addressKey(address))).size,
      'an address is leased once',
    ).to.equal(leases.length);
    for (const { key, owner, until } of this.believed) {
      if (until <= this.elapsed) continue;
      expect(this.rules.get(key)?.owner, 'forwarding lasts as long as the lease').to.equal(owner);
    }
  }

  pass(milliseconds: number): void {
    this.elapsed += milliseconds;
    this.clock.advance(milliseconds);
  }
}

function ownerOf({ switchId, port, mac }: Attachment): string {
  return `${switchId}/${port}/${mac}`;
}

async function turns(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise(resolve => setImmediate(resolve));
}

const attachment = fc.nat(5).map(
  (number): Attachment => ({
    switchId: `000000000000000${1 + (number % 3)}`,
    port: 1 + (number % 2),
    mac: 0x0200_0000_0000 + number,
  }),
);
const ask = fc.record({
  type: fc.constant('ask' as const),
  attachment,
  family: fc.constantFrom(4 as const, 6 as const),
  count: fc.integer({ min: 1, max: 4 }),
  request: fc.nat(30),
  crash: fc.boolean(),
});
const decide = fc.record({
  type: fc.constant('decide' as const),
  attachment,
  family: fc.constantFrom(4 as const, 6 as const),
  /** What the client does when it has its offer. */
  answer: fc.constantFrom('accept' as const, 'accept late' as const, 'decline' as const, 'nothing' as const),
  time: fc.nat(4000),
});
const step = fc.oneof(
  { weight: 8, arbitrary: ask },
  { weight: 6, arbitrary: decide },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('renew' as const), attachment }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('release' as const), attachment }) },
  {
    weight: 6,
    arbitrary: fc.record({
      type: fc.constant('pass' as const),
      time: fc.oneof(fc.integer({ min: 1, max: 2000 }), fc.integer({ min: 1, max: 7000 })),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('wall' as const), step: fc.integer({ min: -1e9, max: 1e9 }) }),
  },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('crash' as const), down: fc.nat(4000) }) },
  {
    weight: 1,
    arbitrary: fc.record({ type: fc.constant('fail' as const), disk: fc.boolean(), switches: fc.boolean() }),
  },
);

describe('mimiq allocator, whatever happens', () => {
  it('never has two clients on one address, and keeps every lifetime', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 60 }), async steps => {
        const world = new World();
        await world.start();
        for (const action of steps) {
          await act(world, action);
          await turns();
          world.check();
        }
        await recovers(world);
      }),
      { numRuns: RUNS },
    );
  });
});

type Step = typeof step extends fc.Arbitrary<infer Value> ? Value : never;

async function act(world: World, action: Step): Promise<void> {
  switch (action.type) {
    case 'ask': {
      const { family, count, request, crash } = action;
      const epoch = world.epoch;
      const work = world
        .allocator!.allocate(action.attachment, { family, count, request: `${request}` })
        .then(leases => (world.epoch === epoch ? world.told(leases) : undefined), refusedOnly);
      // SIGKILL between commit and answer, at any point of it.
      if (crash && request % 3 === 0) {
        for (let turn = 0; turn < request % 4; turn++) await Promise.resolve();
        await world.start();
        return;
      }
      await Promise.race([work, settled()]);
      return;
    }
    case 'decide':
      return decideOn(world, action);
    case 'renew': {
      const held = [...world.allocator!.leasesOf(action.attachment)].filter(({ state }) => state === 'held');
      if (held.length === 0) return;
      await world
        .allocator!.renew(
          action.attachment,
          held.map(({ address }) => address),
        )
        .then(leases => world.told(leases), refusedOnly);
      return;
    }
    case 'release': {
      const [lease] = world.allocator!.leasesOf(action.attachment);
      if (lease === undefined) return;
      const key = addressKey(lease.address);
      await world.allocator!.release(action.attachment, [lease.address]).catch(refusedOnly);
      for (const each of world.believed) if (each.key === key) each.until = world.elapsed;
      return;
    }
    case 'pass':
      world.pass(action.time);
      return;
    case 'wall':
      world.wallOffset += action.step;
      return;
    case 'crash':
      world.elapsed += action.down;
      await world.start();
      return;
    case 'fail':
      world.diskFails = action.disk;
      world.switchesFail = action.switches;
  }
}

/** An offer as of DHCP: a client has one address of each family. */
async function decideOn(
  world: World,
  { attachment, family, answer, time }: Extract<Step, { type: 'decide' }>,
): Promise<void> {
  const { allocator } = world;
  const allocation = { family, count: 1, request: `dhcp${family}`, repeatable: true };
  const offered = await allocator!.offer(attachment, allocation).catch(refusedOnly);
  if (offered === undefined || answer === 'nothing') return;
  if (answer === 'decline') return allocator!.withdraw(attachment, allocation.request);
  if (answer === 'accept late') {
    await turns();
    world.pass(time);
    await turns();
  }
  const leases = await allocator!.allocate(attachment, allocation).catch(refusedOnly);
  if (leases !== undefined) await world.told(leases);
}

/** After all trouble everything becomes free again. */
async function recovers(world: World): Promise<void> {
  world.diskFails = false;
  world.switchesFail = false;
  for (let second = 0; second < 200; second++) {
    world.pass(1000);
    await turns();
    if ([...world.allocator!.leases()].length === 0) break;
  }
  expect([...world.allocator!.leases()], 'leases that never end').to.deep.equal([]);
  expect(world.allocator!.space.reports().map(({ inUse }) => inUse)).to.deep.equal([0, 0]);
  expect(world.rules.size).to.equal(0);
}

function refusedOnly(error: unknown): void {
  if (!(error instanceof AllocationError)) throw error;
}

async function settled(): Promise<void> {
  for (let turn = 0; turn < 10; turn++) await turns();
}
