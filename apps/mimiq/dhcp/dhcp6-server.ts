import { createHash } from 'node:crypto';
import { addressKey } from '../address-bits.js';
import { AllocationError } from '../allocation-error.js';
import type { Allocator } from '../allocator/allocator.js';
import type { Allocation } from '../allocator/allocator-options.js';
import type { Attachment } from '../model.js';
import type { StoredLease } from '../store/lease-store.js';
import {
  type Association,
  type Dhcp6Reply,
  type Dhcp6Request,
  Dhcp6Status,
  Dhcp6Type,
  decodeDhcp6,
  encodeDhcp6,
  type RequestedAssociation,
} from './dhcp6-codec.js';

/** DUID-UUID (RFC 8415 section 11.5). */
const DUID_UUID = [0, 4];

/**
 * DHCPv6 with IA_NA for hosts without an agent (RFC 8415 section 18.3). Clients are told from each other by where they
 * are; DUID and IAID only tell the associations of one client apart.
 */
export class Dhcp6Server {
  private readonly allocator: Allocator;
  private readonly serverId: Uint8Array;
  private readonly resolvers: readonly Uint8Array[];

  constructor(allocator: Allocator, resolvers: readonly Uint8Array[] = []) {
    this.allocator = allocator;
    this.resolvers = resolvers;
    this.serverId = Uint8Array.from([...DUID_UUID, ...allocator.identity]);
  }

  /** Undefined when nothing is to be sent: no message of a client, not for this server, or it cannot be served now. */
  async answer(payload: Uint8Array, from: Attachment): Promise<Uint8Array | undefined> {
    const request = decodeDhcp6(payload);
    if (request === undefined || !this.isForUs(request)) return undefined;
    try {
      const reply = await this.serve(request, from);
      if (reply === undefined) return undefined;
      const { serverId, resolvers } = this;
      return encodeDhcp6(request, { serverId, resolvers, ...reply });
    } catch (error) {
      // The client asks again by itself (section 15).
      if (error instanceof AllocationError) return undefined;
      throw error;
    }
  }

  /** Sections 16.2 to 16.12: which identifiers a message must have and must not have. */
  private isForUs({ type, clientId, serverId, associations }: Dhcp6Request): boolean {
    const own = serverId !== undefined && Buffer.compare(serverId, this.serverId) === 0;
    switch (type) {
      case Dhcp6Type.SOLICIT:
      case Dhcp6Type.CONFIRM:
      case Dhcp6Type.REBIND:
        return clientId !== undefined && serverId === undefined;
      case Dhcp6Type.REQUEST:
      case Dhcp6Type.RENEW:
      case Dhcp6Type.RELEASE:
      case Dhcp6Type.DECLINE:
        return clientId !== undefined && own;
      case Dhcp6Type.INFORMATION_REQUEST:
        return associations.length === 0 && (serverId === undefined || own);
      default:
        return false;
    }
  }

  private async serve(
    request: Dhcp6Request,
    from: Attachment,
  ): Promise<Omit<Dhcp6Reply, 'serverId'> | undefined> {
    const { type, associations } = request;
    const each = (work: (ia: RequestedAssociation) => Promise<Association>) =>
      Promise.all(associations.map(work));
    switch (type) {
      case Dhcp6Type.SOLICIT: {
        if (request.rapidCommit) {
          const made = await each(ia => this.assign(request, ia, from));
          return { type: Dhcp6Type.REPLY, rapidCommit: true, associations: made };
        }
        return { type: Dhcp6Type.ADVERTISE, associations: await each(ia => this.offer(request, ia, from)) };
      }
      case Dhcp6Type.REQUEST:
        return { type: Dhcp6Type.REPLY, associations: await each(ia => this.assign(request, ia, from)) };
      case Dhcp6Type.RENEW:
      case Dhcp6Type.REBIND:
        return { type: Dhcp6Type.REPLY, associations: await each(ia => this.renew(request, ia, from)) };
      case Dhcp6Type.RELEASE:
      case Dhcp6Type.DECLINE: {
        const named = associations.flatMap(({ addresses }) => addresses);
        if (named.length > 0) await this.allocator.release(from, named);
        return { type: Dhcp6Type.REPLY, status: Dhcp6Status.SUCCESS };
      }
      case Dhcp6Type.CONFIRM:
        return this.confirm(associations, from);
      case Dhcp6Type.INFORMATION_REQUEST:
        return { type: Dhcp6Type.REPLY };
      default:
        return undefined;
    }
  }

  private async offer(
    request: Dhcp6Request,
    ia: RequestedAssociation,
    from: Attachment,
  ): Promise<Association> {
    try {
      const address = await this.allocator.offer(from, allocationOf(keyOf(request, ia)));
      return association(ia.iaid, [{ address, lifetime: seconds(this.allocator.shortestLifetime) }]);
    } catch (error) {
      return refused(ia.iaid, error);
    }
  }

