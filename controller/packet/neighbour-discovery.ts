/**
 * Plain neighbour discovery messages (RFC 4861 section 4), bodies of the ICMPv6 layer. Their options reach to the
 * end of the packet. Reading may fail with `truncated` and `bad-option`; building with `bad-value`.
 */
import { formatIpv6, type Ipv6Address } from '../address/index.js';
import { readU16, readU32, writeU16, writeU32 } from './byte-order.js';
import { ipv6Bytes, unsigned } from './field-check.js';
import { Icmpv6Type, type Icmpv6View, icmpv6FixedLength } from './icmpv6-view.js';
import {
  emitNeighbourOptions,
  type NeighbourOption,
  type NeighbourOptionInit,
  neighbourOptionsLength,
  parseNeighbourOptions,
} from './neighbour-option.js';

interface Message<Option> {
  options: Option[];
  /** The bits that must be zero, as one number; default 0. */
  reserved?: number;
}
interface RouterSolicitation<Option> extends Message<Option> {
  type: 'router-solicitation';
}
interface RouterAdvertisement<Option> {
  type: 'router-advertisement';
  options: Option[];
  /** 0 is unspecified, as for the two times at the end. */
  currentHopLimit: number;
  managed: boolean;
  otherConfiguration: boolean;
  /** The low six bits beside these flags (RFC 4191, RFC 5175), default 0. */
  otherFlags?: number;
  /** Seconds; 0 is no default router. */
  routerLifetime: number;
  /** Milliseconds. */
  reachableTime: number;
  retransmitTimer: number;
}
interface NeighbourSolicitation<Ipv6, Option> extends Message<Option> {
  type: 'neighbour-solicitation';
  target: Ipv6;
}
interface NeighbourAdvertisement<Ipv6, Option> extends Message<Option> {
  type: 'neighbour-advertisement';
  target: Ipv6;
  router: boolean;
  solicited: boolean;
  override: boolean;
}
interface Redirect<Ipv6, Option> extends Message<Option> {
  type: 'redirect';
  target: Ipv6;
  destination: Ipv6;
}
type NeighbourDiscoveryOf<Ipv6, Option> =
  | RouterSolicitation<Option>
  | RouterAdvertisement<Option>
  | NeighbourSolicitation<Ipv6, Option>
  | NeighbourAdvertisement<Ipv6, Option>
  | Redirect<Ipv6, Option>;
export type NeighbourDiscoveryInit = NeighbourDiscoveryOf<Ipv6Address, NeighbourOptionInit>;
export type NeighbourDiscovery = NeighbourDiscoveryOf<string, NeighbourOption>;

const TYPES = {
  'router-solicitation': Icmpv6Type.ROUTER_SOLICITATION,
  'router-advertisement': Icmpv6Type.ROUTER_ADVERTISEMENT,
  'neighbour-solicitation': Icmpv6Type.NEIGHBOUR_SOLICITATION,
  'neighbour-advertisement': Icmpv6Type.NEIGHBOUR_ADVERTISEMENT,
  redirect: Icmpv6Type.REDIRECT,
} as const;

export function isNeighbourDiscovery(body: { type: string }): body is NeighbourDiscoveryInit {
  return Object.hasOwn(TYPES, body.type);
}

/** Undefined for other ICMPv6 messages. */
export function parseNeighbourDiscovery(view: Icmpv6View): NeighbourDiscovery | undefined {
  const { bytes, start } = view;
  if (view.type < Icmpv6Type.ROUTER_SOLICITATION || view.type > Icmpv6Type.REDIRECT) return undefined;
  const options = parseNeighbourOptions(bytes, view.payloadOffset, view.end);
  const word = readU32(bytes, start + 4);
  const reserved = word === 0 ? {} : { reserved: word };
  switch (view.type) {
    case Icmpv6Type.ROUTER_SOLICITATION:
      return { type: 'router-solicitation', options, ...reserved };
    case Icmpv6Type.ROUTER_ADVERTISEMENT: {
      const flags = bytes[start + 5]!;
      return {
        type: 'router-advertisement',
        currentHopLimit: bytes[start + 4]!,
        managed: (flags & 0x80) !== 0,
        otherConfiguration: (flags & 0x40) !== 0,
        routerLifetime: readU16(bytes, start + 6),
        reachableTime: readU32(bytes, start + 8),
        retransmitTimer: readU32(bytes, start + 12),
        options,
        ...((flags & 0x3f) === 0 ? {} : { otherFlags: flags & 0x3f }),
      };
    }
    case Icmpv6Type.NEIGHBOUR_SOLICITATION:
      return { type: 'neighbour-solicitation', target: formatIpv6(bytes, start + 8), options, ...reserved };
    case Icmpv6Type.NEIGHBOUR_ADVERTISEMENT: {
      const rest = word & 0x1fff_ffff;
      return {
        type: 'neighbour-advertisement',
        target: formatIpv6(bytes, start + 8),
        router: word >>> 31 === 1,
        solicited: ((word >>> 30) & 1) === 1,
        override: ((word >>> 29) & 1) === 1,
        options,
        ...(rest === 0 ? {} : { reserved: rest }),
      };
    }
    default:
      return {
        type: 'redirect',
        target: formatIpv6(bytes, start + 8),
        destination: formatIpv6(bytes, start + 24),
        options,
        ...reserved,
      };
  }
}

/** Bytes of the whole ICMPv6 message. */
export function neighbourDiscoveryLength(body: NeighbourDiscoveryInit): number {
  return icmpv6FixedLength(TYPES[body.type]) + neighbourOptionsLength(body.options);
}

/** Writes all after the checksum into the message that begins at `start`, and returns the type. */
export function emitNeighbourDiscovery(
  body: NeighbourDiscoveryInit,
  bytes: Uint8Array,
  start: number,
): number {
  const path = `icmpv6.${body.type}`;
  if (body.type === 'router-advertisement') {
    bytes[start + 4] = unsigned(body.currentHopLimit, 8, `${path}.currentHopLimit`);
    bytes[start + 5] =
      (body.managed ? 0x80 : 0) |
      (body.otherConfiguration ? 0x40 : 0) |
      unsigned(body.otherFlags ?? 0, 6, `${path}.otherFlags`);
    writeU16(bytes, start + 6, unsigned(body.routerLifetime, 16, `${path}.routerLifetime`));
    writeU32(bytes, start + 8, unsigned(body.reachableTime, 32, `${path}.reachableTime`));
    writeU32(bytes, start + 12, unsigned(body.retransmitTimer, 32, `${path}.retransmitTimer`));
  } else {
    let bits = 32;
    let flags = 0;
    if (body.type === 'neighbour-advertisement') {
      bits = 29;
      flags = (body.router ? 0x80 : 0) | (body.solicited ? 0x40 : 0) | (body.override ? 0x20 : 0);
    }
    writeU32(bytes, start + 4, unsigned(body.reserved ?? 0, bits, `${path}.reserved`));
    bytes[start + 4]! |= flags;
    if (body.type !== 'router-solicitation') bytes.set(ipv6Bytes(body.target, `${path}.target`), start + 8);
    if (body.type === 'redirect') {
      bytes.set(ipv6Bytes(body.destination, `${path}.destination`), start + 24);
    }
  }
  emitNeighbourOptions(body.options, bytes, start + icmpv6FixedLength(TYPES[body.type]));
  return TYPES[body.type];
}
