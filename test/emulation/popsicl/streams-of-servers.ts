import {
  EthernetView,
  EtherType,
  IpProtocol,
  Ipv4View,
  Ipv6View,
  TcpView,
} from '../../../controller/packet/index.js';

const GLOBAL_HEADER = 24;
const RECORD_HEADER = 16;

/** What each server said over TCP in a capture (pcap, Ethernet, little-endian): payloads in the order of the stream. */
export function streamsOfServers(pcap: Buffer, port = 443): Buffer[] {
  const streams = new Map<string, Map<number, Buffer>>();
  for (let at = GLOBAL_HEADER; at + RECORD_HEADER <= pcap.length; ) {
    const length = pcap.readUInt32LE(at + 8);
    const frame = pcap.subarray(at + RECORD_HEADER, at + RECORD_HEADER + length);
    at += RECORD_HEADER + length;
    const ethernet = new EthernetView(frame);
    const { etherType, payloadOffset } = ethernet;
    if (etherType !== EtherType.IPV4 && etherType !== EtherType.IPV6) continue;
    const ip =
      etherType === EtherType.IPV4 ? new Ipv4View(frame, payloadOffset) : new Ipv6View(frame, payloadOffset);
    if (ip.protocol !== IpProtocol.TCP) continue;
    const tcp = new TcpView(frame, ip.payloadOffset, ip.end);
    if (tcp.sourcePort !== port || tcp.payloadLength === 0) continue;
    const key = `${ip.source} ${ip.destination} ${tcp.destinationPort}`;
    const segments = streams.get(key) ?? new Map<number, Buffer>();
    streams.set(key, segments);
    segments.set(tcp.sequence, Buffer.from(frame.subarray(tcp.payloadOffset, tcp.end)));
  }
  return [...streams.values()].map(segments => {
    const first = Math.min(...segments.keys());
    const inOrder = [...segments].sort(([a], [b]) => ((a - first) >>> 0) - ((b - first) >>> 0));
    return Buffer.concat(inOrder.map(([, payload]) => payload));
  });
}
