import { AliasService } from '../aliases/alias-service.js';
import { AllocationError } from '../allocation-error.js';
import type { AliasState, Attachment, SwitchId } from '../model.js';
import { CryptoRandom } from '../random.js';
import { SteadyTime, systemTime } from '../steady-time.js';
import type { LeaseStore, StoredLease, StoredState } from '../store/lease-store.js';
import { AddressSpace, type TakenAddress } from './address-space.js';
import { Alarm } from './alarm.js';
import type { Allocation, AllocatorOptions } from './allocator-options.js';
import { CommitQueue } from './commit-queue.js';
import { LeaseEnds } from './lease-ends.js';
import { clientKey, isOf, LeaseTable } from './lease-table.js';
import { Lifetimes } from './lifetimes.js';
import { Limits } from './limits.js';
import { type Offer, Offers } from './offers.js';

const SECOND = 1000;
/** A lease that is accepted within this time of its offer lasts as it was made. */
const PROMPT = SECOND;

/**
 * The paper's address allocation server (3.2). A lease is durable, then confirmed by the switches, then told; its address
 * is free again when its forwarding is gone, then its record. Every method that waits rejects with AllocationError.
 */
export class Allocator {
  readonly aliases: AliasService;
  readonly space: AddressSpace;
  /** Names this allocator for ever: 16 bytes. */
  readonly identity: Uint8Array;
  readonly counts = { allocated: 0, renewed: 0, released: 0, recycled: 0, refused: 0, failures: 0 };
  private readonly limits: Limits;
  private readonly lifetimes: Lifetimes;
  private readonly time: SteadyTime;
  private readonly table = new LeaseTable();
  private readonly offers = new Offers();
  private readonly commits: CommitQueue;
  private readonly ends: LeaseEnds;
  /** Requests on their way, by client and request. */
  private readonly running = new Map<string, Promise<StoredLease[]>>();
  private readonly store: LeaseStore;
  private nextId: number;
  private readonly alarm: Alarm;
  private stopped = false;

  /** Loads what is stored and tells forwarding. Rejects with what the store says. */
  static async open(options: AllocatorOptions): Promise<Allocator> {
    return new Allocator(options, await options.store.load());
  }

  private constructor(options: AllocatorOptions, state: StoredState) {
    const { config, store, forwarding, clock, random = new CryptoRandom() } = options;
    this.limits = new Limits(config, this.table);
    this.lifetimes = new Lifetimes(config, random);
    this.store = store;
    this.time = new SteadyTime(options.time ?? systemTime, state.time);
    this.identity = state.identity;
    this.nextId = state.nextId;
    this.space = new AddressSpace(config, random, state.leases);
    const now = () => this.now();
    this.alarm = new Alarm(clock, now, () => this.run());
    const failed = (error: unknown) => {
      this.counts.failures++;
      options.failed?.(error);
    };
    const progress = () => ({ nextId: this.nextId, time: this.time.mark() });
    const { recorded, soon } = options;
    this.commits = new CommitQueue({ store, forwarding, progress, soon, recorded });
    const { bits, period, periods, perSwitch } = config.aliases;
    this.aliases = new AliasService({
      plan: { bits, period: period * SECOND, periods, perSwitch, maxSwitches: config.maxSwitches },
      random,
      forwarding,
      clock,
      now,
      commit: aliases => store.commit({ aliases, ...progress() }),
      isIdle: switchId => this.table.countOfSwitch(switchId) === 0,
      failed,
    });
    this.aliases.load(state);
    const freed = (lease: StoredLease) => {
      this.counts.recycled++;
      this.space.giveBack(lease.address, lease.alias);
    };
    this.ends = new LeaseEnds({
      table: this.table,
      commits: this.commits,
      forwarding,
      clock,
      now,
      freed,
      failed,
    });
    for (const lease of state.leases) this.keep(lease);
    forwarding.restore(state.leases, this.aliases.valid());
    this.aliases.confirm();
    this.run();
  }

  /** Milliseconds since 1970 that never go back. */
  now(): number {
    return this.time.now();
  }

  /** The least that t_ip can be, in milliseconds. */
  get shortestLifetime(): number {
    return this.lifetimes.shortest;
  }

  get clients(): number {
    return this.table.clientCount;
  }

  leases(): Iterable<StoredLease> {
    return this.table.values();
  }

  leasesOf(attachment: Attachment): Iterable<StoredLease> {
    return this.table.ofClient(attachment);
  }

  /** Ports that have addresses, as `switch/port`, with how many. */
  ports(): Iterable<[string, number]> {
    return this.table.ports();
  }

  /** Makes aliases for a client-facing switch before its first client asks. */
  async addSwitch(switchId: SwitchId): Promise<void> {
    if (!this.space.has(6)) return;
    const ready = this.aliases.prepare(switchId);
    this.arm();
    await ready;
  }

