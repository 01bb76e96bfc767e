import type { AppContext } from '../../controller/host/index.js';
import { Allocator } from './allocator/allocator.js';
import { report } from './allocator/reports.js';
import { AuditLog } from './audit/audit-log.js';
import type { MimiqConfig } from './config.js';
import type { Allocation } from './mimiq.js';
import type { Forwarding, Lease } from './model.js';
import { FrontEnds } from './protocol/front-ends.js';
import { SqliteLeaseStore } from './store/sqlite-lease-store.js';

const NOTHING: Allocation = {
  requests: { udp: async () => undefined, dhcp4: async () => undefined, dhcp6: async () => undefined },
};

/** Starts the allocator over its store, with its front ends; without pools there is none. Rejects with StoreError. */
export async function allocate(
  context: AppContext<MimiqConfig>,
  forwarding: Forwarding,
): Promise<Allocation> {
  const { clock, log, metrics } = context;
  const config = context.config.allocator;
  if (config.ipv4.length + config.ipv6.length === 0) return NOTHING;
  const store = await SqliteLeaseStore.open(config.store);
  let audit: AuditLog | undefined;
  let allocator: Allocator;
  try {
    if (config.audit !== undefined) {
      audit = new AuditLog(config.audit.file, Buffer.from(config.audit.recipient, 'base64'));
      log.write('mimiq-audit-on');
    }
    const recorded = audit && ((leases: readonly Lease[]) => audit!.record(leases, allocator.now()));
    const failed = (error: unknown) => log.write('mimiq-allocator-retry', {}, error);
    allocator = await Allocator.open({ config, store, forwarding, clock, recorded, failed });
  } catch (error) {
    audit?.close();
    await store.close();
    throw error;
  }
  const frontEnds = new FrontEnds(allocator, config, context.config.mtu);
  addMetrics(metrics, allocator, frontEnds);
  return {
    requests: frontEnds,
    call: (name, parameters) => report(allocator, name, parameters),
    stop: async () => {
      await allocator.stop();
      audit?.close();
    },
  };
}

function addMetrics(
  metrics: AppContext['metrics'],
  { counts, space }: Allocator,
  frontEnds: FrontEnds,
): void {
  metrics.counter('allocated_total', 'Addresses given to clients.', () => counts.allocated);
  metrics.counter('renewed_total', 'Lifetimes drawn anew.', () => counts.renewed);
  metrics.counter('released_total', 'Addresses given back early.', () => counts.released);
  metrics.counter('recycled_total', 'Addresses that became free again.', () => counts.recycled);
  metrics.counter('refused_total', 'Requests for addresses that were refused.', () => counts.refused);
  metrics.counter(
    'retries_total',
    'Failures of store or switches that are tried again.',
    () => counts.failures,
  );
  metrics.counter(
    'rate_limited_total',
    'Requests beyond the rate of their port.',
    () => frontEnds.counts.limited,
  );
  metrics.gauge('addresses_in_use', 'Addresses that are not free, over all pools.', () =>
    space.reports().reduce((sum, { inUse }) => sum + inUse, 0),
  );
}
