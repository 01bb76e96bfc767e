/**
 * Plain ICMPv6 messages (RFC 4443, RFC 4861). What an echo carries and what an error quotes is the payload layer
 * behind. Reading fails where Icmpv6View does, and with `bad-option`; building fails with `bad-value`.
 */
import { readU32, writeU16, writeU32 } from './byte-order.js';
import { fieldError, unsigned } from './field-check.js';
import { ICMPV6_HEADER_LENGTH, Icmpv6Type, type Icmpv6View } from './icmpv6-view.js';
import {
  emitNeighbourDiscovery,
  isNeighbourDiscovery,
  type NeighbourDiscovery,
  type NeighbourDiscoveryInit,
  neighbourDiscoveryLength,
  parseNeighbourDiscovery,
} from './neighbour-discovery.js';

interface Echo {
  type: 'echo-request' | 'echo-reply';
  identifier: number;
  sequence: number;
}
interface PacketTooBig {
  type: 'packet-too-big';
  mtu: number;
}
interface ParameterProblem {
  type: 'parameter-problem';
  /** Byte of the quoted packet. */
  pointer: number;
}
interface Failure {
  type: 'destination-unreachable' | 'time-exceeded';
  /** 32 bits, default 0. */
  unused?: number;
}
/** All after the checksum is the payload layer behind. */
interface Other {
  type: 'other';
  icmpType: number;
}
type CommonBody = Echo | PacketTooBig | ParameterProblem | Failure | Other;
export type Icmpv6Body = CommonBody | NeighbourDiscovery;

export interface Icmpv6Init {
  type: 'icmpv6';
  body: CommonBody | NeighbourDiscoveryInit;
  /** Default 0. */
  code?: number;
  /** Given where it is wrong, or is to be. */
  checksum?: number;
}
export interface Icmpv6Layer extends Icmpv6Init {
  body: Icmpv6Body;
  code: number;
}

/** `addressSum` is that of the IPv6 header around. */
export function parseIcmpv6Header(view: Icmpv6View, addressSum: number): Icmpv6Layer {
  const body = parseNeighbourDiscovery(view) ?? parseBody(view);
  const layer: Icmpv6Layer = { type: 'icmpv6', code: view.code, body };
  if (view.checksum !== view.computeChecksum(addressSum)) layer.checksum = view.checksum;
  return layer;
}

function parseBody(view: Icmpv6View): CommonBody {
  const { type, identifier, sequence } = view;
  switch (type) {
    case Icmpv6Type.ECHO_REQUEST:
      return { type: 'echo-request', identifier, sequence };
    case Icmpv6Type.ECHO_REPLY:
      return { type: 'echo-reply', identifier, sequence };
    case Icmpv6Type.PACKET_TOO_BIG:
      return { type: 'packet-too-big', mtu: view.mtu };
    case Icmpv6Type.PARAMETER_PROBLEM:
      return { type: 'parameter-problem', pointer: readU32(view.bytes, view.start + 4) };
    case Icmpv6Type.DESTINATION_UNREACHABLE:
    case Icmpv6Type.TIME_EXCEEDED: {
      const unused = readU32(view.bytes, view.start + 4);
      return {
        type: type === Icmpv6Type.TIME_EXCEEDED ? 'time-exceeded' : 'destination-unreachable',
        ...(unused === 0 ? {} : { unused }),
      };
    }
    default:
      return { type: 'other', icmpType: type };
  }
}

/** Bytes of the message without the payload layer behind. */
export function icmpv6Length(layer: Icmpv6Init): number {
  if (isNeighbourDiscovery(layer.body)) return neighbourDiscoveryLength(layer.body);
  return layer.body.type === 'other' ? ICMPV6_HEADER_LENGTH : 8;
}

/** Writes the message without the payload layer behind, the checksum only where the layer gives one. */
export function emitIcmpv6Header(layer: Icmpv6Init, bytes: Uint8Array, start: number): void {
  const { body } = layer;
  bytes[start] = isNeighbourDiscovery(body)
    ? emitNeighbourDiscovery(body, bytes, start)
    : emitBody(body, bytes, start + 4);
  bytes[start + 1] = unsigned(layer.code ?? 0, 8, 'icmpv6.code');
  writeU16(bytes, start + 2, unsigned(layer.checksum ?? 0, 16, 'icmpv6.checksum'));
}

/** Writes what stands after the checksum and returns the type. */
function emitBody(body: CommonBody, bytes: Uint8Array, rest: number): number {
  const path = `icmpv6.${body.type}`;
  switch (body.type) {
    case 'echo-request':
    case 'echo-reply':
      writeU16(bytes, rest, unsigned(body.identifier, 16, `${path}.identifier`));
      writeU16(bytes, rest + 2, unsigned(body.sequence, 16, `${path}.sequence`));
      return body.type === 'echo-reply' ? Icmpv6Type.ECHO_REPLY : Icmpv6Type.ECHO_REQUEST;
    case 'packet-too-big':
      writeU32(bytes, rest, unsigned(body.mtu, 32, `${path}.mtu`));
      return Icmpv6Type.PACKET_TOO_BIG;
    case 'parameter-problem':
      writeU32(bytes, rest, unsigned(body.pointer, 32, `${path}.pointer`));
      return Icmpv6Type.PARAMETER_PROBLEM;
    case 'destination-unreachable':
    case 'time-exceeded':
      writeU32(bytes, rest, unsigned(body.unused ?? 0, 32, `${path}.unused`));
      return body.type === 'time-exceeded' ? Icmpv6Type.TIME_EXCEEDED : Icmpv6Type.DESTINATION_UNREACHABLE;
    case 'other':
      return unsigned(body.icmpType, 8, `${path}.icmpType`);
    default:
      throw fieldError('bad-value', 'icmpv6.body', 'is of unknown type');
  }
}
