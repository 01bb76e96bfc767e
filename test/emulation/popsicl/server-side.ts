import { parseFrame, type TcpLayer } from '../../../controller/packet/index.js';
import { capturedFrames } from '../../../mininet/driver/index.js';

const TLS_HEADER = 5;
const ALERT = 21;

/** What somebody on the path can tell of a server by one connection, apart from times and random bytes. */
export interface ServerSide {
  /** Flags, window, options and header fields of the IP packet of the SYN-ACK. */
  synAck: string;
  /** Each kind of header of its other packets: fields of the IP packet, flags but for PSH, kinds of options but for SACK. */
  headers: string[];
  /** Its TLS records: kind, and for an alert in the clear which. */
  records: string[];
  /** Bytes of each. */
  lengths: number[];
}

interface Segment {
  ip: string;
  tcp: TcpLayer;
  payload: Buffer;
}

/** What servers sent in a capture (pcap, Ethernet, little-endian), connection by connection in the order of the first SYNs. */
export function serverSides(pcap: Buffer, port = 443): ServerSide[] {
  const connections = new Map<string, Segment[]>();
  for (const { frame } of capturedFrames(pcap)) {
    const layers = parseFrame(frame);
    const ip = layers.find(layer => layer.type === 'ipv4' || layer.type === 'ipv6');
    const tcp = layers.find(layer => layer.type === 'tcp');
    if (ip === undefined || tcp === undefined) continue;
    if (tcp.destinationPort === port && tcp.flags.includes('syn')) {
      const key = `${ip.source} ${tcp.sourcePort} ${ip.destination}`;
      if (!connections.has(key)) connections.set(key, []);
    }
    if (tcp.sourcePort !== port) continue;
    const segments = connections.get(`${ip.destination} ${tcp.destinationPort} ${ip.source}`);
    const payload = Buffer.from(layers.find(layer => layer.type === 'payload')?.data ?? []);
    segments?.push({ ip: fieldsOf(ip), tcp, payload });
  }
  return [...connections.values()].map(describe);
}

function fieldsOf(ip: { type: 'ipv4' | 'ipv6' } & object): string {
  const { ttl, hopLimit, dscp, ecn, dontFragment, flowLabel } = ip as Record<
    string,
    number | boolean | undefined
  >;
  const labelled = flowLabel === undefined ? undefined : flowLabel !== 0;
  return JSON.stringify({ ttl, hopLimit, dscp, ecn, dontFragment, labelled });
}

function describe(segments: readonly Segment[]): ServerSide {
  const synAck = segments.find(({ tcp }) => tcp.flags.includes('syn'));
  if (synAck === undefined) return { synAck: 'none', headers: [], records: [], lengths: [] };
  // What it acknowledges selectively says when packets of the client came, twice or out of order.
  const options = (tcp: TcpLayer) =>
    (tcp.options ?? [])
      .map(({ type }) => type)
      .filter(type => type !== 'sack' && type !== 'no-operation')
      .join();
  const { ip, tcp } = synAck;
  const offered = (tcp.options ?? []).map(option =>
    option.type === 'timestamps' ? option.type : JSON.stringify(option),
  );
  const headers = segments
    .filter(segment => !segment.tcp.flags.includes('syn'))
    .map(
      segment =>
        `${segment.ip} ${segment.tcp.flags.filter(flag => flag !== 'psh').join()} ${options(segment.tcp)}`,
    );
  const stream = inOrder(segments, tcp.sequence + 1);
  const records: string[] = [];
  const lengths: number[] = [];
  for (let at = 0; at + TLS_HEADER <= stream.length; at += TLS_HEADER + lengths.at(-1)!) {
    const length = stream.readUInt16BE(at + 3);
    const isAlert = stream[at] === ALERT && length === 2;
    records.push(`${stream[at]} ${stream.readUInt16BE(at + 1)}${isAlert ? ` alert ${stream[at + 6]}` : ''}`);
    lengths.push(length);
  }
  return {
    synAck: `${ip} ${tcp.flags.join()} ${tcp.window} ${offered.join()}`,
    headers: [...new Set(headers)].sort(),
    records,
    lengths,
  };
}

/** The bytes of a stream from `start` on; what was sent twice counts once. */
function inOrder(segments: readonly Segment[], start: number): Buffer {
  const offset = ({ tcp }: Segment) => (tcp.sequence - start) | 0;
  const parts: Buffer[] = [];
  let next = 0;
  for (const segment of [...segments].sort((a, b) => offset(a) - offset(b))) {
    const known = next - offset(segment);
    if (known < 0) break;
    if (known >= segment.payload.length) continue;
    parts.push(segment.payload.subarray(known));
    next += segment.payload.length - known;
  }
  return Buffer.concat(parts);
}
