import type { Connections } from './connections.js';
import type { Discovery } from './discovery/discovery.js';
import type { Endpoints } from './endpoints.js';
import type { OwnerMetrics } from './metrics.js';

/** Shows what the controller itself has and has counted, apart from its apps. */
export function addHostMetrics(
  host: OwnerMetrics,
  connections: Pick<Connections, 'switches' | 'packetIns' | 'counts'>,
  discovery: Pick<Discovery, 'directions'>,
  endpoints: Pick<Endpoints, 'counts'>,
): void {
  const { counts } = connections;
  host.gauge('switches', 'Switches that are connected.', () => connections.switches.connected.size);
  host.gauge('link_directions', 'Directions of links between switches.', () => discovery.directions().length);
  host.counter('connections_total', 'Connections of switches.', () => counts.connections);
  host.counter(
    'stray_packet_ins_total',
    'Packets that no running app asked for.',
    () => counts.strayPacketIns,
  );
  host.counter(
    'limited_packet_ins_total',
    'Packets above the limit of their port.',
    () => counts.limitedPacketIns,
  );
  host.counter(
    'dropped_packet_ins_total',
    'Packets for which there was no room while their app was behind.',
    () => connections.packetIns.dropped,
  );
  host.gauge('waiting_packet_ins', 'Packets that wait for their app.', () => connections.packetIns.waiting);
  host.counter('refused_connections_total', 'Connections above a limit.', () => endpoints.counts.refused);
  host.counter(
    'tls_refusals_total',
    'Connections whose TLS handshake or certificate did not do.',
    () => endpoints.counts.tlsRefused,
  );
  host.counter('unpinned_switches_total', 'Switches without their certificates.', () => counts.unpinned);
  host.counter('switch_errors_total', 'Errors that answered no call.', () => counts.switchErrors);
}
