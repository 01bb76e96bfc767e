import { readFile } from 'node:fs/promises';
import { formatIpv4, formatIpv6 } from '../../controller/address/index.js';
import {
  EthernetView,
  EtherType,
  IpProtocol,
  Ipv4View,
  Ipv6View,
  TcpView,
  TlsError,
  TlsHelloReader,
} from '../../controller/packet/index.js';
import { capturedFrames } from '../driver/index.js';

/** What somebody on the client's link can read. */
export interface Observation {
  /** Names asked for over DNS. */
  names: Set<string>;
  /** Server addresses of TLS connections. */
  servers: Set<string>;
  /** Names in ClientHellos. */
  serverNames: Set<string>;
  frames: number;
  bytes: Buffer;
}

/** Reads a capture (pcap, Ethernet, little-endian as tcpdump writes it here). */
export async function observe(file: string): Promise<Observation> {
  const bytes = await readFile(file);
  const seen: Observation = {
    names: new Set(),
    servers: new Set(),
    serverNames: new Set(),
    frames: 0,
    bytes,
  };
  const hellos = new Map<string, TlsHelloReader | undefined>();
  for (const { frame } of capturedFrames(bytes)) {
    seen.frames++;
    readFrame(frame, seen, hellos);
  }
  return seen;
}

function readFrame(
  frame: Uint8Array,
  seen: Observation,
  hellos: Map<string, TlsHelloReader | undefined>,
): void {
  const ethernet = new EthernetView(frame);
  const isIpv4 = ethernet.etherType === EtherType.IPV4;
  if (!isIpv4 && ethernet.etherType !== EtherType.IPV6) return;
  const ip = isIpv4
    ? new Ipv4View(frame, ethernet.payloadOffset)
    : new Ipv6View(frame, ethernet.payloadOffset);
  const destination = ip instanceof Ipv4View ? formatIpv4(ip.destination) : formatIpv6(ip.destination);
  if (ip.protocol === IpProtocol.UDP && isTo(frame, ip.payloadOffset, 53)) {
    seen.names.add(questionOf(frame, ip.payloadOffset + 8 + 12));
  }
  if (ip.protocol !== IpProtocol.TCP) return;
  const tcp = new TcpView(frame, ip.payloadOffset, ip.end);
  if (tcp.destinationPort !== 443) return;
  seen.servers.add(destination);
  const key = `${destination} ${tcp.sourcePort}`;
  if (tcp.payloadLength === 0 || (hellos.has(key) && hellos.get(key) === undefined)) return;
  const reader = hellos.get(key) ?? new TlsHelloReader();
  hellos.set(key, reader);
  try {
    const { serverName, isComplete } = reader.push(frame, tcp.payloadOffset, tcp.end);
    if (serverName !== undefined) seen.serverNames.add(serverName);
    if (isComplete) hellos.set(key, undefined);
  } catch (error) {
    if (!(error instanceof TlsError)) throw error;
    hellos.set(key, undefined);
  }
}

function isTo(frame: Uint8Array, udp: number, port: number): boolean {
  return ((frame[udp + 2]! << 8) | frame[udp + 3]!) === port;
}

/** The first question's name (RFC 1035 section 4.1.2). */
function questionOf(frame: Uint8Array, start: number): string {
  const labels: string[] = [];
  for (let at = start; at < frame.length && frame[at] !== 0; at += 1 + frame[at]!) {
    labels.push(Buffer.from(frame.subarray(at + 1, at + 1 + frame[at]!)).toString('latin1'));
  }
  return labels.join('.');
}
