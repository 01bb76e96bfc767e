import { AgentError } from '../../../../apps/mimiq/agent/agent-error.js';
import type { AllocatorLink, GrantedAddress } from '../../../../apps/mimiq/agent/allocator-link.js';
import type { InterfaceAddresses } from '../../../../apps/mimiq/agent/interface-addresses.js';

/** An allocator and an interface that write down, in order, what the agent does. */
export class FakeNetwork implements AllocatorLink, InterfaceAddresses {
  readonly steps: string[] = [];
  readonly configured = new Set<string>();
  lifetime = 60_000;
  away = false;
  /** Requests for addresses. */
  requests = 0;
  /** Addresses that the allocator still gives. */
  left = Number.POSITIVE_INFINITY;
  /** What the allocator says that the client holds. */
  leased: GrantedAddress[] | undefined;
  private next = 1;

  async allocate(family: 4 | 6, count: number): Promise<GrantedAddress[]> {
    this.requests++;
    if (this.away) throw new AgentError('allocator-unreachable', 'away');
    if (this.left < count) throw new AgentError('allocator-refused', 'none left', { retryAfter: 1000 });
    this.left -= count;
    return Array.from({ length: count }, () => {
      const index = this.next++;
      return family === 4
        ? { address: `10.0.0.${index}`, lifetime: this.lifetime, gateway: '10.0.0.254' }
        : { address: `fd00::${index.toString(16)}`, lifetime: this.lifetime, gateway: 'fe80::1' };
    });
  }

  async release(addresses: readonly string[]): Promise<void> {
    this.steps.push(`release ${addresses.join(' ')}`);
  }

  async held(): Promise<GrantedAddress[] | undefined> {
    return this.leased;
  }

  async add(address: string): Promise<void> {
    this.configured.add(address);
  }

  async remove(address: string): Promise<void> {
    this.configured.delete(address);
    this.steps.push(`delete ${address}`);
  }

  async route(gateway: string): Promise<void> {
    this.steps.push(`route ${gateway}`);
  }

  close(): void {}
}

/** Lets promises settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve));
}