  private async assign(
    request: Dhcp6Request,
    ia: RequestedAssociation,
    from: Attachment,
  ): Promise<Association> {
    try {
      const leases = await this.allocator.allocate(from, allocationOf(keyOf(request, ia)));
      return this.granted(ia, leases);
    } catch (error) {
      return refused(ia.iaid, error);
    }
  }

  /**
   * New lifetimes. Where an address may not last longer, because its alias ends, the client gets another one beside it
   * (section 18.3.4), so that it is never without.
   */
  private async renew(
    request: Dhcp6Request,
    ia: RequestedAssociation,
    from: Attachment,
  ): Promise<Association> {
    const key = keyOf(request, ia);
    const held = this.heldBy(from, key);
    if (held.length === 0) {
      if (request.type === Dhcp6Type.RENEW) return empty(ia.iaid, Dhcp6Status.NO_BINDING);
      return this.granted(ia, []);
    }
    const renewed = await this.allocator.renew(
      from,
      held.map(({ address }) => address),
    );
    const newest = renewed.reduce((one, other) => (other.expiresAt > one.expiresAt ? other : one));
    // A lifetime drawn anew may be shorter than what is left: that is no end.
    if (newest.expiresAt - this.allocator.now() >= this.allocator.shortestLifetime)
      return this.granted(ia, renewed);
    try {
      const next = await this.allocator.allocate(from, allocationOf(`${key}/${newest.id}`));
      return this.granted(ia, [...renewed, ...next]);
    } catch (error) {
      if (error instanceof AllocationError) return this.granted(ia, renewed);
      throw error;
    }
  }

  private confirm(
    associations: readonly RequestedAssociation[],
    from: Attachment,
  ): Omit<Dhcp6Reply, 'serverId'> | undefined {
    const named = associations.flatMap(({ addresses }) => addresses);
    if (named.length === 0) return undefined;
    const held = new Set<string>();
    for (const { address, state } of this.allocator.leasesOf(from)) {
      if (state === 'held') held.add(addressKey(address));
    }
    const all = named.every(address => held.has(addressKey(address)));
    return { type: Dhcp6Type.REPLY, status: all ? Dhcp6Status.SUCCESS : Dhcp6Status.NOT_ON_LINK };
  }

  /** Leases of an association: the first one, and those that followed it. */
  private heldBy(from: Attachment, key: string): StoredLease[] {
    const now = this.allocator.now();
    return [...this.allocator.leasesOf(from)].filter(
      ({ state, expiresAt, request }) =>
        state === 'held' && expiresAt > now && (request === key || request.startsWith(`${key}/`)),
    );
  }

  /** The leases, and an end for everything else that the client believes to have. */
  private granted(ia: RequestedAssociation, leases: readonly StoredLease[]): Association {
    const now = this.allocator.now();
    const own = new Set(leases.map(({ address }) => addressKey(address)));
    const others = ia.addresses.filter(address => !own.has(addressKey(address)));
    return association(ia.iaid, [
      ...leases.map(({ address, expiresAt }) => ({ address, lifetime: seconds(expiresAt - now) })),
      ...others.map(address => ({ address, lifetime: 0 })),
    ]);
  }
}

function allocationOf(request: string): Allocation {
  return { family: 6, count: 1, request, repeatable: true };
}

/** What tells one association of a client from its others, also after a restart. */
function keyOf({ clientId }: Dhcp6Request, { iaid }: RequestedAssociation): string {
  const digest = createHash('sha256').update(clientId!).digest('hex').slice(0, 16);
  return `dhcp6-${iaid}-${digest}`;
}

/** Whole seconds of milliseconds, at least 1. */
function seconds(milliseconds: number): number {
  return Math.max(1, Math.floor(milliseconds / 1000));
}

/** Renewal at half the longest lifetime and rebinding at four fifths (section 21.4). */
function association(iaid: number, addresses: Association['addresses']): Association {
  const longest = Math.max(0, ...addresses.map(({ lifetime }) => lifetime));
  return { iaid, t1: Math.ceil(longest * 0.5), t2: Math.ceil(longest * 0.8), addresses };
}

function empty(iaid: number, status: number): Association {
  return { iaid, t1: 0, t2: 0, addresses: [], status };
}

/** What a client is told of when it gets none; failures that may pass are left to its next try. */
function refused(iaid: number, error: unknown): Association {
  if (!(error instanceof AllocationError)) throw error;
  const { code } = error;
  if (code === 'busy' || code === 'stopped' || code === 'no-alias' || code === 'store-failed') throw error;
  return empty(iaid, Dhcp6Status.NO_ADDRESSES);
}