  /** Gives a client `count` addresses, or none. The same request gets the same addresses while they are held. */
  allocate(attachment: Attachment, allocation: Allocation): Promise<StoredLease[]> {
    const key = requestKey(attachment, allocation.request);
    const offer = this.accept(key);
    return this.running.get(key) ?? this.follow(key, this.serve(attachment, allocation, offer));
  }

  /**
   * An address for a client that will decide: the one it holds under this request, or that of a new lease. The lease becomes
   * durable and forwarded while the client decides, so that `allocate` with the same request has little to wait for; it
   * ends when the client does not accept.
   */
  async offer(attachment: Attachment, allocation: Allocation): Promise<Uint8Array> {
    const key = requestKey(attachment, allocation.request);
    const aliases = await this.aliasesFor(attachment, allocation);
    const known = this.known(attachment, allocation.request);
    if (known !== undefined) return known;
    this.checkRunning();
    const leases = this.begin(attachment, allocation, aliases);
    const [{ id, address, notBefore }] = leases as [StoredLease];
    this.offers.add(key, { lease: id, madeAt: notBefore });
    this.arm();
    // Its failure is told to who accepts.
    this.follow(key, this.establish(leases)).catch(() => undefined);
    return address;
  }

  /**
   * Draws a new lifetime for leases of the client. One that may not last longer keeps its end. Rejects with `not-held` when
   * one address is not held by this client, whoever else may hold it; then none is renewed.
   */
  async renew(attachment: Attachment, addresses: readonly Uint8Array[]): Promise<StoredLease[]> {
    this.checkRunning();
    // Who renews what was offered has accepted it, and it has to be in force first.
    for (const address of addresses) {
      const key = requestKey(attachment, this.heldBy(attachment, address).request);
      this.accept(key);
      await this.running.get(key);
    }
    const before = addresses.map(address => this.heldBy(attachment, address));
    const now = this.now();
    const valid = new Map(this.aliases.valid().map(state => [state.alias, state]));
    const after = before.map(lease => this.lifetimes.prolong(lease, valid.get(lease.alias ?? -1), now));
    const changed = after.filter((lease, index) => lease !== before[index]);
    if (changed.length === 0) return after;
    this.limits.checkPending(this.commits.pending + changed.length);
    for (const lease of changed) this.keep(lease);
    try {
      await this.commits.put(changed, true);
    } catch (error) {
      this.takeBack(changed, before);
      throw error;
    }
    this.counts.renewed += changed.length;
    return after;
  }

  /**
   * Ends leases of the client now; their addresses rest for t_remove. Resolves when that is durable. Addresses that the
   * client does not hold are passed over, so that a release may come twice. Returns how many ended.
   */
  async release(attachment: Attachment, addresses: readonly Uint8Array[]): Promise<number> {
    this.checkRunning();
    const ended: StoredLease[] = [];
    for (const address of addresses) {
      const lease = this.table.find(address);
      if (lease === undefined || lease.state !== 'held' || !isOf(lease, attachment)) continue;
      ended.push(this.end(lease));
    }
    if (ended.length > 0) await this.commits.put(ended, false);
    this.counts.released += ended.length;
    return ended.length;
  }

  /** The address that the client holds under a request, accepted or not. */
  known(attachment: Attachment, request: string): Uint8Array | undefined {
    return this.heldUnder(attachment, request)[0]?.address;
  }

  /** The client does not want what was offered. */
  withdraw(attachment: Attachment, request: string): void {
    const offer = this.offers.take(requestKey(attachment, request));
    if (offer !== undefined) this.endOffers([offer]);
  }

  /** Leases of the client that a request got and that it holds. */
  heldUnder(attachment: Attachment, request: string): StoredLease[] {
    return this.table.heldUnder(attachment, request, this.now());
  }

