import { capturedFrames } from '../../driver/index.js';

const ETHERNET = 14;
const TLS_PORT = 443;

/**
 * Segments with payload in a pcap (little endian, Ethernet, IPv4) of connections to port 443: seconds from the first, and
 * payload bytes, positive from the client and negative to it.
 */
export function tcpSegments(file: Buffer): { at: number; size: number }[] {
  const found: { at: number; size: number }[] = [];
  let first: number | undefined;
  for (const { at, frame } of capturedFrames(file)) {
    if (frame.length < ETHERNET + 40 || frame.readUInt16BE(12) !== 0x0800) continue;
    const ip = frame.subarray(ETHERNET);
    const tcp = ip.subarray((ip[0]! & 15) * 4);
    const size = ip.readUInt16BE(2) - (ip[0]! & 15) * 4 - (tcp[12]! >>> 4) * 4;
    if (size <= 0) continue;
    first ??= at;
    found.push({ at: (at - first) / 1e6, size: tcp.readUInt16BE(2) === TLS_PORT ? size : -size });
  }
  return found;
}
