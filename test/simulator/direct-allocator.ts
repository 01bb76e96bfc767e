import { randomBytes } from 'node:crypto';
import { addressKey, writeBits } from '../../apps/mimiq/address-bits.js';
import type { Allocate, Allocation } from '../../apps/mimiq/mimiq.js';
import type { AliasState, Attachment, Forwarding, Lease, Requests } from '../../apps/mimiq/model.js';

const HOUR = 3_600_000;

/** Gives out what a test wants, without clients that ask: leases and aliases go straight to the switches. */
export class DirectAllocator {
  forwarding: Forwarding | undefined;
  readonly leases = new Map<number, Lease>();
  aliases: AliasState[] = [];
  /** What clients asked, by who they are. */
  readonly asked: { payload: Uint8Array; from: Attachment }[] = [];
  /** Addresses of all leases: ten thousand are made in one turn of the event loop, which switches wait for. */
  private readonly taken = new Set<string>();
  private lastId = 0;

  readonly allocate: Allocate = (_context, forwarding): Allocation => {
    this.forwarding = forwarding;
    forwarding.restore([...this.leases.values()], this.aliases);
    return { requests: this.requests };
  };

  readonly requests: Requests = {
    udp: async (payload, from) => {
      this.asked.push({ payload: payload.slice(), from });
      return new TextEncoder().encode(`answer to ${Buffer.from(payload)}`);
    },
    dhcp4: async () => undefined,
    dhcp6: async () => undefined,
  };

  /** Gives every switch `count` new aliases; old ones stay valid. */
  async rotate(switchIds: readonly string[], count = 2): Promise<void> {
    for (const switchId of switchIds) {
      for (let index = 0; index < count; index++) this.aliases.push(this.newAlias(switchId));
    }
    await this.forwarding!.setAliases(this.aliases);
  }

  /** Ends all aliases but the newest of each switch. */
  async dropAliases(keep: (alias: AliasState) => boolean): Promise<void> {
    this.aliases = this.aliases.filter(keep);
    await this.forwarding!.setAliases(this.aliases);
  }

  /** Leases new random addresses of a family to a client. */
  async lease(attachment: Attachment, family: 4 | 6, count = 1): Promise<Lease[]> {
    const leases = Array.from({ length: count }, () => this.make(attachment, family));
    await this.forwarding!.install(leases);
    return leases;
  }

  async remove(leases: readonly Lease[]): Promise<void> {
    for (const { id, address } of leases) {
      this.leases.delete(id);
      this.taken.delete(addressKey(address));
    }
    await this.forwarding!.remove(leases);
  }

  private make(attachment: Attachment, family: 4 | 6): Lease {
    const address = family === 4 ? new Uint8Array([10, 64, 0, 0]) : new Uint8Array(16);
    let alias: number | undefined;
    if (family === 4)
      address.set(
        randomBytes(2).map(byte => Math.min(254, Math.max(1, byte))),
        2,
      );
    else {
      alias = this.aliases.filter(({ switchId }) => switchId === attachment.switchId).at(-1)!.alias;
      address.set([0x20, 0x01, 0x0d, 0xb8, 0, 0x64, 0, 0]);
      address.set(randomBytes(8), 8);
      writeBits(address, 64, 16, alias);
    }
    const key = addressKey(address);
    const isGateway = family === 4 && address[2] === 0 && address[3] === 1;
    if (this.taken.has(key) || isGateway) return this.make(attachment, family);
    this.taken.add(key);
    const now = Date.now();
    const lease: Lease = {
      id: ++this.lastId,
      address,
      attachment,
      alias,
      notBefore: now,
      expiresAt: now + HOUR,
      removeAt: now + HOUR,
      state: 'held',
    };
    this.leases.set(lease.id, lease);
    return lease;
  }

  private newAlias(switchId: string): AliasState {
    for (;;) {
      const alias = randomBytes(2).readUInt16BE();
      if (this.aliases.some(state => state.alias === alias)) continue;
      const now = Date.now();
      return { sid: 0, alias, switchId, createdAt: now, usableUntil: now + HOUR, validUntil: now + HOUR };
    }
  }
}
