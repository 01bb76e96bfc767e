import type { Clock, Timer } from '../../../controller/host/index.js';
import { AliasService } from '../aliases/alias-service.js';
import type { AliasState, Attachment, Forwarding, SwitchId } from '../model.js';
import type { LeaseStore, StoredLease, StoredState } from '../store/lease-store.js';
import { AddressSpace, type TakenAddress } from './address-space.js';
import { AllocationError } from './allocation-error.js';
import { CommitQueue } from './commit-queue.js';
import type { AllocatorConfig } from './config.js';
import { LeaseEnds } from './lease-ends.js';
import { clientKey, LeaseTable } from './lease-table.js';
import { Lifetimes } from './lifetimes.js';
import { Limits } from './limits.js';
import { Offers } from './offers.js';
import { CryptoRandom, type Random } from './random.js';
import { SteadyTime, systemTime, type TimeSource } from './steady-time.js';

const SECOND = 1000;
/** How long an offered address waits for its client. */
const OFFER_TIME = 30 * SECOND;
/** Longest sleep: timers of the platform hold 31 bits of milliseconds. */
const LONGEST_SLEEP = 60 * SECOND;

export interface AllocatorOptions {
  readonly config: AllocatorConfig;
  readonly store: LeaseStore;
  readonly forwarding: Forwarding;
  readonly clock: Clock;
  readonly time?: TimeSource;
  readonly random?: Random;
  readonly soon?: (work: () => void) => void;
  /** Told of durable leases before their clients are. */
  readonly recorded?: (leases: readonly StoredLease[]) => void;
  /** Told of failures that are tried again. */
  readonly failed?: (error: unknown) => void;
}

