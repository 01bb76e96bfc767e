import type { Clock, Timer } from '../../../controller/host/clock.js';
import type { Family } from '../client/address-source.js';
import { ClientError } from '../client/client-error.js';
import { AgentError } from './agent-error.js';
import type { AllocatorLink } from './allocator-link.js';
import type { InterfaceAddresses } from './interface-addresses.js';
import { UserShares } from './user-shares.js';

/** An address of this machine, from when it is configured until it is given back. */
export interface StockedAddress {
  readonly address: string;
  readonly family: Family;
  readonly gateway: string;
  /** End of the lease, by the stock's clock. */
  readonly endsAt: number;
  /** Secret of the application that has it; undefined while it is in stock. */
  holder: string | undefined;
  /** Number of the user whose application it is, where that is known. */
  user: number | undefined;
}

/** Who wants an address: the secret that it gets, and the number of its user where that is known. */
export interface Taker {
  readonly holder: string;
  readonly user: number | undefined;
}

export interface StockOptions {
  readonly link: AllocatorLink;
  readonly interface: InterfaceAddresses;
  readonly clock: Clock;
  /** Addresses to keep ready, of each of these families. */
  readonly families: readonly Family[];
  readonly size: number;
  /** Milliseconds between the end of its use and the removal of an address: what is in flight still arrives. */
  readonly linger: number;
  /** The lease of an address that an application has is over, or about to be. */
  readonly ended: (address: StockedAddress) => void;
  /** Something changed that a restarted agent wants to know. */
  readonly changed: () => void;
  readonly hindered: (error: unknown) => void;
}

/** Milliseconds of its lease that an address needs to be given to anyone. */
const LEAST_LIFE = 5_000;
/** Milliseconds before its end when an address is given up at the latest: clocks differ, packets are on their way. */
export const MARGIN = 1_000;
const FIRST_BACKOFF = 500;
const MAX_BACKOFF = 30_000;
const ALLOCATE_AT_ONCE = 16;
/** The stock is filled again when this part of it is gone, so that a client that hops fast asks seldom. */
const REFILL_PART = 0.25;
/** Milliseconds in which addresses are gathered that are given back together. */
const GATHER = 100;

/**
 * Keeps configured addresses ready, so that a hop never waits for the network (section 3.2). What goes, goes in this order:
 * its user closes his sockets, what is in flight arrives, the address is deleted, and the allocator is told.
 */
export class AddressStock {
  private readonly options: StockOptions;
  private readonly addresses = new Map<string, StockedAddress>();
  /** Being put on the interface, or still there for what is in flight. */
  private readonly passing = new Map<string, StockedAddress>();
  private readonly timers = new Set<Timer>();
  private readonly filling = new Set<Family>();
  private readonly backoff = new Map<Family, number>();
  /** Addresses to ask for at once: fewer when the network refuses, since it gives all or none. */
  private readonly atOnce = new Map<Family, number>();
  /** Ways out, by gateway. */
  private readonly routes = new Map<string, Promise<void>>();
  private readonly waiting = new Map<Family, (() => void)[]>();
  /** Deleted, and not yet given back to the allocator. */
  private readonly deleted: string[] = [];
  private readonly shares: UserShares;
  private closed = false;

  constructor(options: StockOptions) {
    this.options = options;
    this.shares = new UserShares(options.clock, options.size);
  }

  /** Every address that is on the interface, or may be. */
  get all(): StockedAddress[] {
    return [...this.addresses.values(), ...this.passing.values()];
  }

  ready(family: Family): number {
    return this.free(family).length;
  }

  /** Takes over what an earlier agent left on the interface. */
  adopt(address: StockedAddress): void {
    if (address.holder !== undefined) this.shares.took(address.user);
    this.addresses.set(address.address, address);
    this.watch(address);
  }

  /** Takes away what the allocator does not know as this client's. Rejects with AgentError. */
  async compare(): Promise<void> {
    const before = this.all;
    const held = await this.options.link.held();
    if (held === undefined || this.closed) return;
    const leased = new Set(held.map(({ address }) => address));
    for (const address of before) {
      if (leased.has(address.address) || this.addresses.get(address.address) !== address) continue;
      this.end(address);
    }
  }

  /** Ends what is over by now: timers stand still while the machine sleeps. */
  expire(): void {
    const now = this.options.clock.now();
    for (const address of [...this.addresses.values()]) if (address.endsAt <= now) this.end(address);
  }

  start(): void {
    for (const family of this.options.families) this.fill(family);
  }

  /**
   * A configured address for one holder. Waits for the network only when none is in stock that its user may have, at most
   * `patience` milliseconds; then rejects with ClientError `no-address`.
   */
  async take(family: Family, { holder, user }: Taker, patience: number): Promise<StockedAddress> {
    if (!this.options.families.includes(family)) {
      throw new ClientError('no-address', `the agent keeps no IPv${family} addresses`);
    }
    if (!this.shares.mayTake(user, this.ready(family))) await this.refilled(family, patience);
    const [address] = this.free(family);
    if (address === undefined || !this.shares.mayTake(user, this.ready(family))) {
      throw new ClientError('no-address', `no IPv${family} address is in stock`, {
        mend: 'hop less often, or let the agent keep more',
      });
    }
    address.holder = holder;
    address.user = user;
    this.shares.took(user);
    this.options.changed();
    this.fill(family);
    return address;
  }

  /** The holder has closed his sockets. Nobody gets the address again: it goes back to the allocator. */
  release(address: string, holder: string): void {
    const held = this.addresses.get(address);
    if (held === undefined || held.holder !== holder) {
      throw new ClientError('agent-refused', 'that address is not held by this application');
    }
    this.retire(held);
  }

