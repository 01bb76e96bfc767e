import type { Clock } from '../../../controller/host/clock.js';

/** Milliseconds that an address counts after its end, as it does in the network by default (t_remove). */
const REST = 10_000;
/** Part of the stock that is kept for users who have little. */
const RESERVE_PART = 0.25;

/**
 * Who of this machine's users has how much of what the network gives to all of them together. The last part of the stock is for those
 * who had less than that lately, so that nobody can keep the others from hopping however much he asks for.
 */
export class UserShares {
  /** Addresses that are kept for users who have little. */
  readonly reserve: number;
  private readonly clock: Clock;
  private readonly held = new Map<number, number>();
  /** When addresses of a user were given back, the oldest first. */
  private readonly resting = new Map<number, number[]>();

  /** `size`: addresses of the stock. */
  constructor(clock: Clock, size: number) {
    this.clock = clock;
    this.reserve = Math.floor(size * RESERVE_PART);
  }

  heldBy(user: number): number {
    return this.held.get(user) ?? 0;
  }

  /** Whether `user` may have one of `ready` addresses. Who nobody can tell from others may have all. */
  mayTake(user: number | undefined, ready: number): boolean {
    if (ready === 0) return false;
    return user === undefined || ready > this.reserve || this.recent(user) < this.reserve;
  }

  took(user: number | undefined): void {
    if (user !== undefined) this.held.set(user, this.heldBy(user) + 1);
  }

  gaveBack(user: number | undefined): void {
    if (user === undefined) return;
    const left = this.heldBy(user) - 1;
    if (left > 0) this.held.set(user, left);
    else this.held.delete(user);
    this.recent(user);
    const times = this.resting.get(user) ?? [];
    this.resting.set(user, times);
    // More than the reserve are as good as the reserve.
    if (times.length >= this.reserve) times.shift();
    times.push(this.clock.now());
  }

  /** Addresses that a user has or gave back lately. */
  private recent(user: number): number {
    const times = this.resting.get(user) ?? [];
    const since = this.clock.now() - REST;
    while (times[0] !== undefined && times[0] <= since) times.shift();
    if (times.length === 0) this.resting.delete(user);
    return this.heldBy(user) + times.length;
  }
}
