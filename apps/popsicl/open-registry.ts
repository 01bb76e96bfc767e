import { join } from 'node:path';
import type { Clock, MessageLog, OwnerMetrics } from '../../controller/host/index.js';
import { openStore } from '../../controller/store/index.js';
import { updatePublisher } from './dns/start-dns.js';
import { LinkerAuthority } from './linker/linker-authority.js';
import { LinkerPersons } from './linker/linker-persons.js';
import { Persons } from './linker/persons.js';
import type { Distribution, TenantConfig } from './model.js';
import { openAuthority } from './pki/authority-store.js';
import type { CloudAuthority } from './pki/cloud-authority.js';
import { AddressPool } from './pseudonym/address-pool.js';
import type { RegistrarConfig } from './registrar-config.js';
import { AddressPlan, isOwn } from './registry/address-plan.js';
import { DistributionRound } from './registry/distribution-round.js';
import { currentKeyTime, loadKeyRing, rotateKeys } from './registry/key-keeper.js';
import type { REGISTRAR_MESSAGES } from './registry/messages.js';
import { RateLimits } from './registry/rate-limits.js';
import { RegistrationService } from './registry/registration-service.js';
import { RegistrationTable } from './registry/registration-table.js';
import { MIGRATIONS } from './registry/schema.js';
import { TableDirectory } from './registry/table-directory.js';

export interface RegistrarOptions {
  readonly config: RegistrarConfig;
  /** Domain of the cloud. */
  readonly domain: string;
  readonly tenants: readonly RegistrarTenant[];
  /** Blocks of pseudo-addresses, ADDRESS/LENGTH. */
  readonly blocks: { readonly ipv4: readonly string[]; readonly ipv6: readonly string[] };
  /** Further addresses in the blocks that are something else's, such as the gateway's. */
  readonly reserved?: readonly string[];
  /** Who else has to know of each pseudonym: the tenants' agents. DNS and the directory are told anyway. */
  readonly parties: readonly Distribution[];
  readonly clock: Clock;
  readonly log: MessageLog<typeof REGISTRAR_MESSAGES>;
  readonly metrics: OwnerMetrics;
  /** Whether the log may name pseudonyms and their tenants. */
  readonly unsealed?: boolean;
  /** Milliseconds since 1970. */
  readonly wallClock?: () => number;
}

/** A tenant, and whose pages may refer to its pseudonyms. */
export interface RegistrarTenant extends TenantConfig {
  readonly trusts?: readonly string[];
}

/** With the domain as names have it, and a clock. */
export type SettledOptions = RegistrarOptions & Required<Pick<RegistrarOptions, 'wallClock'>>;

/** What a cloud knows of its pseudonyms, and who gives them out; nobody asks it over the network yet. */
export interface Registry {
  readonly authority: CloudAuthority;
  readonly directory: TableDirectory;
  readonly service: RegistrationService;
  readonly persons: Persons;
  /** Absent where there is no linker. */
  readonly linkerAuthority: LinkerAuthority | undefined;
  /** Where pseudonyms have their addresses, by the newest keys. */
  plan(): AddressPlan;
}

const DAY = 24 * 60 * 60 * 1000;
const SECOND = 1000;
const SWEEP_MILLISECONDS = 60 * SECOND;
/** Sources whose limits are remembered. */
const SOURCES = 65_536;

/** Opens store, authority and directory, and starts the sweeps. What is to be closed again is added to `closers`. */
export async function openRegistry(options: SettledOptions, closers: (() => unknown)[]): Promise<Registry> {
  const { config, domain, clock, log, wallClock, unsealed = false } = options;
  const pool = new AddressPool({ ...options.blocks, reserved: reservedAddresses(options) });
  const modes = { ipv4: config.addresses.ipv4.mode, ipv6: config.addresses.ipv6.mode };
  const counts = {
    ipv4: options.blocks.ipv4.length > 0 ? config.addresses.ipv4.count : 0,
    ipv6: options.blocks.ipv6.length > 0 ? config.addresses.ipv6.count : 0,
  };

  const store = await openStore(join(config.folder, 'popsicl.db'), MIGRATIONS, { erases: true });
  closers.push(() => store.close());
  const brought = config.authority;
  const authority = await openAuthority(
    { folder: join(config.folder, 'ca'), domain, keyType: config.keyType, brought },
    wallClock(),
  );
  let ring = await loadKeyRing(store, wallClock());
  let plan = new AddressPlan(pool, ring, { counts, modes });

  const tenants = new Map(options.tenants.map(tenant => [tenant.domain, tenant]));
  const own = { ipv4: isOwn(modes.ipv4), ipv6: isOwn(modes.ipv6) };
  const directory = new TableDirectory(tenants, () => plan, own);
  const publisher = await updatePublisher(config, domain, wallClock, plan.common);
  const parties = publisher === undefined ? options.parties : [publisher, ...options.parties];
  const patience = config.patience * SECOND;
  const linkerAuthority =
    config.linker === undefined
      ? undefined
      : await LinkerAuthority.open(store, authority, `linker.${domain}`, config.keyType, wallClock);
  const persons = new Persons(store);
  const service = await RegistrationService.open(
    {
      domain,
      tenants,
      authority,
      table: new RegistrationTable(store),
      directory,
      round: new DistributionRound({ parties, last: directory, clock, log, patience, unsealed }),
      rates: new RateLimits(
        { perSource: config.perSource, global: config.perMinute, sources: SOURCES },
        clock.now(),
      ),
      clock,
      wallClock,
      log,
      lifetime: config.lifetimeDays * DAY,
      retention: config.retentionDays * DAY,
      maxPseudonyms: config.maxPseudonyms,
      keyType: config.keyType,
      form: config.form,
      linker: linkerAuthority && new LinkerPersons(linkerAuthority, persons),
    },
    plan,
  );
  closers.push(() => service.close());
  service.sweepEvery(SWEEP_MILLISECONDS, async () => {
    if (wallClock() - (await currentKeyTime(store)) < config.keyRotationDays * DAY) return;
    ring = await rotateKeys(store, ring, wallClock(), (config.lifetimeDays + config.retentionDays) * DAY);
    plan = new AddressPlan(pool, ring, { counts, modes });
    service.usePlan(plan);
  });
  return { authority, directory, service, persons, linkerAuthority, plan: () => plan };
}

/** Addresses that pseudonyms must not get although they may lie in the blocks. */
function reservedAddresses({ tenants, config, reserved = [] }: RegistrarOptions): string[] {
  const records =
    config.dns !== undefined && 'records' in config.dns ? Object.values(config.dns.records) : [];
  const servers = records.flatMap(({ ipv4, ipv6 }) => [...ipv4, ...ipv6]);
  const own = tenants.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6].filter(address => address !== undefined));
  return [...reserved, ...servers, ...own];
}
