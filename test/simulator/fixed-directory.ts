import type { Directory, PackedAddress, TenantConfig } from '../../apps/popsicl/model.js';
import { formatIpv4, formatIpv6, parseIpv4, parseIpv6 } from '../../controller/address/index.js';

/** Pseudonyms given by hand, in the place of a registrar. */
export class FixedDirectory implements Directory {
  /** What was added, in the form of `add`. */
  readonly all: [name: string, tenant: TenantConfig, addresses: readonly string[]][] = [];
  private readonly names = new Map<string, TenantConfig>();
  private readonly addresses = new Map<string, TenantConfig>();

  add(name: string, tenant: TenantConfig, addresses: readonly string[] = []): void {
    this.all.push([name, tenant, addresses]);
    this.names.set(name, tenant);
    for (const address of addresses) this.addresses.set(canonical(address), tenant);
  }

  remove(name: string): void {
    this.names.delete(name);
  }

  tenantOfName(name: string): TenantConfig | undefined {
    return this.names.get(name.toLowerCase());
  }

  tenantOfAddress(address: PackedAddress): TenantConfig | undefined {
    return this.addresses.get(canonical(address));
  }

  isPseudoAddress(): boolean {
    return true;
  }

  onChange(): () => void {
    return () => undefined;
  }
}

function canonical(address: PackedAddress): string {
  if (typeof address === 'number') return formatIpv4(address);
  if (typeof address === 'string') {
    return address.includes(':') ? formatIpv6(parseIpv6(address)!) : formatIpv4(parseIpv4(address));
  }
  return address.length === 16
    ? formatIpv6(address)
    : formatIpv4(new DataView(address.buffer, address.byteOffset, 4).getUint32(0));
}
