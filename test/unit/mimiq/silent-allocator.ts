import type { Allocate } from '../../../apps/mimiq/mimiq.js';
import type { AliasState, Attachment, Forwarding, Lease, Requests } from '../../../apps/mimiq/model.js';

/** Gives nothing out by itself: keeps the forwarding for the test, and what clients asked. */
export class SilentAllocator {
  forwarding: Forwarding | undefined;
  readonly asked: { kind: 'udp' | 'dhcp4' | 'dhcp6'; payload: string; from: Attachment }[] = [];
  answer: Uint8Array | undefined;
  /** In force when it starts. */
  restored: { leases: readonly Lease[]; aliases: readonly AliasState[] } = { leases: [], aliases: [] };

  readonly allocate: Allocate = (_context, forwarding) => {
    this.forwarding = forwarding;
    forwarding.restore(this.restored.leases, this.restored.aliases);
    return { requests: this.requests };
  };

  private readonly requests: Requests = {
    udp: async (payload, from) => this.note('udp', payload, from),
    dhcp4: async (payload, from) => {
      const answer = this.note('dhcp4', payload, from);
      return answer === undefined
        ? undefined
        : { payload: answer, destination: 0xffff_ffff, mac: 0xffff_ffff_ffff };
    },
    dhcp6: async (payload, from) => this.note('dhcp6', payload, from),
  };

  private note(
    kind: 'udp' | 'dhcp4' | 'dhcp6',
    payload: Uint8Array,
    from: Attachment,
  ): Uint8Array | undefined {
    this.asked.push({ kind, payload: Buffer.from(payload).toString(), from });
    return this.answer;
  }
}
