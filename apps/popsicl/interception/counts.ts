import type { AppContext } from '../../../controller/host/index.js';
import type { PopsiclConfig } from '../config.js';
import type { Handoffs } from '../handoff/handoffs.js';
import type { PendingHellos } from '../segments/pending-hellos.js';

/** What has come to pseudo-addresses, and what became of it. */
export type InterceptionCounts = ReturnType<typeof newCounts>;

export function newCounts() {
  return {
    syns: 0,
    strays: 0,
    malformed: 0,
    badHellos: 0,
    unknownNames: 0,
    crowdedOut: 0,
    refused: 0,
    expired: 0,
  };
}

/** Shows the counts as metrics; none names a client, a pseudonym or a tenant. */
export function exposeCounts(
  metrics: AppContext<PopsiclConfig>['metrics'],
  counts: InterceptionCounts,
  handoffs: Handoffs,
  pending: PendingHellos,
): void {
  metrics.counter('syns_total', 'SYNs to pseudo-addresses.', () => counts.syns);
  metrics.counter('handoffs_total', 'Connections handed to tenants.', () => handoffs.counts.handoffs);
  metrics.counter(
    'failed_handoffs_total',
    'Connections that no tenant took in the end.',
    () => handoffs.counts.failed,
  );
  metrics.counter(
    'resumed_total',
    'Packets of handed-over connections that a switch had forgotten.',
    () => handoffs.counts.resumed,
  );
  metrics.counter('strays_total', 'Segments of no known connection.', () => counts.strays);
  metrics.counter(
    'malformed_total',
    'Packets that are no whole TCP segment, or come from no address.',
    () => counts.malformed,
  );
  metrics.counter(
    'bad_hellos_total',
    'First bytes of a connection that are no ClientHello.',
    () => counts.badHellos,
  );
  metrics.counter(
    'unknown_names_total',
    'ClientHellos naming no active pseudonym.',
    () => counts.unknownNames,
  );
  metrics.counter(
    'crowded_out_total',
    'Segments for which a limit left no room.',
    () => counts.crowdedOut + handoffs.counts.crowdedOut,
  );
  metrics.counter('refused_total', 'Segments answered by RST.', () => counts.refused);
  metrics.counter('expired_total', 'ClientHellos that were not whole in time.', () => counts.expired);
  metrics.gauge('pending', 'ClientHellos that are not whole yet.', () => pending.size);
  metrics.gauge('pending_bytes', 'Memory of ClientHellos that are not whole yet.', () => pending.bytes);
  metrics.gauge('connections', 'Handed-over connections that are remembered.', () => handoffs.live.size);
  const { idle } = handoffs;
  metrics.gauge('ruled_connections', 'Connections with rules, counted on each switch.', () => idle.size);
  metrics.counter(
    'idle_connections_total',
    'Connections whose rules went since they were idle.',
    () => idle.removed,
  );
}
