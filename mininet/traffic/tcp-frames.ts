/** Frames of clients at fixed offsets: Ethernet, IPv4 without options, TCP. Written apart from the code under measurement. */

const ETHERNET = 14;
const IP = ETHERNET;
const TCP = IP + 20;
/** Options: NOP, NOP, timestamps. */
const TIMESTAMPS = TCP + 20;
const SEGMENT_HEADER = TCP + 32;
const SYN_LENGTH = TCP + 40;

export const TcpOffset = {
  ipChecksum: IP + 10,
  source: IP + 12,
  destination: IP + 16,
  sourcePort: TCP,
  destinationPort: TCP + 2,
  sequence: TCP + 4,
  acknowledgement: TCP + 8,
  flags: TCP + 13,
  checksum: TCP + 16,
} as const;

/** A frame of which all but a few numbers stays the same, and the sums of what stays. */
export interface FrameTemplate {
  readonly bytes: Buffer;
  readonly ipSum: number;
  /** Offset of TSval; TSecr is behind it. */
  readonly timestamps: number;
  readonly sum: number;
}

/** A SYN with the options of Linux. */
export function synTemplate(destination: number): FrameTemplate {
  const bytes = header(SYN_LENGTH, destination, 0x02, 10);
  Buffer.from('020405b40402080a000000000000000001030307', 'hex').copy(bytes, TCP + 20);
  return { bytes, timestamps: TCP + 28, sum: sumOf(bytes), ipSum: halves(bytes, IP, TCP) };
}

export function segmentTemplate(destination: number, payload: Uint8Array): FrameTemplate {
  const bytes = header(SEGMENT_HEADER + payload.length, destination, 0x18, 8);
  Buffer.from('0101080a0000000000000000', 'hex').copy(bytes, TIMESTAMPS);
  bytes.set(payload, SEGMENT_HEADER);
  return { bytes, timestamps: TIMESTAMPS + 4, sum: sumOf(bytes), ipSum: halves(bytes, IP, TCP) };
}

export interface Numbers {
  source: number;
  port: number;
  sequence: number;
  acknowledgement: number;
  timestamp: number;
  echo: number;
}

/** Writes the frame with these numbers and the checksum that belongs to them. */
export function writeFrame(
  out: Buffer,
  at: number,
  { bytes, timestamps, sum, ipSum }: FrameTemplate,
  numbers: Numbers,
): void {
  const { source, port, sequence, acknowledgement, timestamp, echo } = numbers;
  out.set(bytes, at);
  out.writeUInt32BE(source, at + TcpOffset.source);
  out.writeUInt16BE(port, at + TcpOffset.sourcePort);
  out.writeUInt32BE(sequence, at + TcpOffset.sequence);
  out.writeUInt32BE(acknowledgement, at + TcpOffset.acknowledgement);
  out.writeUInt32BE(timestamp, at + timestamps);
  out.writeUInt32BE(echo, at + timestamps + 4);
  let total = sum + port;
  for (const word of [source, sequence, acknowledgement, timestamp, echo])
    total += (word >>> 16) + (word & 0xffff);
  out.writeUInt16BE(folded(total), at + TcpOffset.checksum);
  out.writeUInt16BE(folded(ipSum + (source >>> 16) + (source & 0xffff)), at + TcpOffset.ipChecksum);
}

/** TSval of the SYN-ACK whose frame begins at `at`; 0 without the option. */
export function timestampOf(bytes: Uint8Array, at: number): number {
  const end = at + TCP + (bytes[at + TCP + 12]! >>> 4) * 4;
  for (let option = at + TCP + 20; option < end; ) {
    const kind = bytes[option]!;
    if (kind === 8) return word(bytes, option + 2);
    option += kind === 1 ? 1 : Math.max(bytes[option + 1]!, 2);
  }
  return 0;
}

export function word(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;
}

function header(length: number, destination: number, flags: number, words: number): Buffer {
  const bytes = Buffer.alloc(length);
  Buffer.from('02c10afffffe0200000000010800', 'hex').copy(bytes);
  bytes[IP] = 0x45;
  bytes.writeUInt16BE(length - ETHERNET, IP + 2);
  bytes[IP + 8] = 64;
  bytes[IP + 9] = 6;
  bytes.writeUInt32BE(destination, TcpOffset.destination);
  bytes.writeUInt16BE(443, TcpOffset.destinationPort);
  bytes[TCP + 12] = words << 4;
  bytes[TcpOffset.flags] = flags;
  bytes.writeUInt16BE(0xfaf0, TCP + 14);
  return bytes;
}

/** Of the TCP segment and its pseudo-header. */
function sumOf(bytes: Buffer): number {
  const length = bytes.length - TCP;
  const sum = 6 + length + halves(bytes, TcpOffset.source, bytes.length - (length % 2));
  return length % 2 === 1 ? sum + (bytes[bytes.length - 1]! << 8) : sum;
}

function halves(bytes: Buffer, start: number, end: number): number {
  let sum = 0;
  for (let at = start; at < end; at += 2) sum += bytes.readUInt16BE(at);
  return sum;
}

function folded(sum: number): number {
  let total = sum;
  while (total > 0xffff) total = (total & 0xffff) + (total >>> 16);
  return ~total & 0xffff;
}
