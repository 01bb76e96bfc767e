import { capturedSegments } from './captured-segments.js';

const TLS_HEADER = 5;
const APPLICATION_DATA = 23;
/** What TLS 1.3 adds to the content of a record: its type, and a tag of 16 bytes (RFC 8446 section 5.2). */
const OVERHEAD = 17;
const ALERT = 2;
/** A server's word on how to resume the session (section 4.6.1), which comes before its first answer. */
const LARGEST_TICKET = 80;

interface Side {
  segments: Map<number, { acknowledgement: number; payload: Buffer }>;
}

/**
 * Bytes of content in each TLS 1.3 record by which servers answered in a capture (pcap, Ethernet, little-endian), connection by
 * connection. Left out are handshakes, with what they say of resumption, and alerts. A server answers once it has heard more
 * than a ClientHello.
 */
export function answerRecords(pcap: Buffer, port = 443): number[][] {
  const sides = new Map<string, Side>();
  const side = (key: string) => {
    let found = sides.get(key);
    if (found !== undefined) return found;
    found = { segments: new Map() };
    sides.set(key, found);
    return found;
  };
  for (const { source, destination, tcp, payload } of capturedSegments(pcap)) {
    if (tcp.sourcePort !== port && tcp.destinationPort !== port) continue;
    const { sequence, acknowledgement } = tcp;
    const { segments } = side(`${source}:${tcp.sourcePort} ${destination}:${tcp.destinationPort}`);
    // Sent again, it may acknowledge more, and be longer.
    const before = segments.get(sequence);
    if (before === undefined) segments.set(sequence, { acknowledgement, payload });
    else if (before.payload.length < payload.length) before.payload = payload;
  }
  const answers: number[][] = [];
  for (const [key, { segments }] of sides) {
    const [from, to] = key.split(' ') as [string, string];
    if (!from.endsWith(`:${port}`)) continue;
    const client = sides.get(`${to} ${from}`);
    if (client === undefined) continue;
    const first = lowest(client.segments.keys());
    const hello = client.segments.get(first)!.payload;
    const heard = (first + TLS_HEADER + hello.readUInt16BE(3)) >>> 0;
    const answering = [...segments].filter(([, { acknowledgement }]) => ((acknowledgement - heard) | 0) > 0);
    const sizes = recordsOf(inOrder(answering.map(([sequence, { payload }]) => ({ sequence, payload }))));
    const begins = sizes.findIndex(size => size > LARGEST_TICKET);
    answers.push(begins < 0 ? [] : sizes.slice(begins));
  }
  return answers;
}

/** Up to what the capture lacks, if it lacks something. What was sent twice, cut as before or otherwise, counts once. */
function inOrder(segments: { sequence: number; payload: Buffer }[]): Buffer {
  if (segments.length === 0) return Buffer.alloc(0);
  const start = lowest(segments.map(({ sequence }) => sequence));
  const offset = (sequence: number) => (sequence - start) >>> 0;
  const parts: Buffer[] = [];
  let next = 0;
  for (const { sequence, payload } of segments.sort((a, b) => offset(a.sequence) - offset(b.sequence))) {
    const known = next - offset(sequence);
    if (known < 0) break;
    if (known >= payload.length) continue;
    parts.push(payload.subarray(known));
    next += payload.length - known;
  }
  return Buffer.concat(parts);
}

function recordsOf(stream: Buffer): number[] {
  const sizes: number[] = [];
  for (let at = 0; at + TLS_HEADER <= stream.length; ) {
    const length = stream.readUInt16BE(at + 3);
    if (stream[at] !== APPLICATION_DATA) throw new Error(`no record of TLS 1.3 at ${at}`);
    if (length - OVERHEAD !== ALERT) sizes.push(length - OVERHEAD);
    at += TLS_HEADER + length;
  }
  return sizes;
}

/** Of numbers that may wrap at 32 bits and lie near each other. */
function lowest(numbers: Iterable<number>): number {
  let least: number | undefined;
  for (const number of numbers) if (least === undefined || ((number - least) | 0) < 0) least = number;
  return least!;
}
