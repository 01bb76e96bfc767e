import type { OwnerMetrics } from '../../controller/host/index.js';
import type { DnsServer } from './dns/dns-server.js';
import type { LinkerCounts } from './linker/linker-routes.js';
import type { RegistrationService } from './registry/registration-service.js';

/** Counts without labels: none tells a client, a pseudonym or a tenant. */
export function addRegistrarMetrics(
  metrics: OwnerMetrics,
  service: RegistrationService,
  dns: DnsServer | undefined,
  linker: LinkerCounts | undefined,
): void {
  const { counts } = service;
  metrics.gauge('pseudonyms', 'Pseudonyms that are active or being set up.', () => service.size);
  metrics.counter('registrations_total', 'Pseudonyms given out.', () => counts.registered);
  metrics.counter(
    'registrations_declined_total',
    'Requests for domains that are no tenants.',
    () => counts.declined,
  );
  metrics.counter('registrations_limited_total', 'Requests above the rate limits.', () => counts.limited);
  metrics.counter('registrations_failed_total', 'Registrations that were undone.', () => counts.failed);
  metrics.counter('revocations_total', 'Pseudonyms that the operator ended.', () => counts.revoked);
  metrics.counter('expirations_total', 'Pseudonyms whose time was over.', () => counts.expired);
  if (linker !== undefined) addLinkerMetrics(metrics, linker);
  if (dns === undefined) return;
  metrics.counter('dns_udp_queries_total', 'Queries over UDP.', () => dns.counts.udp);
  metrics.counter('dns_tcp_queries_total', 'Queries over TCP.', () => dns.counts.tcp);
  metrics.counter('dns_malformed_total', 'Messages that were no proper queries.', () => dns.counts.malformed);
  metrics.counter(
    'dns_limited_total',
    'Queries above the rate limit of their network.',
    () => dns.counts.limited,
  );
}

function addLinkerMetrics(metrics: OwnerMetrics, counts: LinkerCounts): void {
  metrics.counter('linker_pseudonyms_total', 'Links that led to a pseudonym.', () => counts.pseudonyms);
  metrics.counter('linker_plain_total', 'Links that led to the plain name of a tenant.', () => counts.plain);
  metrics.counter('linker_refused_total', 'Requests that were no links to a tenant.', () => counts.refused);
}
