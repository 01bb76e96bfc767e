/**
 * ICMP errors (RFC 792, RFC 4443 section 3) and the packet of a connection that each quotes: read, and translated where the
 * connection is.
 */
import {
  EthernetView,
  EtherType,
  IpProtocol,
  internetChecksum,
  PacketError,
  pseudoHeaderSum,
  sumWords,
  updateChecksum,
} from '../../../controller/packet/index.js';
import { wordsOf } from './address-words.js';
import { type ConnectionEnds, endsOf } from './connection-ends.js';

/** In an IP header: where the source begins, and bytes of an address. */
const SOURCE = { 4: 12, 6: 8 } as const;
const LENGTH = { 4: 4, 6: 16 } as const;
const IPV6_HEADER = 40;
const ICMP_HEADER = 8;
/** Of a transport header every error quotes as many. */
const QUOTED = 8;
/** Where a transport header has its checksum. */
const CHECKSUM = { [IpProtocol.TCP]: 16, [IpProtocol.UDP]: 6 } as const;
type Protocol = keyof typeof CHECKSUM;

/** Whom a client speaks to as one side of the switch sees it: the pseudo-address, or the tenant. */
export interface MachineEnd {
  /** 4 or 16 bytes. */
  readonly address: Uint8Array;
  readonly port: number;
  /** The client's port, as that side sees it. */
  readonly clientPort: number;
}

export class QuotedPacket {
  readonly family: 4 | 6;
  readonly protocol: Protocol;
  /** A copy of the whole frame. */
  readonly frame: Uint8Array;
  /** Of the packet that is quoted. */
  readonly ends: ConnectionEnds;
  private readonly view: DataView;
  private readonly ip: number;
  private readonly icmp: number;
  private readonly end: number;
  private readonly quoted: number;
  private readonly transport: number;

  /** Undefined for everything that is no whole, right ICMP message with the first bytes of a TCP segment or UDP datagram in it. */
  static read(frame: Uint8Array): QuotedPacket | undefined {
    try {
      const packet = new QuotedPacket(frame.slice());
      return packet.isRight ? packet : undefined;
    } catch (error) {
      if (error instanceof RangeError || error instanceof PacketError) return undefined;
      throw error;
    }
  }

  /** Throws RangeError. */
  private constructor(frame: Uint8Array) {
    this.frame = frame;
    this.view = new DataView(frame.buffer, frame.byteOffset, frame.length);
    const ethernet = new EthernetView(frame);
    this.family = ethernet.etherType === EtherType.IPV6 ? 6 : 4;
    this.ip = ethernet.payloadOffset;
    const outer = this.header(this.ip);
    const wanted = this.family === 4 ? IpProtocol.ICMPV4 : IpProtocol.ICMPV6;
    this.icmp = outer.payload;
    this.end = this.ip + outer.length;
    this.quoted = this.icmp + ICMP_HEADER;
    const inner = this.header(this.quoted);
    this.transport = inner.payload;
    const isKnown = inner.protocol === IpProtocol.TCP || inner.protocol === IpProtocol.UDP;
    if (
      outer.protocol !== wanted ||
      !isKnown ||
      this.transport + QUOTED > this.end ||
      this.end > frame.length
    ) {
      throw new RangeError('no error about a connection');
    }
    this.protocol = inner.protocol as Protocol;
    this.ends = endsOf(
      this.family,
      wordsOf(this.address(this.quoted + SOURCE[this.family])),
      wordsOf(this.address(this.destination(this.quoted))),
      this.view.getUint16(this.transport),
      this.view.getUint16(this.transport + 2),
    );
  }

  /** Whether the error goes to who sent the quoted packet, as every honest one does. */
  get isToSource(): boolean {
    return this.isSame(this.destination(this.ip), this.quoted + SOURCE[this.family]);
  }

  /** Whether the error comes from where the quoted packet went. */
  get isOfDestination(): boolean {
    return this.isSame(this.ip + SOURCE[this.family], this.destination(this.quoted));
  }

