/**
 * ICMPv6 messages (RFC 4443). The constructor may fail with `truncated`; nothing else does. Setters keep the
 * checksum right. Neighbour discovery has a view of its own.
 */
import { readU16, readU32 } from './byte-order.js';
import { IpProtocol } from './ip-protocol.js';
import { checkSpan } from './packet-error.js';
import { TransportView } from './transport-view.js';

export const Icmpv6Type = {
  DESTINATION_UNREACHABLE: 1,
  PACKET_TOO_BIG: 2,
  TIME_EXCEEDED: 3,
  PARAMETER_PROBLEM: 4,
  ECHO_REQUEST: 128,
  ECHO_REPLY: 129,
  ROUTER_SOLICITATION: 133,
  ROUTER_ADVERTISEMENT: 134,
  NEIGHBOUR_SOLICITATION: 135,
  NEIGHBOUR_ADVERTISEMENT: 136,
  REDIRECT: 137,
} as const;

export const ICMPV6_HEADER_LENGTH = 4;

/** Bytes of a message of that type without options, data or quoted packet; of unknown types only the header. */
export function icmpv6FixedLength(type: number): number {
  switch (type) {
    case Icmpv6Type.DESTINATION_UNREACHABLE:
    case Icmpv6Type.PACKET_TOO_BIG:
    case Icmpv6Type.TIME_EXCEEDED:
    case Icmpv6Type.PARAMETER_PROBLEM:
    case Icmpv6Type.ECHO_REQUEST:
    case Icmpv6Type.ECHO_REPLY:
    case Icmpv6Type.ROUTER_SOLICITATION:
      return 8;
    case Icmpv6Type.ROUTER_ADVERTISEMENT:
      return 16;
    case Icmpv6Type.NEIGHBOUR_SOLICITATION:
    case Icmpv6Type.NEIGHBOUR_ADVERTISEMENT:
      return 24;
    case Icmpv6Type.REDIRECT:
      return 40;
    default:
      return ICMPV6_HEADER_LENGTH;
  }
}

export class Icmpv6View extends TransportView {
  /** `end` is the end of the IP packet. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    checkSpan('icmpv6', bytes, start, end, ICMPV6_HEADER_LENGTH);
    const length = icmpv6FixedLength(bytes[start]!);
    checkSpan('icmpv6', bytes, start, end, length);
    super(bytes, start, end, start + length);
  }

  protected get protocol(): number {
    return IpProtocol.ICMPV6;
  }

  protected get checksumPlace(): number {
    return 2;
  }

  get type(): number {
    return this.bytes[this.start]!;
  }

  get code(): number {
    return this.bytes[this.start + 1]!;
  }

  /** Of an echo; -1 where the message ends before it. */
  get identifier(): number {
    return this.end - this.start < 6 ? -1 : readU16(this.bytes, this.start + 4);
  }

  set identifier(identifier: number) {
    if (this.end - this.start >= 6) this.rewrite16(4, identifier);
  }

  /** Of an echo; -1 where the message ends before it. */
  get sequence(): number {
    return this.end - this.start < 8 ? -1 : readU16(this.bytes, this.start + 6);
  }

  /** Of a packet too big; -1 for other types. */
  get mtu(): number {
    return this.type === Icmpv6Type.PACKET_TOO_BIG ? readU32(this.bytes, this.start + 4) : -1;
  }
}
