import { StoreError } from '../../../controller/store/index.js';
import type { PseudonymForm, TenantConfig } from '../model.js';
import type { CloudAuthority } from '../pki/cloud-authority.js';
import type { KeyType } from '../pki/key-pair.js';
import { PseudonymError } from '../pseudonym/pseudonym-error.js';
import type { AddressPlan } from './address-plan.js';
import { DistributionFailed, type DistributionRound } from './distribution-round.js';
import { type DraftRequest, type DrawnPseudonym, drawPseudonym, equip } from './draft.js';
import type { NameLocks } from './name-locks.js';
import type { KnownPerson } from './person.js';
import type { RegistrationTable } from './registration-table.js';
import type { Registration } from './reports.js';
import type { TableDirectory } from './table-directory.js';

export interface IssuanceOptions {
  /** Cloud domain, canonical. */
  readonly domain: string;
  readonly authority: CloudAuthority;
  readonly table: RegistrationTable;
  readonly directory: TableDirectory;
  readonly round: DistributionRound;
  /** Milliseconds since 1970. */
  readonly wallClock: () => number;
  /** Milliseconds that a pseudonym holds. */
  readonly lifetime: number;
  readonly keyType: KeyType;
  readonly form: PseudonymForm;
}

/** What a client asks for. `csr`: PEM; absent: a key is made, and given away with its certificate. */
export interface RegistrationRequest {
  readonly domain: string;
  readonly csr?: string | undefined;
  readonly form?: PseudonymForm | undefined;
  readonly keyType?: KeyType | undefined;
  /** `new` for a certificate for the linker, or the code that came with one; absent: no linker. */
  readonly linker?: string | undefined;
  /** With `new`: PEM, for another key than that of `csr`; absent: one is made. */
  readonly linkerCsr?: string | undefined;
  /** Whose limit it counts against; see `sourceOf`. */
  readonly source: string;
}

/** Attempts to find addresses that no other pseudonym has. */
const MAX_DRAWS = 100;

/** Makes pseudonyms: draws them, stores them, and has everybody know who has to; or undoes it. */
export class Issuance {
  /** Where labels and addresses are drawn from. */
  plan: AddressPlan;
  private readonly options: IssuanceOptions;
  private readonly locks: NameLocks;

  constructor(options: IssuanceOptions, locks: NameLocks, plan: AddressPlan) {
    this.options = options;
    this.locks = locks;
    this.plan = plan;
  }

  /**
   * Draws until a pseudonym's own addresses are free, and sets it up. Throws PkiError for the client's request, PseudonymError when
   * addresses have run out, StoreError, `distribution-failed`; nothing is left of it then, or `undo` is to follow.
   */
  async issue(
    request: RegistrationRequest,
    { domain: tenant, port }: TenantConfig,
    person: KnownPerson | undefined,
  ): Promise<Registration> {
    const { domain, authority, wallClock, lifetime, table, directory } = this.options;
    const now = wallClock();
    const draft: DraftRequest = {
      domain,
      tenant,
      tenantNumber: await table.tenantNumber(tenant),
      form: request.form ?? this.options.form,
      keyType: request.keyType ?? this.options.keyType,
      csr: request.csr,
      now,
      expiresAt: Math.min(now + lifetime, authority.notAfter),
      port,
      person: person?.draft,
    };
    for (let draws = 0; draws < MAX_DRAWS; draws++) {
      const drawn = drawPseudonym(this.plan, draft);
      if (drawn.own.some(address => directory.isTaken(address))) continue;
      const registration = await this.locks.run(drawn.pseudonym.name, () => this.setUp(drawn, draft, person));
      if (registration !== undefined) return registration;
    }
    throw new PseudonymError('addresses-exhausted', 'no free pseudo-address was found', {
      mend: 'Add a block of pseudo-addresses, or let pseudonyms share addresses.',
    });
  }

  /** Undefined when an address is somebody else's after all. */
  private async setUp(
    { pseudonym, own }: DrawnPseudonym,
    draft: DraftRequest,
    person: KnownPerson | undefined,
  ): Promise<Registration | undefined> {
    const { authority, table, round } = this.options;
    const { material, registration } = await equip(authority, pseudonym, draft);
    try {
      await table.begin(pseudonym, material, own, person?.hashes);
    } catch (error) {
      if (error instanceof StoreError && error.code === 'not-applied') return undefined;
      throw error;
    }
    try {
      await round.publish(pseudonym, material);
      await table.activate(pseudonym.name);
      return registration;
    } catch (error) {
      // What cannot be undone now is still `pending` in the store, and is undone by the next sweep or start.
      const unheard = error instanceof DistributionFailed ? error.unheard : undefined;
      await this.undo(pseudonym.name, pseudonym.tenant, unheard).catch(() => false);
      throw error;
    }
  }

  /** Undoes a registration that nobody was told about. Whether everybody has forgotten it; `unheard` have never known it. */
  async undo(name: string, tenant: string, unheard?: DistributionFailed['unheard']): Promise<boolean> {
    const { round, table, directory } = this.options;
    const isForgotten = await round.withdraw(name, tenant, unheard);
    directory.forget(name);
    if (isForgotten) await table.remove(name);
    return isForgotten;
  }
}