  /** Has the error go to another machine, which sent the quoted packet. */
  toMachine({ address, port, clientPort }: MachineEnd): void {
    this.change(this.destination(this.ip), address, false);
    this.change(this.quoted + SOURCE[this.family], address, true);
    this.changePorts(port, clientPort);
  }

  /** Has the error come from another machine, to which the quoted packet went. */
  ofMachine({ address, port, clientPort }: MachineEnd): void {
    this.change(this.ip + SOURCE[this.family], address, false);
    this.change(this.destination(this.quoted), address, true);
    this.changePorts(clientPort, port);
  }

  private get isRight(): boolean {
    return internetChecksum(this.frame, this.icmp, this.end, this.pseudoHeader) === 0;
  }

  /** RFC 4443 section 2.3; ICMP of IPv4 has none. */
  private get pseudoHeader(): number {
    if (this.family === 4) return 0;
    const start = this.ip + SOURCE[6];
    const addresses = sumWords(this.frame, start, start + 2 * LENGTH[6]);
    return pseudoHeaderSum(addresses, IpProtocol.ICMPV6, this.end - this.icmp);
  }

  /** Throws RangeError for fragments, extension headers, and where there is no header. */
  private header(at: number): { payload: number; length: number; protocol: number } {
    const { view, family } = this;
    const first = view.getUint8(at);
    if (first >>> 4 !== family) throw new RangeError('another version');
    if (family === 6) {
      return {
        payload: at + IPV6_HEADER,
        length: IPV6_HEADER + view.getUint16(at + 4),
        protocol: view.getUint8(at + 6),
      };
    }
    const payload = at + (first & 15) * 4;
    const isFragment = (view.getUint16(at + 6) & 0x3fff) !== 0;
    if (payload < at + 20 || isFragment) throw new RangeError('a fragment');
    return { payload, length: view.getUint16(at + 2), protocol: view.getUint8(at + 9) };
  }

  private destination(header: number): number {
    return header + SOURCE[this.family] + LENGTH[this.family];
  }

  private isSame(one: number, other: number): boolean {
    for (let index = 0; index < LENGTH[this.family]; index++) {
      if (this.frame[one + index] !== this.frame[other + index]) return false;
    }
    return true;
  }

  private address(at: number): Uint8Array {
    return this.frame.subarray(at, at + LENGTH[this.family]);
  }

  /** `isQuoted`: the transport header that covers the address is in the packet. */
  private change(at: number, address: Uint8Array, isQuoted: boolean): void {
    const { frame, family, quoted, ip } = this;
    const length = LENGTH[family];
    const before = sumWords(frame, at, at + length);
    frame.set(address, at);
    const after = sumWords(frame, at, at + length);
    if (family === 4) this.adjust((isQuoted ? quoted : ip) + 10, before, after);
    if (isQuoted) this.adjustTransport(before, after);
  }

  /** Ports of the quoted packet; the last change, since it makes the checksum of the error right. */
  private changePorts(source: number, destination: number): void {
    const { view, frame, transport, icmp, end } = this;
    const before = sumWords(frame, transport, transport + 4);
    view.setUint16(transport, source);
    view.setUint16(transport + 2, destination);
    this.adjustTransport(before, sumWords(frame, transport, transport + 4));
    view.setUint16(icmp + 2, 0);
    view.setUint16(icmp + 2, internetChecksum(frame, icmp, end, this.pseudoHeader));
  }

  /** Keeps the quoted checksum as right as it was: it would tell of what it covers. */
  private adjustTransport(before: number, after: number): void {
    const at = this.transport + CHECKSUM[this.protocol];
    const isAbsent = this.protocol === IpProtocol.UDP && this.view.getUint16(at) === 0;
    if (at + 2 <= this.end && !isAbsent) this.adjust(at, before, after);
  }

  private adjust(at: number, before: number, after: number): void {
    this.view.setUint16(at, updateChecksum(this.view.getUint16(at), before, after));
  }
}
