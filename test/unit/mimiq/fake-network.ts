import { Allocator } from '../../../apps/mimiq/allocator/allocator.js';
import type { AllocatorOptions } from '../../../apps/mimiq/allocator/allocator-options.js';
import { type AllocatorConfig, allocatorSchema } from '../../../apps/mimiq/allocator/config.js';
import { ForwardingError } from '../../../apps/mimiq/forwarding-error.js';
import type { AliasState, Attachment, Forwarding, Lease } from '../../../apps/mimiq/model.js';
import type { LeaseStore } from '../../../apps/mimiq/store/lease-store.js';
import { ManualClock } from '../../simulator/manual-clock.js';
import { MemoryLeaseStore } from '../../simulator/memory-lease-store.js';

export const SWITCH = '0000000000000001';

export function client(number: number, port = number, switchId = SWITCH): Attachment {
  return { switchId, port, mac: 0x0200_0000_0000 + number };
}

/** A configuration with one small pool of each family. */
export function settings(changes: Record<string, unknown> = {}): Record<string, unknown> {
  return {
    ipv4: [{ prefix: '198.51.100.0/24', gateway: '198.51.100.1' }],
    ipv6: [{ prefix: '2001:db8::/64', gateway: 'fe80::1' }],
    lifetime: { min: 10, max: 20 },
    removeAfter: 5,
    aliases: { period: 60 },
    ...changes,
  };
}

/** Switches that remember what they were told, and fail when the test says so. */
export class FakeForwarding implements Forwarding {
  readonly installed = new Map<number, Lease>();
  readonly order: string[] = [];
  aliases: readonly AliasState[] = [];
  restored: readonly Lease[] = [];
  refuse: (lease: Lease) => boolean = () => false;
  refuseRemoval = false;
  refuseAliases = false;
  /** Held-back confirmations; undefined: each comes at once. */
  held: (() => void)[] | undefined;

  restore(leases: readonly Lease[], aliases: readonly AliasState[]): void {
    this.restored = leases;
    for (const lease of leases) this.installed.set(lease.id, lease);
    this.aliases = aliases;
  }

  async install(leases: readonly Lease[]): Promise<void> {
    this.order.push('install');
    const refused = leases.filter(this.refuse);
    for (const lease of leases) if (!this.refuse(lease)) this.installed.set(lease.id, lease);
    if (this.held !== undefined) await new Promise<void>(resolve => this.held!.push(resolve));
    if (refused.length > 0) throw new ForwardingError('rule-refused', 'the table is full', refused);
  }

  async remove(leases: readonly Lease[]): Promise<void> {
    this.order.push('remove');
    if (this.refuseRemoval) throw new ForwardingError('switch-unreachable', 'the switch is away', leases);
    for (const { id } of leases) this.installed.delete(id);
  }

  async setAliases(all: readonly AliasState[]): Promise<void> {
    this.order.push('aliases');
    if (this.refuseAliases) throw new ForwardingError('switch-unreachable', 'the edge switch is away', []);
    this.aliases = all;
  }
}

/** An allocator with everything around it under the test's control. */
export class FakeNetwork {
  readonly clock = new ManualClock();
  readonly forwarding = new FakeForwarding();
  readonly config: AllocatorConfig;
  store: LeaseStore;
  wall = 1_700_000_000_000;
  boot = 'one';
  allocator!: Allocator;

  constructor(changes: Record<string, unknown> = {}, store: LeaseStore = new MemoryLeaseStore()) {
    this.config = allocatorSchema.parse(settings(changes));
    this.store = store;
  }

  static async start(changes: Record<string, unknown> = {}, store?: LeaseStore): Promise<FakeNetwork> {
    const network = new FakeNetwork(changes, store);
    await network.boots();
    return network;
  }

  /** Starts an allocator over what is stored; one that ran before is forgotten as if killed. */
  async boots(options: Partial<AllocatorOptions> = {}): Promise<void> {
    const { config, store, forwarding, clock, boot } = this;
    const time = { wall: () => this.wall, monotonic: () => clock.now(), boot };
    this.allocator = await Allocator.open({ config, store, forwarding, clock, time, ...options });
    await settle();
  }

  /** Lets time pass; what it starts has ended when this resolves. */
  async pass(seconds: number): Promise<void> {
    const steps = Math.min(20, Math.max(1, Math.ceil(seconds)));
    for (let step = 0; step < steps; step++) {
      this.clock.advance((seconds * 1000) / steps);
      await settle();
    }
  }

  allocate(attachment: Attachment, count: number, request = `${Math.random()}`, family: 4 | 6 = 4) {
    return this.allocator.allocate(attachment, { family, count, request });
  }
}

/** Runs what is ready: promises, and work for the next turns of the event loop. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 6; turn++) await new Promise(resolve => setImmediate(resolve));
}
