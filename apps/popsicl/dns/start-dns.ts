import { readFile } from 'node:fs/promises';
import type { Clock, MessageLog } from '../../../controller/host/index.js';
import type { RegistrarConfig } from '../registrar-config.js';
import type { AddressPlan } from '../registry/address-plan.js';
import type { REGISTRAR_MESSAGES } from '../registry/messages.js';
import { DnsError } from './dns-error.js';
import { DnsServer } from './dns-server.js';
import { pseudonymNames } from './pseudonym-names.js';
import { UpdatePublisher } from './update-publisher.js';
import { type Addresses, Zone } from './zone.js';

export interface DnsParts {
  readonly serial: number;
  readonly registered: (label: string) => Addresses | undefined;
  readonly plan: () => AddressPlan;
  readonly clock: Clock;
  readonly log: MessageLog<typeof REGISTRAR_MESSAGES>;
}

/** Networks whose rates are remembered. */
const NETWORKS = 65_536;
const MIN_SECRET_BYTES = 16;

/** The embedded server, where the configuration asks for one. Throws `dns-listen`. */
export async function startDns(
  { dns }: RegistrarConfig,
  domain: string,
  { serial, registered, plan, clock, log }: DnsParts,
): Promise<DnsServer | undefined> {
  if (dns === undefined || 'update' in dns) return undefined;
  const zone = new Zone({
    domain,
    nameServers: dns.nameServers ?? [`ns1.${domain}`],
    hostmaster: dns.hostmaster ?? `hostmaster.${domain}`,
    serial,
    ttl: dns.ttl,
    negativeTtl: dns.negativeTtl,
    records: new Map(Object.entries(dns.records)),
    pseudonym: pseudonymNames({ registered, plan, unknown: dns.unknownNames }),
  });
  return DnsServer.start(zone, {
    listen: dns.listen,
    rate: { perNetwork: dns.answersPerNetwork, networks: NETWORKS },
    maxConnections: dns.maxConnections,
    now: () => clock.now(),
    failed: error => log.write('popsicl-dns-failed', {}, error),
  });
}

/**
 * What keeps the names in another server, where the configuration asks for that. `common`: addresses that all names have. Throws
 * `dns-update-key`.
 */
export async function updatePublisher(
  { dns, patience }: RegistrarConfig,
  domain: string,
  wallClock: () => number,
  common?: Addresses,
): Promise<UpdatePublisher | undefined> {
  if (dns === undefined || !('update' in dns)) return undefined;
  const { server, ttl, key, unknownNames } = dns.update;
  const text = (await readFile(key.secretFile, 'utf8')).trim();
  const secret = Buffer.from(text, 'base64');
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(text) || secret.length < MIN_SECRET_BYTES) {
    throw new DnsError('dns-update-key', `${key.secretFile} does not hold a key in base64`, {
      mend: `Put in the secret alone, of at least ${MIN_SECRET_BYTES} bytes, as \`tsig-keygen\` prints it between the quotes.`,
    });
  }
  return new UpdatePublisher({
    server,
    domain,
    key: { name: key.name, algorithm: key.algorithm, secret },
    ttl,
    patience: patience * 1000,
    wallClock,
    everyName: unknownNames === 'alike' ? common : undefined,
  });
}
