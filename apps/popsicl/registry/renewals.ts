import type { Pseudonym } from '../model.js';
import type { CloudAuthority } from '../pki/cloud-authority.js';
import { renewServerMaterial } from '../pki/issue.js';
import type { DistributionRound } from './distribution-round.js';
import type { Registered, RegistrationTable } from './registration-table.js';

export interface RenewalsOptions {
  readonly authority: CloudAuthority;
  readonly table: RegistrationTable;
  readonly round: DistributionRound;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Milliseconds that a pseudonym holds. */
  readonly lifetime: number;
}

/** Renewals of active pseudonyms; whoever calls lets nothing else happen to the name meanwhile. */
export class Renewals {
  private readonly options: RenewalsOptions;
  /** Tenants by names of which some may have a certificate that the store has not; after a crash those who connect anew are told anyway. */
  private readonly uneven = new Map<string, string>();

  constructor(options: RenewalsOptions) {
    this.options = options;
  }

  /** Tenants with names of which not everybody may have what the store has. */
  get unfinishedTenants(): readonly string[] {
    return [...new Set(this.uneven.values())];
  }

  /** Those names of one tenant, after a name in their order. */
  async *unfinished(tenant: string, after: string): AsyncGenerator<string> {
    const names = [...this.uneven].filter(([name, own]) => own === tenant && name > after);
    for (const [name] of names.sort()) yield name;
  }

  /** Lets a pseudonym hold for another lifetime from now, for everybody or nobody. Throws `distribution-failed`, StoreError. */
  async renew(found: Registered): Promise<Registered> {
    const { table, round, authority, wallClock, lifetime } = this.options;
    const { name } = found;
    const now = wallClock();
    const old = await table.material(name);
    const expiresAt = Math.min(now + lifetime, authority.notAfter);
    const material = await renewServerMaterial(authority, old!, { from: now, until: expiresAt });
    this.uneven.set(name, found.tenant);
    try {
      await round.renew({ ...activeOf(found), expiresAt }, material);
      await table.extend(name, material, expiresAt);
    } catch (error) {
      await this.evenOut(name).catch(() => undefined);
      throw error;
    }
    this.uneven.delete(name);
    return { ...found, expiresAt };
  }

  /** Tells everybody again what the store says of a pseudonym, unless it is over. Throws `distribution-failed`. */
  async evenOut(name: string): Promise<void> {
    const { table, round } = this.options;
    const [found, material] = [await table.get(name), await table.material(name)];
    if (found?.state === 'active') await round.renew(activeOf(found), material!);
    this.uneven.delete(name);
  }
}

function activeOf({ state: _state, ending: _ending, ...rest }: Registered): Pseudonym {
  return { ...rest, state: 'active' };
}
