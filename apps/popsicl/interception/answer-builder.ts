/**
 * Segments that the controller sends to a client in the name of a pseudo-address: SYN-ACK, ACK and RST. Each is built over
 * the headers of the segment that it answers, in one buffer that the next answer overwrites.
 */
import { writeU32 } from '../../../controller/packet/byte-order.js';
import { internetChecksum, TcpFlag, TcpOptionKind } from '../../../controller/packet/index.js';
import { SYN_ACK_WINDOW } from '../cookie/cookie-layout.js';
import { HOP_LIMIT } from '../pipeline.js';
import type { PuntedSegment } from '../segments/punted-segment.js';

const IPV4_HEADER = 20;
const IPV6_HEADER = 40;
const TCP_HEADER = 20;
const DONT_FRAGMENT = 0x40;
/** Ethernet with a VLAN tag, IPv6, and TCP with 40 bytes of options. */
const LONGEST = 18 + IPV6_HEADER + TCP_HEADER + 40;

export interface FleetOptions {
  /** Maximum segment size that every tenant can take. */
  readonly mss: { readonly 4: number; readonly 6: number };
  /** Window scale of every tenant's receiver. */
  readonly windowScale: number;
}

export class AnswerBuilder {
  private readonly buffer = new Uint8Array(LONGEST);
  private readonly fleet: FleetOptions;
  private readonly lengths = new Map<number, Uint8Array>();

  constructor(fleet: FleetOptions) {
    this.fleet = fleet;
  }

  /** The SYN-ACK of a SYN: options only as the SYN offered them. Valid until the next answer. */
  synAck(syn: PuntedSegment, sequence: number, timestamp: number): Uint8Array {
    const { buffer, fleet } = this;
    const tcp = this.begin(syn);
    let end = tcp + TCP_HEADER;
    buffer[end++] = TcpOptionKind.MAXIMUM_SEGMENT_SIZE;
    buffer[end++] = 4;
    buffer[end++] = fleet.mss[syn.family] >>> 8;
    buffer[end++] = fleet.mss[syn.family];
    if (syn.sackPermitted) {
      buffer[end++] = TcpOptionKind.SACK_PERMITTED;
      buffer[end++] = 2;
    }
    if (syn.timestampValue >= 0) {
      buffer[end++] = TcpOptionKind.TIMESTAMPS;
      buffer[end++] = 10;
      writeU32(buffer, end, timestamp);
      writeU32(buffer, end + 4, syn.timestampValue);
      end += 8;
    }
    if (syn.windowScale >= 0) {
      buffer[end++] = TcpOptionKind.WINDOW_SCALE;
      buffer[end++] = 3;
      buffer[end++] = fleet.windowScale;
    }
    while ((end - tcp) % 4 !== 0) buffer[end++] = TcpOptionKind.NO_OPERATION;
    return this.finish(
      syn,
      tcp,
      end,
      sequence,
      (syn.sequence + 1) >>> 0,
      TcpFlag.SYN | TcpFlag.ACK,
      SYN_ACK_WINDOW,
    );
  }

  /** An ACK of the bytes of the client before `acknowledgement`. */
  ack(segment: PuntedSegment, acknowledgement: number, window: number): Uint8Array {
    const { buffer } = this;
    const tcp = this.begin(segment);
    let end = tcp + TCP_HEADER;
    if (segment.timestampValue >= 0) {
      buffer[end++] = TcpOptionKind.NO_OPERATION;
      buffer[end++] = TcpOptionKind.NO_OPERATION;
      buffer[end++] = TcpOptionKind.TIMESTAMPS;
      buffer[end++] = 10;
      writeU32(buffer, end, segment.timestampEcho);
      writeU32(buffer, end + 4, segment.timestampValue);
      end += 8;
    }
    return this.finish(segment, tcp, end, segment.acknowledgement, acknowledgement, TcpFlag.ACK, window);
  }

  /** The RST that refuses a segment (RFC 9293 section 3.10.7.1). */
  reset(segment: PuntedSegment): Uint8Array {
    const tcp = this.begin(segment);
    if ((segment.flags & TcpFlag.ACK) !== 0) {
      return this.finish(segment, tcp, tcp + TCP_HEADER, segment.acknowledgement, 0, TcpFlag.RST, 0);
    }
    const occupied = segment.payloadLength + (segment.flags & TcpFlag.SYN ? 1 : 0) + (segment.flags & 1);
    const next = (segment.sequence + occupied) >>> 0;
    return this.finish(segment, tcp, tcp + TCP_HEADER, 0, next, TcpFlag.RST | TcpFlag.ACK, 0);
  }

