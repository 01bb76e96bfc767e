/**
 * A TCP segment that a switch sent to the controller, taken apart into numbers: one instance serves every packet, so
 * that the packet path allocates nothing. Addresses are four 32-bit words in network order; an IPv4 address is the
 * last of them and the others are 0.
 */
import { formatIpv4, formatIpv6 } from '../../../controller/address/index.js';
import { readU32 } from '../../../controller/packet/byte-order.js';
import { IpProtocol, pseudoHeaderSum, sumWords, TcpOptionKind } from '../../../controller/packet/index.js';

const ETHERNET = 14;
const IPV4 = 0x0800;
const IPV6 = 0x86dd;
const VLAN = 0x8100;
const TCP_HEADER = 20;

export class PuntedSegment {
  bytes: Uint8Array = new Uint8Array(0);
  /** The Ethernet header; what follows the VLAN tag, if there is one, is the IP header. */
  frameStart = 0;
  ipStart = 0;
  tcpStart = 0;
  payloadStart = 0;
  /** End of the IP packet, before any padding of the frame. */
  payloadEnd = 0;
  family: 4 | 6 = 4;
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  sourcePort = 0;
  destinationPort = 0;
  sequence = 0;
  acknowledgement = 0;
  /** Bits of `TcpFlag`, the low eight. */
  flags = 0;
  /** -1 where the segment has no such option. */
  maximumSegmentSize = -1;
  windowScale = -1;
  timestampValue = -1;
  timestampEcho = -1;
  /** Where the echo is; -1 where there is none. */
  echoStart = -1;
  sackPermitted = false;

  /**
   * Reads `bytes[start, end)`, an Ethernet frame with at most one VLAN tag. False for everything that is no whole,
   * unfragmented TCP segment directly behind its IP header, and for lengths that contradict each other.
   */
  read(bytes: Uint8Array, start: number, end: number): boolean {
    if (end > bytes.length || end - start < ETHERNET) return false;
    this.bytes = bytes;
    this.frameStart = start;
    let ip = start + ETHERNET;
    let etherType = (bytes[ip - 2]! << 8) | bytes[ip - 1]!;
    if (etherType === VLAN && end - ip >= 4) {
      ip += 4;
      etherType = (bytes[ip - 2]! << 8) | bytes[ip - 1]!;
    }
    this.ipStart = ip;
    if (etherType === IPV4) return this.readIpv4(ip, end);
    return etherType === IPV6 && this.readIpv6(ip, end);
  }

  get payloadLength(): number {
    return this.payloadEnd - this.payloadStart;
  }

  /** Whether it says to come from where nobody can be answered: a group, no address, the machine itself (RFC 1122 section 3.2.1.3). */
  get isFromNobody(): boolean {
    const { source0, source1, source2, source3 } = this;
    if (this.family === 6) {
      return source0 >>> 24 === 0xff || (source0 === 0 && source1 === 0 && source2 === 0 && source3 <= 1);
    }
    const net = source3 >>> 24;
    return net === 0 || net === 127 || net >= 224;
  }

  /** As the header has it, unscaled. */
  get window(): number {
    return (this.bytes[this.tcpStart + 14]! << 8) | this.bytes[this.tcpStart + 15]!;
  }

  sourceText(): string {
    const { bytes, ipStart, family } = this;
    return family === 4 ? formatIpv4(this.source3) : formatIpv6(bytes.subarray(ipStart + 8, ipStart + 24));
  }

  /** Whether the TCP checksum is right (RFC 9293 section 3.1). */
  hasRightChecksum(): boolean {
    const { bytes, ipStart, tcpStart, payloadEnd, family } = this;
    const addresses = sumWords(bytes, ipStart + (family === 4 ? 12 : 8), ipStart + (family === 4 ? 20 : 40));
    const pseudo = pseudoHeaderSum(addresses, IpProtocol.TCP, payloadEnd - tcpStart);
    return sumWords(bytes, tcpStart, payloadEnd, pseudo) === 0xffff;
  }