/** How many addresses of which family; `request` makes it the same request when it comes again. */
export interface Allocation {
  readonly family: 4 | 6;
  readonly count: number;
  readonly request: string;
  /** Whether the request may be made anew when its leases have ended. */
  readonly repeatable?: boolean;
}

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
  private readonly clock: Clock;
  private readonly table = new LeaseTable();
  private readonly offers = new Offers();
  private readonly commits: CommitQueue;
  private readonly ends: LeaseEnds;
  /** Requests on their way, by client and request. */
  private readonly running = new Map<string, Promise<StoredLease[]>>();
  private readonly store: LeaseStore;
  private nextId: number;
  private timer: { at: number; timer: Timer } | undefined;
  private stopped = false;

  /** Loads what is stored and tells forwarding. Rejects with what the store says. */
  static async open(options: AllocatorOptions): Promise<Allocator> {
    return new Allocator(options, await options.store.load());
  }

  private constructor(options: AllocatorOptions, state: StoredState) {
    const { config, store, forwarding, clock, random = new CryptoRandom() } = options;
    this.limits = new Limits(config, this.table, this.offers);
    this.lifetimes = new Lifetimes(config, random);
    this.clock = clock;
    this.store = store;
    this.time = new SteadyTime(options.time ?? systemTime, state.time);
    this.identity = state.identity;
    this.nextId = state.nextId;
    this.space = new AddressSpace(config, random, state.leases);
    const now = () => this.now();
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
    const key = `${clientKey(attachment)}/${allocation.request}`;
    const running = this.running.get(key);
    if (running !== undefined) return running;
    const work = this.serve(attachment, allocation).finally(() => this.running.delete(key));
    this.running.set(key, work);
    return work;
  }

  /**
   * An address for a client that will decide: the one it holds under this request, or a free one that waits for it. Not
   * durable and not forwarded; `allocate` with the same request makes it a lease.
   */
  async offer(attachment: Attachment, allocation: Allocation): Promise<Uint8Array> {
    const known = this.known(attachment, allocation.request);
    if (known !== undefined) return known;
    const aliases = await this.aliasesFor(attachment, allocation);
    this.endOffers();
    const meanwhile = this.known(attachment, allocation.request);
    if (meanwhile !== undefined) return meanwhile;
    this.limits.check(attachment, 1);
    const taken = this.takeAddress(allocation.family, aliases);
    this.offers.add(allocation.request, { ...taken, attachment, until: this.now() + OFFER_TIME });
    return taken.address;
  }

  /**
   * Draws a new lifetime for leases of the client. One that may not last longer keeps its end. Rejects with `not-held` when
   * one address is not held by this client, whoever else may hold it; then none is renewed.
   */
  async renew(attachment: Attachment, addresses: readonly Uint8Array[]): Promise<StoredLease[]> {
    this.checkRunning();
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

  /** The address that the client holds under a request, or that waits for it. */
  known(attachment: Attachment, request: string): Uint8Array | undefined {
    const held = this.heldUnder(attachment, request)[0];
    if (held !== undefined) return held.address;
    const offer = this.offers.find(attachment, request);
    return offer !== undefined && offer.until > this.now() ? offer.address : undefined;
  }

  /** The client does not want what was offered. */
  withdraw(attachment: Attachment, request: string): void {
    const offer = this.offers.take(attachment, request);
    if (offer !== undefined) this.space.giveBack(offer.address, offer.alias?.alias);
  }

  /** Leases of the client that a request got and that it holds. */
  heldUnder(attachment: Attachment, request: string): StoredLease[] {
    const now = this.now();
    return [...this.table.ofClient(attachment)].filter(
      lease => lease.request === request && lease.state === 'held' && lease.expiresAt > now,
    );
  }

  /** Resolves when nothing is on its way; the store is closed then. Leases stay as they are. */
  async stop(): Promise<void> {
    this.stopped = true;
    this.timer?.timer.cancel();
    this.ends.stop();
    this.aliases.stop();
    await Promise.allSettled(this.running.values());
    await this.store.close();
  }

  private async serve(attachment: Attachment, allocation: Allocation): Promise<StoredLease[]> {
    this.checkRunning();
    const known = this.heldUnder(attachment, allocation.request);
    if (known.length > 0) return known;
    if (!allocation.repeatable && this.wasServed(attachment, allocation.request)) {
      throw new AllocationError('bad-request', 'the addresses of this request have ended', {
        mend: 'Ask under a new request id.',
      });
    }
    const aliases = await this.aliasesFor(attachment, allocation);
    this.checkRunning();
    this.endOffers();
    const offer = this.takeOffer(attachment, allocation.request);
    const taken: TakenAddress[] = offer === undefined ? [] : [offer];
    try {
      this.limits.check(attachment, allocation.count);
      this.limits.checkPending(this.commits.pending + allocation.count);
      while (taken.length < allocation.count) taken.push(this.takeAddress(allocation.family, aliases));
    } catch (error) {
      for (const { address, alias } of taken) this.space.giveBack(address, alias?.alias);
      this.counts.refused++;
      throw error;
    }
    const leases = taken.map(address =>
      this.lifetimes.begin(this.nextId++, attachment, allocation.request, address, this.now()),
    );
    for (const lease of leases) this.keep(lease);
    this.arm();
    try {
      await this.commits.put(leases, true);
    } catch (error) {
      // Perhaps durable, perhaps in some switches: they end like leases that are over.
      for (const lease of leases) this.end(lease);
      this.arm();
      throw error;
    }
    this.counts.allocated += leases.length;
    return leases;
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
    const lease = this.table.find(address);
    if (lease?.state === 'held' && lease.expiresAt > this.now() && isOf(lease, attachment)) return lease;
    throw new AllocationError('not-held', 'this client does not hold the address');
  }

  private wasServed(attachment: Attachment, request: string): boolean {
    for (const lease of this.table.ofClient(attachment)) if (lease.request === request) return true;
    return false;
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

  /** The address that waits for the client, unless its alias is not for new addresses any more. */
  private takeOffer(attachment: Attachment, request: string): TakenAddress | undefined {
    const offer = this.offers.take(attachment, request);
    if (offer?.alias === undefined || offer.alias.usableUntil > this.now()) return offer;
    this.space.giveBack(offer.address, offer.alias.alias);
    return undefined;
  }

  private endOffers(): void {
    const now = this.now();
    for (;;) {
      const offer = this.offers.takeEnded(now);
      if (offer === undefined) return;
      this.space.giveBack(offer.address, offer.alias?.alias);
    }
  }

  private run(): void {
    if (this.stopped) return;
    this.timer?.timer.cancel();
    this.timer = undefined;
    this.endOffers();
    this.aliases.advance();
    this.ends.run();
    this.arm();
  }

  private arm(): void {
    if (this.stopped) return;
    const now = this.now();
    const at = Math.min(this.ends.next, this.aliases.nextChange, now + LONGEST_SLEEP);
    if (this.timer !== undefined && this.timer.at <= at) return;
    this.timer?.timer.cancel();
    this.timer = { at, timer: this.clock.after(Math.max(0, Math.ceil(at - now)), () => this.run()) };
  }
}

function isOf(lease: StoredLease, { switchId, port, mac }: Attachment): boolean {
  const owner = lease.attachment;
  return owner.switchId === switchId && owner.port === port && owner.mac === mac;
}
