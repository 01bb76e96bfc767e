import { capturedSegments } from './captured-segments.js';

/** What each server said over TCP in a capture (pcap, Ethernet, little-endian): payloads in the order of the stream. */
export function streamsOfServers(pcap: Buffer, port = 443): Buffer[] {
  const streams = new Map<string, Map<number, Buffer>>();
  for (const { source, destination, tcp, payload } of capturedSegments(pcap)) {
    if (tcp.sourcePort !== port) continue;
    const key = `${source} ${destination} ${tcp.destinationPort}`;
    const segments = streams.get(key) ?? new Map<number, Buffer>();
    streams.set(key, segments);
    segments.set(tcp.sequence, payload);
  }
  return [...streams.values()].map(segments => {
    const first = Math.min(...segments.keys());
    const inOrder = [...segments].sort(([a], [b]) => ((a - first) >>> 0) - ((b - first) >>> 0));
    return Buffer.concat(inOrder.map(([, payload]) => payload));
  });
}