  /** Addresses that applications of a user have. */
  heldByUser(user: number): number {
    return this.shares.heldBy(user);
  }

  /** The address that belongs to a secret; undefined when it is gone. */
  heldBy(holder: string): StockedAddress | undefined {
    const now = this.options.clock.now();
    return [...this.addresses.values()].find(address => address.holder === holder && address.endsAt > now);
  }

  /** Gives back everything, and waits until the allocator was told or cannot be. */
  async close(): Promise<void> {
    this.closed = true;
    for (const timer of this.timers) timer.cancel();
    const all = this.all.map(({ address }) => address);
    this.addresses.clear();
    this.passing.clear();
    await Promise.all(all.map(address => this.options.interface.remove(address)));
    await this.giveBack([...this.deleted, ...all]);
    this.options.changed();
  }

  /** Free addresses with enough life left, the longest-lived last. */
  private free(family: Family): StockedAddress[] {
    const least = this.options.clock.now() + LEAST_LIFE;
    return [...this.addresses.values()].filter(
      address => address.family === family && address.holder === undefined && address.endsAt > least,
    );
  }

  private fill(family: Family): void {
    const missing = this.options.size - this.ready(family);
    if (this.closed || this.filling.has(family) || missing < Math.max(1, this.options.size * REFILL_PART))
      return;
    this.filling.add(family);
    this.allocate(family)
      .then(() => {
        this.backoff.delete(family);
        for (const wake of this.waiting.get(family)?.splice(0) ?? []) wake();
      })
      .catch(error => this.pause(family, error))
      .finally(() => {
        this.filling.delete(family);
        if (!this.backoff.has(family)) this.fill(family);
      });
  }

  private async allocate(family: Family): Promise<void> {
    const most = this.atOnce.get(family) ?? ALLOCATE_AT_ONCE;
    const count = Math.min(most, this.options.size - this.ready(family));
    this.atOnce.set(family, Math.max(1, Math.floor(count / 2)));
    const granted = await this.options.link.allocate(family, count);
    this.atOnce.set(family, Math.min(ALLOCATE_AT_ONCE, most * 2));
    const now = this.options.clock.now();
    const addresses = granted.map(({ address, gateway, lifetime }) => {
      const endsAt = now + lifetime - MARGIN;
      return { address, family, gateway, endsAt, holder: undefined, user: undefined };
    });
    for (const address of addresses) this.passing.set(address.address, address);
    this.options.changed();
    await Promise.all(addresses.map(address => this.configure(address)));
    if (granted.length === 0) throw new AgentError('allocator-refused', 'the allocator granted nothing');
  }

  private async configure(address: StockedAddress): Promise<void> {
    try {
      await this.options.interface.add(address.address);
      await this.route(address.gateway);
    } catch (error) {
      this.remove(address);
      throw error;
    }
    if (this.closed) return this.options.interface.remove(address.address);
    this.passing.delete(address.address);
    this.adopt(address);
  }

  private route(gateway: string): Promise<void> {
    const made = this.routes.get(gateway) ?? this.options.interface.route(gateway);
    this.routes.set(gateway, made);
    made.catch(() => this.routes.delete(gateway));
    return made;
  }

  private pause(family: Family, error: unknown): void {
    if (this.closed) return;
    this.options.hindered(error);
    const before = this.backoff.get(family) ?? FIRST_BACKOFF / 2;
    const asked = error instanceof AgentError ? (error.retryAfter ?? 0) : 0;
    const delay = Math.max(asked, Math.min(before * 2, MAX_BACKOFF));
    this.backoff.set(family, delay);
    this.after(delay, () => this.fill(family));
  }

  private refilled(family: Family, patience: number): Promise<void> {
    this.fill(family);
    return new Promise(resolve => {
      const list = this.waiting.get(family) ?? [];
      this.waiting.set(family, list);
      list.push(resolve);
      this.after(patience, resolve);
    });
  }

  /** At the end of its lease an address goes, whoever has it. */
  private watch(address: StockedAddress): void {
    this.after(Math.max(0, address.endsAt - this.options.clock.now()), () => {
      if (this.addresses.get(address.address) === address) this.end(address);
    });
  }

  private end(address: StockedAddress): void {
    if (address.holder !== undefined) this.options.ended(address);
    this.retire(address, true);
    this.fill(address.family);
  }

  /** `over`: its lease is, so nothing that is in flight is waited for. */
  private retire(address: StockedAddress, over = false): void {
    this.addresses.delete(address.address);
    if (address.holder !== undefined) this.shares.gaveBack(address.user);
    this.passing.set(address.address, address);
    this.after(over ? 0 : this.options.linger, () => this.remove(address, over));
  }

  private remove({ address }: StockedAddress, over = false): void {
    void this.options.interface.remove(address).then(() => {
      this.passing.delete(address);
      if (this.closed) return;
      this.options.changed();
      if (!over) this.gather(address);
    });
  }

  private gather(address: string): void {
    this.deleted.push(address);
    if (this.deleted.length > 1) return;
    this.after(GATHER, () => void this.giveBack(this.deleted.splice(0)));
  }

  private async giveBack(addresses: readonly string[]): Promise<void> {
    // What the allocator does not hear of ends by itself.
    if (addresses.length > 0) await this.options.link.release(addresses).catch(() => undefined);
  }

  private after(milliseconds: number, run: () => void): void {
    const timer = this.options.clock.after(milliseconds, () => {
      this.timers.delete(timer);
      run();
    });
    this.timers.add(timer);
  }
}
