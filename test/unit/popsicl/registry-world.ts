import { expect } from 'chai';
import { pino } from 'pino';
import type { Distribution, Pseudonym, ServerMaterial, TenantConfig } from '../../../apps/popsicl/model.js';
import { CloudAuthority, createAuthority } from '../../../apps/popsicl/pki/cloud-authority.js';
import { AddressPool } from '../../../apps/popsicl/pseudonym/address-pool.js';
import { AddressPlan, type AddressPlanOptions, isOwn } from '../../../apps/popsicl/registry/address-plan.js';
import { DistributionRound } from '../../../apps/popsicl/registry/distribution-round.js';
import { loadKeyRing } from '../../../apps/popsicl/registry/key-keeper.js';
import { REGISTRAR_MESSAGES } from '../../../apps/popsicl/registry/messages.js';
import { RateLimits } from '../../../apps/popsicl/registry/rate-limits.js';
import {
  type RegistrationOptions,
  RegistrationService,
} from '../../../apps/popsicl/registry/registration-service.js';
import { RegistrationTable } from '../../../apps/popsicl/registry/registration-table.js';
import { MIGRATIONS } from '../../../apps/popsicl/registry/schema.js';
import { TableDirectory } from '../../../apps/popsicl/registry/table-directory.js';
import { CodedError } from '../../../controller/coded-error.js';
import { messageLog } from '../../../controller/host/messages/log.js';
import { openMemoryStore, type Store } from '../../../controller/store/index.js';
import { ManualClock } from '../../simulator/manual-clock.js';

export const CLOUD = 'popsicls.test';
export const DAY = 24 * 60 * 60 * 1000;
export const LIFETIME = 30 * DAY;
export const RETENTION = 10 * DAY;
const START = Date.UTC(2030, 0, 1);

/** A party that remembers what it was told. `trouble` decides what happens to a call; it may throw before or after. */
export class Party implements Distribution {
  readonly label: string;
  readonly known = new Map<string, { pseudonym: Pseudonym; material: ServerMaterial }>();
  trouble: (call: 'publish' | 'withdraw', act: () => void, tenant: string) => void | Promise<void> = (
    _call,
    act,
  ) => act();

  constructor(label: string) {
    this.label = label;
  }

  async publish(pseudonym: Pseudonym, material: ServerMaterial): Promise<void> {
    await this.trouble(
      'publish',
      () => void this.known.set(pseudonym.name, { pseudonym, material }),
      pseudonym.tenant,
    );
  }

  async withdraw(name: string, tenant: string): Promise<void> {
    await this.trouble('withdraw', () => void this.known.delete(name), tenant);
  }
}

export interface WorldOptions {
  readonly addresses?: AddressPlanOptions;
  readonly ipv4?: readonly string[];
  readonly ipv6?: readonly string[];
  readonly registration?: Partial<RegistrationOptions>;
}

const TENANTS: readonly TenantConfig[] = [
  { domain: 'a.example', ipv4: '10.0.0.1', port: 443 },
  { domain: 'b.example', ipv6: 'fd00::2', port: 443 },
];
export const TWO_FAMILIES: AddressPlanOptions = {
  counts: { ipv4: 1, ipv6: 1 },
  modes: { ipv4: 'shared', ipv6: 'own' },
};

/** One cloud's store, and the parties around it; services come and go on it as runs of a controller do. */
export class World {
  readonly clock = new ManualClock();
  readonly parties = [new Party('dns'), new Party('tenant')];
  readonly tenants = new Map(TENANTS.map(tenant => [tenant.domain, tenant]));
  readonly log: string[] = [];
  readonly store: Store;
  readonly authority: CloudAuthority;
  /** Of the service opened last. */
  directory!: TableDirectory;
  plan!: AddressPlan;
  private readonly options: WorldOptions;
  private readonly services: RegistrationService[] = [];

  private constructor(store: Store, authority: CloudAuthority, options: WorldOptions) {
    this.store = store;
    this.authority = authority;
    this.options = options;
  }

  static async make(options: WorldOptions = {}): Promise<World> {
    const files = await createAuthority(CLOUD, 'ecdsa-p256', START);
    const authority = await CloudAuthority.load(files, START);
    return new World(await openMemoryStore(MIGRATIONS), authority, options);
  }

  now(): number {
    return START + this.clock.now();
  }

  /** A run of the controller. Earlier ones are as dead as after a crash: nobody calls them. */
  async run(): Promise<RegistrationService> {
    const { ipv4 = ['198.51.100.0/24'], ipv6 = ['2001:db8::/64'], addresses = TWO_FAMILIES } = this.options;
    const ring = await loadKeyRing(this.store, this.now());
    this.plan = new AddressPlan(new AddressPool({ ipv4, ipv6 }), ring, addresses);
    const { modes } = addresses;
    const directory = new TableDirectory(this.tenants, () => this.plan, {
      ipv4: isOwn(modes.ipv4),
      ipv6: isOwn(modes.ipv6),
    });
    this.directory = directory;
    const log = messageLog(
      pino({ level: 'debug' }, { write: (line: string) => void this.log.push(line) }),
      REGISTRAR_MESSAGES,
    );
    const service = await RegistrationService.open(
      {
        domain: CLOUD,
        tenants: this.tenants,
        authority: this.authority,
        table: new RegistrationTable(this.store),
        directory,
        round: new DistributionRound({
          parties: this.parties,
          last: directory,
          clock: this.clock,
          log,
          patience: 10_000,
        }),
        rates: new RateLimits({ perSource: 1000, global: 1000, sources: 100 }, this.clock.now()),
        clock: this.clock,
        wallClock: () => this.now(),
        log,
        lifetime: LIFETIME,
        retention: RETENTION,
        maxPseudonyms: 1000,
        keyType: 'ecdsa-p256',
        form: 'stored',
        ...this.options.registration,
      },
      this.plan,
    );
    this.services.push(service);
    return service;
  }

  /** Names that each party knows, the directory last. */
  knownNames(): string[][] {
    const known = this.parties.map(party => [...party.known.keys()].sort());
    return known;
  }

  async close(): Promise<void> {
    await this.store.close();
  }
}

/** Code of the error that the work fails with. */
export async function codeOf(work: Promise<unknown>): Promise<string> {
  try {
    await work;
  } catch (error) {
    expect(error).to.be.instanceOf(CodedError);
    return (error as CodedError).code;
  }
  return 'no error';
}
