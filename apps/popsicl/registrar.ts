import type { Json } from '../../controller/openflow/index.js';
import type { CloudServer } from './cloud-server.js';
import type { DnsServer } from './dns/dns-server.js';
import { startDns } from './dns/start-dns.js';
import type { LinkTarget } from './linker/referral.js';
import { startLinker } from './linker/start-linker.js';
import {
  openRegistry,
  type RegistrarOptions,
  type RegistrarTenant,
  type SettledOptions,
} from './open-registry.js';
import { operatorCalls } from './operator-calls.js';
import type { CloudAuthority } from './pki/cloud-authority.js';
import { portalNames, startPortal } from './portal/start-portal.js';
import { cloudDomain } from './pseudonym/label.js';
import { addRegistrarMetrics } from './registrar-metrics.js';
import type { RegistrationService } from './registry/registration-service.js';
import type { TableDirectory } from './registry/table-directory.js';

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

const SECOND = 1000;

/** Starts all of it, or nothing. Throws StoreError, PkiError, PseudonymError, DnsError or PortalError. */
export async function startRegistrar(options: RegistrarOptions): Promise<Registrar> {
  const settled = {
    ...options,
    domain: cloudDomain(options.domain),
    wallClock: options.wallClock ?? Date.now,
  };
  const closers: (() => unknown)[] = [];
  try {
    return await start(settled, closers);
  } catch (error) {
    for (const close of closers.reverse()) await close();
    throw error;
  }
}

async function start(options: SettledOptions, closers: (() => unknown)[]): Promise<Registrar> {
  const { config, domain, clock, log, wallClock } = options;
  const registry = await openRegistry(options, closers);
  const { service, authority, directory } = registry;
  const dns = await startDns(config, domain, {
    serial: Math.floor(wallClock() / SECOND) % 2 ** 32,
    registered: label => directory.entry(`${label}.${domain}`)?.addresses,
    plan: registry.plan,
    clock,
    log,
  });
  if (dns !== undefined) closers.push(() => dns.stop());
  const portal = await startPortal(config, domain, { service, authority, clock, wallClock, log });
  if (portal !== undefined) closers.push(() => portal.stop());
  const linker =
    config.linker &&
    (await startLinker(config.linker, {
      authority: registry.linkerAuthority!,
      persons: registry.persons,
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
