import { join } from 'node:path';
import type { Clock, MessageLog, OwnerMetrics } from '../../controller/host/index.js';
import type { Json } from '../../controller/openflow/index.js';
import { openStore } from '../../controller/store/index.js';
import type { CloudServer } from './cloud-server.js';
import type { DnsServer } from './dns/dns-server.js';
import { startDns, updatePublisher } from './dns/start-dns.js';
import { LinkerAuthority } from './linker/linker-authority.js';
import { LinkerPersons } from './linker/linker-persons.js';
import { Persons } from './linker/persons.js';
import type { LinkTarget } from './linker/referral.js';
import { startLinker } from './linker/start-linker.js';
import type { Distribution, TenantConfig } from './model.js';
import { operatorCalls } from './operator-calls.js';
import { openAuthority } from './pki/authority-store.js';
import type { CloudAuthority } from './pki/cloud-authority.js';
import { portalNames, startPortal } from './portal/start-portal.js';
import { AddressPool } from './pseudonym/address-pool.js';
import { cloudDomain } from './pseudonym/label.js';
import type { RegistrarConfig } from './registrar-config.js';
import { addRegistrarMetrics } from './registrar-metrics.js';
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

/** Everything of a cloud that registers pseudonyms and makes them known. */
export interface Registrar {
  readonly directory: TableDirectory;
  readonly service: RegistrationService;
  readonly authority: CloudAuthority;
  /** The cloud's root, PEM. */
  readonly authorityPem: string;
  /** Absent without an embedded DNS server, and without a portal. */
  readonly dns: DnsServer | undefined;
  readonly portal: CloudServer | undefined;
  /** The portal for those who visit it by pseudonyms. */
  readonly privatePortal: CloudServer | undefined;
  readonly linker: CloudServer | undefined;
  /** Answers the operator; see `operatorCalls`. */
  call(name: string, parameters: Json): Promise<Json>;
  close(): Promise<void>;
}

const DAY = 24 * 60 * 60 * 1000;
const SECOND = 1000;
const SWEEP_MILLISECONDS = 60 * SECOND;
/** Sources whose limits are remembered. */
const SOURCES = 65_536;

/** Starts all of it, or nothing. Throws StoreError, PkiError, PseudonymError, DnsError or PortalError. */
export async function startRegistrar(options: RegistrarOptions): Promise<Registrar> {
  const closers: (() => unknown)[] = [];
  try {
    return await start(options, closers);
  } catch (error) {
    for (const close of closers.reverse()) await close();
    throw error;
  }
}

async function start(options: RegistrarOptions, closers: (() => unknown)[]): Promise<Registrar> {
  const { config, clock, log, wallClock = Date.now, unsealed = false } = options;
  const domain = cloudDomain(options.domain);
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
  const linkerName = `linker.${domain}`;
  const linkerAuthority =
    config.linker === undefined
      ? undefined
      : await LinkerAuthority.open(store, authority, linkerName, config.keyType, wallClock);
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

  const dns = await startDns(config, domain, {
    serial: Math.floor(wallClock() / SECOND) % 2 ** 32,
    registered: label => directory.entry(`${label}.${domain}`)?.addresses,
    plan: () => plan,
    clock,
    log,
  });
  if (dns !== undefined) closers.push(() => dns.stop());
  const portal = await startPortal(config, domain, { service, authority, clock, wallClock, log });
  if (portal !== undefined) closers.push(() => portal.stop());
  const linker =
    config.linker &&
    (await startLinker(config.linker, {
      authority: linkerAuthority!,
      persons,
      targets: linkTargets(options.tenants),
      portalName: portalNames(config, domain)[0]!,
      clock,
      log,
    }));
  if (linker !== undefined) closers.push(() => linker.stop());
  addRegistrarMetrics(options.metrics, service, dns, linker?.counts);
  // Parties may be away for long; connections are refused by the directory meanwhile.
  void service.recover().catch(error => log.write('popsicl-sweep-failed', {}, error));
  return {
    directory,
    service,
    authority,
    authorityPem: authority.rootPem,
    dns,
    portal: portal?.server,
    privatePortal: portal?.privately,
    linker: linker?.server,
    call: operatorCalls(service),
    async close() {
      for (const close of closers.splice(0).reverse()) await close();
    },
  };
}

function linkTargets(tenants: readonly RegistrarTenant[]): ReadonlyMap<string, LinkTarget> {
  return new Map(tenants.map(({ domain, port, trusts = [] }) => [domain, { port, trusts: new Set(trusts) }]));
}

/** Addresses that pseudonyms must not get although they may lie in the blocks. */
function reservedAddresses({ tenants, config, reserved = [] }: RegistrarOptions): string[] {
  const records =
    config.dns !== undefined && 'records' in config.dns ? Object.values(config.dns.records) : [];
  const servers = records.flatMap(({ ipv4, ipv6 }) => [...ipv4, ...ipv6]);
  const own = tenants.flatMap(({ ipv4, ipv6 }) => [ipv4, ipv6].filter(address => address !== undefined));
  return [...reserved, ...servers, ...own];
}
