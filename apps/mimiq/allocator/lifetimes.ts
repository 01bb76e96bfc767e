import type { AliasState, Attachment } from '../model.js';
import type { Random } from '../random.js';
import type { StoredLease } from '../store/lease-store.js';
import type { TakenAddress } from './address-space.js';
import type { AllocatorConfig } from './config.js';

const SECOND = 1000;

/** When leases end: t_ip drawn for each, t_remove after it, and neither past the alias or the longest age. */
export class Lifetimes {
  /** t_remove in milliseconds. */
  readonly removeAfter: number;
  /** The least t_ip. */
  readonly shortest: number;
  private readonly choices: number;
  private readonly maxAge: number;
  private readonly random: Random;

  constructor(config: AllocatorConfig, random: Random) {
    this.removeAfter = Math.round(config.removeAfter * SECOND);
    this.shortest = Math.round(config.lifetime.min * SECOND);
    this.choices = Math.round(config.lifetime.max * SECOND) - this.shortest + 1;
    this.maxAge = Math.round(config.maxAge * SECOND);
    this.random = random;
  }

  begin(
    id: number,
    attachment: Attachment,
    request: string,
    { address, alias }: TakenAddress,
    now: number,
  ): StoredLease {
    const { switchId, port, mac } = attachment;
    const expiresAt = Math.min(now + this.draw(), this.latest(now, alias));
    return {
      id,
      address,
      attachment: { switchId, port, mac },
      alias: alias?.alias,
      notBefore: now,
      expiresAt,
      removeAt: expiresAt + this.removeAfter,
      state: 'held',
      request,
    };
  }

  /** The lease with a later end, or itself when it cannot have one. `alias` is that of an IPv6 address while it is valid. */
  prolong(lease: StoredLease, alias: AliasState | undefined, now: number): StoredLease {
    if (lease.alias !== undefined && alias === undefined) return lease;
    const expiresAt = Math.min(now + this.draw(), this.latest(lease.notBefore, alias));
    if (expiresAt <= lease.expiresAt) return lease;
    return { ...lease, expiresAt, removeAt: expiresAt + this.removeAfter };
  }

  /** Released: over at `now`. */
  end(lease: StoredLease, now: number): StoredLease {
    return { ...lease, state: 'released', expiresAt: now, removeAt: now + this.removeAfter };
  }

  /** A client never has an address longer than `maxAge`, nor edge switches its forwarding longer than the alias. */
  private latest(notBefore: number, alias: AliasState | undefined): number {
    const byAlias = alias === undefined ? Number.POSITIVE_INFINITY : alias.validUntil - this.removeAfter;
    return Math.min(notBefore + this.maxAge, byAlias);
  }

  /** t_ip. */
  private draw(): number {
    return this.shortest + this.random.below(this.choices);
  }
}