  /** Copies Ethernet header and tag with the addresses swapped. Returns where the TCP header goes. */
  private begin({ bytes, frameStart, ipStart, family }: PuntedSegment): number {
    const { buffer } = this;
    for (let index = 0; index < 6; index++) {
      buffer[index] = bytes[frameStart + 6 + index]!;
      buffer[index + 6] = bytes[frameStart + index]!;
    }
    const ip = ipStart - frameStart;
    for (let index = 12; index < ip; index++) buffer[index] = bytes[frameStart + index]!;
    return ip + (family === 4 ? IPV4_HEADER : IPV6_HEADER);
  }

  private finish(
    to: PuntedSegment,
    tcp: number,
    end: number,
    sequence: number,
    acknowledgement: number,
    flags: number,
    window: number,
  ): Uint8Array {
    const { buffer } = this;
    buffer[tcp] = to.destinationPort >>> 8;
    buffer[tcp + 1] = to.destinationPort;
    buffer[tcp + 2] = to.sourcePort >>> 8;
    buffer[tcp + 3] = to.sourcePort;
    writeU32(buffer, tcp + 4, sequence);
    writeU32(buffer, tcp + 8, acknowledgement);
    buffer[tcp + 12] = ((end - tcp) / 4) << 4;
    buffer[tcp + 13] = flags;
    buffer[tcp + 14] = window >>> 8;
    buffer[tcp + 15] = window;
    writeU32(buffer, tcp + 16, 0);
    const length = end - tcp;
    const addresses = to.family === 4 ? this.ipv4(to, tcp, length) : this.ipv6(to, tcp, length);
    const sum = internetChecksum(buffer, tcp, end, addresses + 6 + length);
    buffer[tcp + 16] = sum >>> 8;
    buffer[tcp + 17] = sum;
    return this.view(end);
  }

  /** Returns the sum of both addresses. */
  private ipv4(to: PuntedSegment, tcp: number, length: number): number {
    const { buffer } = this;
    const ip = tcp - IPV4_HEADER;
    const total = IPV4_HEADER + length;
    writeU32(buffer, ip, 0x4500_0000 | total);
    writeU32(buffer, ip + 4, DONT_FRAGMENT << 8);
    writeU32(buffer, ip + 8, (HOP_LIMIT << 24) | (6 << 16));
    writeU32(buffer, ip + 12, to.destination3);
    writeU32(buffer, ip + 16, to.source3);
    const sum = internetChecksum(buffer, ip, tcp, 0);
    buffer[ip + 10] = sum >>> 8;
    buffer[ip + 11] = sum;
    return halves(to.destination3) + halves(to.source3);
  }

  private ipv6(to: PuntedSegment, tcp: number, length: number): number {
    const { buffer } = this;
    const ip = tcp - IPV6_HEADER;
    writeU32(buffer, ip, 0x6000_0000);
    writeU32(buffer, ip + 4, (length << 16) | (6 << 8) | HOP_LIMIT);
    writeU32(buffer, ip + 8, to.destination0);
    writeU32(buffer, ip + 12, to.destination1);
    writeU32(buffer, ip + 16, to.destination2);
    writeU32(buffer, ip + 20, to.destination3);
    writeU32(buffer, ip + 24, to.source0);
    writeU32(buffer, ip + 28, to.source1);
    writeU32(buffer, ip + 32, to.source2);
    writeU32(buffer, ip + 36, to.source3);
    return (
      halves(to.destination0) +
      halves(to.destination1) +
      halves(to.destination2) +
      halves(to.destination3) +
      halves(to.source0) +
      halves(to.source1) +
      halves(to.source2) +
      halves(to.source3)
    );
  }

  /** The first `length` bytes; one view for each of the few lengths that there are. */
  private view(length: number): Uint8Array {
    let view = this.lengths.get(length);
    if (view === undefined) {
      view = this.buffer.subarray(0, length);
      this.lengths.set(length, view);
    }
    return view;
  }
}

function halves(word: number): number {
  return (word >>> 16) + (word & 0xffff);
}
