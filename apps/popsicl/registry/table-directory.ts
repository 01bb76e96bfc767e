import { parseIpv6 } from '../../../controller/address/index.js';
import type {
  Directory,
  DirectoryChange,
  Distribution,
  PackedAddress,
  Pseudonym,
  TenantConfig,
} from '../model.js';
import { addressKey } from '../pseudonym/address-key.js';
import type { AddressPlan } from './address-plan.js';

/** What is kept of a pseudonym. An ended one keeps its addresses, and stands for nobody. */
export interface DirectoryEntry {
  readonly name: string;
  readonly tenant: string;
  readonly addresses: Pseudonym['addresses'];
  readonly isActive: boolean;
}

/** All pseudonyms in memory: what the packet path and the embedded DNS server ask. */
export class TableDirectory implements Directory, Distribution {
  readonly label = 'directory';
  private readonly plan: () => AddressPlan;
  private readonly entries = new Map<string, DirectoryEntry>();
  /** Pseudonyms by the addresses that are theirs alone; ended ones too. */
  private readonly owners = new Map<number | string, DirectoryEntry>();
  private readonly tenants: ReadonlyMap<string, TenantConfig>;
  private readonly tenantNumbers = new Map<number, TenantConfig>();
  private readonly ownFamilies: { readonly ipv4: boolean; readonly ipv6: boolean };
  private readonly listeners = new Set<(change: DirectoryChange) => void>();

  /** `plan` is asked each time: it changes when keys rotate. */
  constructor(
    tenants: ReadonlyMap<string, TenantConfig>,
    plan: () => AddressPlan,
    ownFamilies: { readonly ipv4: boolean; readonly ipv6: boolean },
  ) {
    this.tenants = tenants;
    this.plan = plan;
    this.ownFamilies = ownFamilies;
  }

  /** Tells which tenant a number in sealed addresses means. */
  numberTenant(number: number, domain: string): void {
    const tenant = this.tenants.get(domain);
    if (tenant !== undefined) this.tenantNumbers.set(number, tenant);
  }

  get size(): number {
    return this.entries.size;
  }

  /** Whether an address is one pseudonym's alone, be it over or not. */
  isTaken(address: string): boolean {
    return this.owners.has(addressKey(address)!);
  }

  /** Whether the pseudonym is active and this tenant's: what a tenant serves besides is to be forgotten. */
  isActive(name: string, tenant: string): boolean {
    const entry = this.entries.get(name);
    return entry?.isActive === true && entry.tenant === tenant;
  }

  entry(name: string): DirectoryEntry | undefined {
    return this.entries.get(name.toLowerCase());
  }

  tenantOfName(name: string): TenantConfig | undefined {
    const entry = this.entries.get(name) ?? this.entries.get(name.toLowerCase());
    return entry?.isActive ? this.tenants.get(entry.tenant) : undefined;
  }

  tenantOfAddress(address: PackedAddress): TenantConfig | undefined {
    const key = addressKey(address);
    if (key === undefined) return undefined;
    const owner = this.owners.get(key);
    if (owner !== undefined) return owner.isActive ? this.tenants.get(owner.tenant) : undefined;
    const { sealed } = this.plan();
    if (sealed === undefined || typeof key === 'number') return undefined;
    const bytes = address instanceof Uint8Array ? address : parseIpv6(address as string)!;
    const number = sealed.open(bytes);
    return number === undefined ? undefined : this.tenantNumbers.get(number);
  }

  isPseudoAddress(address: PackedAddress): boolean {
    return this.plan().pool.contains(address);
  }

  onChange(listener: (change: DirectoryChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  async publish(pseudonym: Pseudonym): Promise<void> {
    this.put({ ...pseudonym, isActive: true });
    this.tell({ type: 'published', name: pseudonym.name });
  }

  async withdraw(name: string): Promise<void> {
    this.suspend(name);
  }

  /** Has the name stand for nobody; whether it stood for somebody. */
  suspend(name: string): boolean {
    const entry = this.entries.get(name);
    if (!entry?.isActive) return false;
    this.put({ ...entry, isActive: false });
    this.tell({ type: 'withdrawn', name });
    return true;
  }

  /** Has the name stand again for whom it stood. */
  resume(name: string): void {
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    this.put({ ...entry, isActive: true });
    this.tell({ type: 'published', name });
  }

  /** Takes in what an earlier run left, without telling anybody. */
  put({ name, tenant, addresses, isActive }: DirectoryEntry): void {
    const entry = { name, tenant, addresses, isActive };
    this.entries.set(name, entry);
    for (const key of this.ownKeys(entry)) this.owners.set(key, entry);
  }

  /** Forgets a name altogether. */
  forget(name: string): void {
    const entry = this.entries.get(name);
    if (entry === undefined) return;
    this.entries.delete(name);
    for (const key of this.ownKeys(entry)) if (this.owners.get(key) === entry) this.owners.delete(key);
    if (entry.isActive) this.tell({ type: 'withdrawn', name });
  }

  private ownKeys({ addresses }: DirectoryEntry): (number | string)[] {
    const own = [
      ...(this.ownFamilies.ipv4 ? addresses.ipv4 : []),
      ...(this.ownFamilies.ipv6 ? addresses.ipv6 : []),
    ];
    return own.map(address => addressKey(address)!);
  }

  private tell(change: DirectoryChange): void {
    for (const listener of this.listeners) listener(change);
  }
}
