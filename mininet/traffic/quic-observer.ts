import { formatAddress } from '../../apps/mimiq/address-prefix.js';
import { capturedFrames } from '../driver/index.js';
import { QUIC_PORT } from './quic-server.js';

/** One datagram of QUIC, as who watches the network sees it. */
export interface Seen {
  /** Microseconds. */
  readonly at: number;
  readonly client: string;
  readonly clientPort: number;
  readonly fromClient: boolean;
  /** As much of it as was captured, and its whole length. */
  readonly payload: Buffer;
  readonly length: number;
  /** Destination connection ID, hexadecimal; empty where it has none. */
  readonly connectionId: string;
}

const ETHERNET = 14;
const UDP = 17;

/** The datagrams of a pcap file (little endian, Ethernet) from and to a QUIC server's port, in their order. */
export function readObserved(file: Buffer, port = QUIC_PORT): Seen[] {
  const seen: Seen[] = [];
  let idLength = 0;
  for (const { at, frame } of capturedFrames(file)) {
    const datagram = datagramOf(frame);
    if (datagram === undefined || (datagram.to !== port && datagram.from !== port)) continue;
    const fromClient = datagram.to === port;
    const { payload } = datagram;
    // What an observer must know to read the short headers to come, the long ones say.
    if (!fromClient && isLong(payload)) idLength = serverIdLength(payload);
    seen.push({
      at,
      client: formatAddress(fromClient ? datagram.source : datagram.destination),
      clientPort: fromClient ? datagram.from : datagram.to,
      fromClient,
      payload,
      length: datagram.length,
      connectionId: fromClient ? destinationId(payload, idLength) : '',
    });
  }
  return seen;
}

/** What an observer makes of it who takes for one client what shares an address or a connection ID. */
export interface Observation {
  /** Addresses, and addresses with ports, of clients. */
  readonly addresses: number;
  readonly endpoints: number;
  readonly connectionIds: number;
  /** Connection IDs that were seen from more than one address. */
  readonly linkingIds: string[];
  readonly clients: number;
  /** Packets of the one that it knows most of, from it and to it. */
  readonly longestTrace: number;
  readonly packets: number;
}

export function observe(seen: readonly Seen[]): Observation {
  const parent = new Map<string, string>();
  const root = (key: string): string => {
    const above = parent.get(key);
    if (above === undefined || above === key) return key;
    const top = root(above);
    parent.set(key, top);
    return top;
  };
  const addressesOf = new Map<string, Set<string>>();
  for (const { client, connectionId } of seen) {
    if (!parent.has(client)) parent.set(client, client);
    if (connectionId === '') continue;
    addressesOf.set(connectionId, (addressesOf.get(connectionId) ?? new Set()).add(client));
    const key = `id ${connectionId}`;
    if (!parent.has(key)) parent.set(key, client);
    parent.set(root(key), root(client));
  }
  const packets = new Map<string, number>();
  for (const { client } of seen) packets.set(root(client), (packets.get(root(client)) ?? 0) + 1);
  return {
    addresses: new Set(seen.map(({ client }) => client)).size,
    endpoints: new Set(seen.map(({ client, clientPort }) => `${client} ${clientPort}`)).size,
    connectionIds: addressesOf.size,
    linkingIds: [...addressesOf].filter(([, addresses]) => addresses.size > 1).map(([id]) => id),
    clients: packets.size,
    longestTrace: Math.max(0, ...packets.values()),
    packets: seen.length,
  };
}

interface Datagram {
  source: Uint8Array;
  destination: Uint8Array;
  from: number;
  to: number;
  payload: Buffer;
  length: number;
}

function datagramOf(frame: Buffer): Datagram | undefined {
  const type = frame.length < ETHERNET + 28 ? 0 : frame.readUInt16BE(12);
  const ip = frame.subarray(ETHERNET);
  if (type !== 0x0800 && type !== 0x86dd) return undefined;
  const old = type === 0x0800;
  if ((old ? ip[9] : ip[6]) !== UDP) return undefined;
  const udp = ip.subarray(old ? (ip[0]! & 15) * 4 : 40);
  const [source, destination] = old
    ? [ip.subarray(12, 16), ip.subarray(16, 20)]
    : [ip.subarray(8, 24), ip.subarray(24, 40)];
  const end = udp.readUInt16BE(4);
  const [from, to] = [udp.readUInt16BE(0), udp.readUInt16BE(2)];
  return { source, destination, from, to, payload: udp.subarray(8, end), length: end - 8 };
}

/** Long headers stand in front of a handshake's packets (RFC 9000 section 17.2). */
export function isLong(payload: Uint8Array): boolean {
  return (payload[0]! & 0x80) !== 0;
}

function serverIdLength(payload: Uint8Array): number {
  return payload[6 + payload[5]!] ?? 0;
}

function destinationId(payload: Buffer, idLength: number): string {
  const [start, length] = isLong(payload) ? [6, payload[5]!] : [1, idLength];
  return payload.toString('hex', start, start + length);
}