  private readIpv4(ip: number, end: number): boolean {
    const { bytes } = this;
    if (end - ip < 20 || bytes[ip]! >>> 4 !== 4) return false;
    const header = (bytes[ip]! & 15) * 4;
    const total = (bytes[ip + 2]! << 8) | bytes[ip + 3]!;
    const isFragment = (((bytes[ip + 6]! << 8) | bytes[ip + 7]!) & 0x3fff) !== 0;
    if (header < 20 || total < header || ip + total > end || isFragment) return false;
    if (bytes[ip + 9] !== IpProtocol.TCP) return false;
    this.family = 4;
    this.source0 = this.source1 = this.source2 = 0;
    this.destination0 = this.destination1 = this.destination2 = 0;
    this.source3 = readU32(bytes, ip + 12);
    this.destination3 = readU32(bytes, ip + 16);
    return this.readTcp(ip + header, ip + total);
  }

  private readIpv6(ip: number, end: number): boolean {
    const { bytes } = this;
    if (end - ip < 40 || bytes[ip]! >>> 4 !== 6) return false;
    const total = 40 + ((bytes[ip + 4]! << 8) | bytes[ip + 5]!);
    if (ip + total > end || bytes[ip + 6] !== IpProtocol.TCP) return false;
    this.family = 6;
    this.source0 = readU32(bytes, ip + 8);
    this.source1 = readU32(bytes, ip + 12);
    this.source2 = readU32(bytes, ip + 16);
    this.source3 = readU32(bytes, ip + 20);
    this.destination0 = readU32(bytes, ip + 24);
    this.destination1 = readU32(bytes, ip + 28);
    this.destination2 = readU32(bytes, ip + 32);
    this.destination3 = readU32(bytes, ip + 36);
    return this.readTcp(ip + 40, ip + total);
  }

  private readTcp(tcp: number, end: number): boolean {
    const { bytes } = this;
    if (end - tcp < TCP_HEADER) return false;
    const header = (bytes[tcp + 12]! >>> 4) * 4;
    if (header < TCP_HEADER || tcp + header > end) return false;
    this.tcpStart = tcp;
    this.payloadStart = tcp + header;
    this.payloadEnd = end;
    this.sourcePort = (bytes[tcp]! << 8) | bytes[tcp + 1]!;
    this.destinationPort = (bytes[tcp + 2]! << 8) | bytes[tcp + 3]!;
    this.sequence = readU32(bytes, tcp + 4);
    this.acknowledgement = readU32(bytes, tcp + 8);
    this.flags = bytes[tcp + 13]!;
    this.readOptions(tcp + TCP_HEADER, tcp + header);
    return true;
  }

  /** Options behind a broken one are as if they were not there (RFC 9293 section 3.1). */
  private readOptions(start: number, end: number): void {
    const { bytes } = this;
    this.maximumSegmentSize = this.windowScale = this.timestampValue = -1;
    this.timestampEcho = this.echoStart = -1;
    this.sackPermitted = false;
    let offset = start;
    while (offset < end) {
      const kind = bytes[offset]!;
      if (kind === TcpOptionKind.END) return;
      if (kind === TcpOptionKind.NO_OPERATION) {
        offset++;
        continue;
      }
      const length = offset + 1 < end ? bytes[offset + 1]! : 0;
      if (length < 2 || offset + length > end) return;
      if (kind === TcpOptionKind.MAXIMUM_SEGMENT_SIZE && length === 4) {
        this.maximumSegmentSize = (bytes[offset + 2]! << 8) | bytes[offset + 3]!;
      } else if (kind === TcpOptionKind.WINDOW_SCALE && length === 3) {
        this.windowScale = bytes[offset + 2]!;
      } else if (kind === TcpOptionKind.SACK_PERMITTED && length === 2) {
        this.sackPermitted = true;
      } else if (kind === TcpOptionKind.TIMESTAMPS && length === 10) {
        this.timestampValue = readU32(bytes, offset + 2);
        this.timestampEcho = readU32(bytes, offset + 6);
        this.echoStart = offset + 6;
      }
      offset += length;
    }
  }
}
