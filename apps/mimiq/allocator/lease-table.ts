import { addressKey } from '../address-bits.js';
import type { Attachment } from '../model.js';
import type { StoredLease } from '../store/lease-store.js';

/** All leases of one client. */
interface Client {
  readonly byAddress: Map<string, StoredLease>;
}

/** Identity of a client as a text for maps. */
export function clientKey({ switchId, port, mac }: Attachment): string {
  return `${switchId}/${port}/${mac}`;
}

export function portKey({ switchId, port }: Attachment): string {
  return `${switchId}/${port}`;
}

export function isOf({ attachment }: StoredLease, { switchId, port, mac }: Attachment): boolean {
  return attachment.switchId === switchId && attachment.port === port && attachment.mac === mac;
}

/** Every lease whose address is not free, by id, address, client, port and switch. */
export class LeaseTable {
  private readonly byId = new Map<number, StoredLease>();
  private readonly byAddress = new Map<string, StoredLease>();
  private readonly clients = new Map<string, Client>();
  private readonly perPort = new Map<string, number>();
  private readonly perSwitch = new Map<string, number>();

  get size(): number {
    return this.byId.size;
  }

  get clientCount(): number {
    return this.clients.size;
  }

  values(): IterableIterator<StoredLease> {
    return this.byId.values();
  }

  get(id: number): StoredLease | undefined {
    return this.byId.get(id);
  }

  find(address: Uint8Array): StoredLease | undefined {
    return this.byAddress.get(addressKey(address));
  }

  ofClient(attachment: Attachment): Iterable<StoredLease> {
    return this.clients.get(clientKey(attachment))?.byAddress.values() ?? [];
  }

  /** Leases of the client that a request got and that it holds. */
  heldUnder(attachment: Attachment, request: string, now: number): StoredLease[] {
    return [...this.ofClient(attachment)].filter(lease => lease.request === request && isHeld(lease, now));
  }

  /** The lease of an address, if this client holds it. */
  heldBy(attachment: Attachment, address: Uint8Array, now: number): StoredLease | undefined {
    const lease = this.find(address);
    return lease !== undefined && isHeld(lease, now) && isOf(lease, attachment) ? lease : undefined;
  }

  /** Whether any lease of the client is that request's, over or not. */
  wasServed(attachment: Attachment, request: string): boolean {
    for (const lease of this.ofClient(attachment)) if (lease.request === request) return true;
    return false;
  }

  countOfClient(attachment: Attachment): number {
    return this.clients.get(clientKey(attachment))?.byAddress.size ?? 0;
  }

  countOfPort(attachment: Attachment): number {
    return this.perPort.get(portKey(attachment)) ?? 0;
  }

  countOfSwitch(switchId: string): number {
    return this.perSwitch.get(switchId) ?? 0;
  }

  /** Ports that have addresses, with how many. */
  ports(): Iterable<[string, number]> {
    return this.perPort;
  }

  /** A new lease, or a new value of one that is there. */
  set(lease: StoredLease): void {
    const key = addressKey(lease.address);
    const isNew = !this.byId.has(lease.id);
    this.byId.set(lease.id, lease);
    this.byAddress.set(key, lease);
    const owner = clientKey(lease.attachment);
    let client = this.clients.get(owner);
    if (client === undefined) {
      client = { byAddress: new Map() };
      this.clients.set(owner, client);
    }
    client.byAddress.set(key, lease);
    if (!isNew) return;
    count(this.perPort, portKey(lease.attachment), 1);
    count(this.perSwitch, lease.attachment.switchId, 1);
  }

  delete(id: number): StoredLease | undefined {
    const lease = this.byId.get(id);
    if (lease === undefined) return undefined;
    const key = addressKey(lease.address);
    this.byId.delete(id);
    this.byAddress.delete(key);
    const owner = clientKey(lease.attachment);
    const client = this.clients.get(owner)!;
    client.byAddress.delete(key);
    if (client.byAddress.size === 0) this.clients.delete(owner);
    count(this.perPort, portKey(lease.attachment), -1);
    count(this.perSwitch, lease.attachment.switchId, -1);
    return lease;
  }
}

function isHeld({ state, expiresAt }: StoredLease, now: number): boolean {
  return state === 'held' && expiresAt > now;
}

function count(counts: Map<string, number>, key: string, change: number): void {
  const value = (counts.get(key) ?? 0) + change;
  if (value === 0) counts.delete(key);
  else counts.set(key, value);
}