  /** Resolves when nothing is on its way; the store is closed then. Leases stay as they are. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.alarm.stop();
    this.ends.stop();
    this.aliases.stop();
    await Promise.allSettled(this.running.values());
    await this.store.close();
  }

  private async serve(
    attachment: Attachment,
    allocation: Allocation,
    offer: Offer | undefined,
  ): Promise<StoredLease[]> {
    this.checkRunning();
    const known = this.heldUnder(attachment, allocation.request);
    if (known.length > 0) {
      if (offer === undefined || this.now() - offer.madeAt <= PROMPT) return known;
      return this.renew(
        attachment,
        known.map(({ address }) => address),
      );
    }
    if (!allocation.repeatable && this.table.wasServed(attachment, allocation.request)) {
      throw new AllocationError('bad-request', 'the addresses of this request have ended', {
        mend: 'Ask under a new request id.',
      });
    }
    const aliases = await this.aliasesFor(attachment, allocation);
    this.checkRunning();
    const leases = await this.establish(this.begin(attachment, allocation, aliases));
    this.counts.allocated += leases.length;
    return leases;
  }

  /** New leases in memory, for addresses that nobody else gets from then on. */
  private begin(
    attachment: Attachment,
    { family, count, request }: Allocation,
    aliases: readonly AliasState[],
  ): StoredLease[] {
    const taken: TakenAddress[] = [];
    try {
      this.limits.check(attachment, count);
      this.limits.checkPending(this.commits.pending + count);
      while (taken.length < count) taken.push(this.takeAddress(family, aliases));
    } catch (error) {
      for (const { address, alias } of taken) this.space.giveBack(address, alias?.alias);
      this.counts.refused++;
      throw error;
    }
    const now = this.now();
    const leases = taken.map(address =>
      this.lifetimes.begin(this.nextId++, attachment, request, address, now),
    );
    for (const lease of leases) this.keep(lease);
    return leases;
  }

  /** Makes new leases durable, then forwarded. */
  private async establish(leases: StoredLease[]): Promise<StoredLease[]> {
    try {
      await this.commits.put(leases, true);
    } catch (error) {
      // Perhaps durable, perhaps in some switches: they end like leases that are over.
      for (const lease of leases) this.end(lease);
      throw error;
    }
    return leases;
  }

  /** Keeps work for those who ask the same meanwhile. */
  private follow(key: string, work: Promise<StoredLease[]>): Promise<StoredLease[]> {
    const running = work.finally(() => this.running.delete(key));
    this.running.set(key, running);
    return running;
  }

  /** The client takes what a request was offered, if it was. */
  private accept(key: string): Offer | undefined {
    const offer = this.offers.take(key);
    if (offer !== undefined) this.counts.allocated++;
    return offer;
  }

  private async aliasesFor({ switchId }: Attachment, { family }: Allocation): Promise<AliasState[]> {
    if (!this.space.has(family)) throw new AllocationError('no-pool', `there is no IPv${family} pool`);
    if (family === 4) return [];
    const usable = this.aliases.usable(switchId);
    if (usable.length > 0) return usable;
    await this.addSwitch(switchId);
    const fresh = this.aliases.usable(switchId);
    if (fresh.length > 0) return fresh;
    throw new AllocationError('no-alias', 'the edge switches have not confirmed the aliases yet', {
      retryAfter: SECOND,
    });
  }

  private takeAddress(family: 4 | 6, aliases: readonly AliasState[]): TakenAddress {
    const taken = this.space.take(family, aliases);
    if (taken !== undefined) return taken;
    throw this.limits.exhausted();
  }

  private heldBy(attachment: Attachment, address: Uint8Array): StoredLease {
    const lease = this.table.heldBy(attachment, address, this.now());
    if (lease !== undefined) return lease;
    throw new AllocationError('not-held', 'this client does not hold the address');
  }

  /** Released as of now, in memory. */
  private end(lease: StoredLease): StoredLease {
    const ended = this.lifetimes.end(lease, this.now());
    this.keep(ended);
    return ended;
  }

  /** A renewal that failed: where nothing else happened meanwhile, the old end holds again. */
  private takeBack(changed: readonly StoredLease[], before: readonly StoredLease[]): void {
    const old = new Map(before.map(lease => [lease.id, lease]));
    const restored = changed
      .filter(lease => this.table.get(lease.id) === lease)
      .map(({ id }) => old.get(id)!);
    for (const lease of restored) this.keep(lease);
    this.commits.put(restored, false).catch(() => undefined);
  }

  private keep(lease: StoredLease): void {
    this.table.set(lease);
    this.ends.follow(lease);
    this.arm();
  }

  private checkRunning(): void {
    if (this.stopped)
      throw new AllocationError('stopped', 'the allocator is stopping', { retryAfter: SECOND });
  }

  /** What nobody has accepted is released. That it is durable nobody waits for: it ends by itself at the latest. */
  private endOffers(offers: readonly Offer[]): void {
    const ended: StoredLease[] = [];
    for (const offer of offers) {
      const lease = this.table.get(offer.lease);
      if (lease?.state === 'held') ended.push(this.end(lease));
    }
    if (ended.length > 0) this.commits.put(ended, false).catch(() => undefined);
  }

  private run(): void {
    this.endOffers(this.offers.takeEnded(this.now()));
    this.aliases.advance();
    this.ends.run();
    this.arm();
  }

  private arm(): void {
    this.alarm.setFor(Math.min(this.ends.next, this.aliases.nextChange, this.offers.next));
  }
}

function requestKey(attachment: Attachment, request: string): string {
  return `${clientKey(attachment)}/${request}`;
}
