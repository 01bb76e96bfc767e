/**
 * Lengths of IPv6 extension headers (RFC 8200 section 4, RFC 4302) and the final destination of a routing
 * header. Fails with `truncated` and `bad-length`.
 */
import { IpProtocol } from './ip-protocol.js';
import { checkSpan, PacketError } from './packet-error.js';

export const FRAGMENT_HEADER_LENGTH = 8;

const RoutingType = { SOURCE_ROUTE: 0, MOBILE: 2, SEGMENT: 4 } as const;

/** Whole length of the extension header `protocol` at `offset`; 0 where that is an upper-layer protocol. */
export function extensionHeaderLength(
  bytes: Uint8Array,
  offset: number,
  end: number,
  protocol: number,
): number {
  let length: number;
  switch (protocol) {
    case IpProtocol.HOP_BY_HOP:
    case IpProtocol.ROUTING:
    case IpProtocol.DESTINATION_OPTIONS:
      checkSpan('ipv6', bytes, offset, end, 8);
      length = (bytes[offset + 1]! + 1) * 8;
      break;
    case IpProtocol.FRAGMENT:
      length = FRAGMENT_HEADER_LENGTH;
      break;
    case IpProtocol.AUTHENTICATION:
      checkSpan('authentication', bytes, offset, end, 12);
      length = authenticationHeaderLength(bytes, offset);
      break;
    default:
      return 0;
  }
  checkSpan('ipv6', bytes, offset, end, length);
  return length;
}

/** The length field counts 4-byte words less two (RFC 4302 section 2.2). The caller has checked 12 bytes. */
function authenticationHeaderLength(bytes: Uint8Array, offset: number): number {
  const length = (bytes[offset + 1]! + 2) * 4;
  if (length < 12) {
    throw new PacketError('bad-length', 'authentication', `header of ${length} bytes`, { offset });
  }
  return length;
}

/**
 * Offset of the address that a pseudo header takes for the destination (RFC 8200 section 8.1), where the
 * routing header has segments left: its last address (RFC 5095, RFC 6275), or the first of the reversed list of
 * a segment routing header (RFC 8754 section 2).
 */
export function routedDestinationOffset(
  bytes: Uint8Array,
  offset: number,
  length: number,
): number | undefined {
  if (bytes[offset + 3] === 0 || length < 24) return undefined;
  switch (bytes[offset + 2]) {
    case RoutingType.SOURCE_ROUTE:
    case RoutingType.MOBILE:
      return offset + length - 16;
    case RoutingType.SEGMENT:
      return offset + 8;
    default:
      return undefined;
  }
}
