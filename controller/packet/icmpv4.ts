/**
 * Plain ICMPv4 messages (RFC 792, RFC 1191). What an echo carries and what an error quotes is the payload layer
 * behind. Reading fails where Icmpv4View does; building fails with `bad-value`.
 */
import { formatIpv4, type Ipv4Address } from '../address/index.js';
import { readU16, readU24, readU32, writeU16, writeU24, writeU32 } from './byte-order.js';
import { fieldError, ipv4Number, unsigned } from './field-check.js';
import { Icmpv4Type, type Icmpv4View } from './icmpv4-view.js';

interface Echo {
  type: 'echo-request' | 'echo-reply';
  identifier: number;
  sequence: number;
}
interface DestinationUnreachable {
  type: 'destination-unreachable';
  /** Bytes; for code 4, else default 0. */
  nextHopMtu?: number;
  /** 16 bits, default 0. */
  unused?: number;
}
interface TimeExceeded {
  type: 'time-exceeded';
  /** 32 bits, default 0. */
  unused?: number;
}
interface ParameterProblem {
  type: 'parameter-problem';
  /** Byte of the quoted packet. */
  pointer: number;
  /** 24 bits, default 0. */
  unused?: number;
}
interface Redirect<Ipv4> {
  type: 'redirect';
  gateway: Ipv4;
}
interface Other {
  type: 'other';
  icmpType: number;
  /** 32 bits after the checksum. */
  restOfHeader: number;
}
type BodyOf<Ipv4> = Echo | DestinationUnreachable | TimeExceeded | ParameterProblem | Redirect<Ipv4> | Other;
export type Icmpv4Body = BodyOf<string>;

export interface Icmpv4Init {
  type: 'icmpv4';
  body: BodyOf<Ipv4Address>;
  /** Default 0. */
  code?: number;
  /** Given where it is wrong, or is to be. */
  checksum?: number;
}
export interface Icmpv4Layer extends Icmpv4Init {
  body: Icmpv4Body;
  code: number;
}

export function parseIcmpv4Header(view: Icmpv4View): Icmpv4Layer {
  const layer: Icmpv4Layer = { type: 'icmpv4', code: view.code, body: parseBody(view) };
  if (view.checksum !== view.computeChecksum()) layer.checksum = view.checksum;
  return layer;
}

function parseBody(view: Icmpv4View): Icmpv4Body {
  const { bytes, identifier, sequence } = view;
  const rest = view.start + 4;
  switch (view.type) {
    case Icmpv4Type.ECHO_REQUEST:
      return { type: 'echo-request', identifier, sequence };
    case Icmpv4Type.ECHO_REPLY:
      return { type: 'echo-reply', identifier, sequence };
    case Icmpv4Type.DESTINATION_UNREACHABLE:
      return {
        type: 'destination-unreachable',
        nextHopMtu: view.nextHopMtu,
        ...unusedField(readU16(bytes, rest)),
      };
    case Icmpv4Type.TIME_EXCEEDED:
      return { type: 'time-exceeded', ...unusedField(readU32(bytes, rest)) };
    case Icmpv4Type.PARAMETER_PROBLEM:
      return { type: 'parameter-problem', pointer: bytes[rest]!, ...unusedField(readU24(bytes, rest + 1)) };
    case Icmpv4Type.REDIRECT:
      return { type: 'redirect', gateway: formatIpv4(readU32(bytes, rest)) };
    default:
      return { type: 'other', icmpType: view.type, restOfHeader: readU32(bytes, rest) };
  }
}

function unusedField(unused: number): { unused?: number } {
  return unused === 0 ? {} : { unused };
}

/** Writes 8 bytes, the checksum only where the layer gives one. */
export function emitIcmpv4Header(layer: Icmpv4Init, bytes: Uint8Array, start: number): void {
  bytes[start] = emitBody(layer.body, bytes, start + 4);
  bytes[start + 1] = unsigned(layer.code ?? 0, 8, 'icmpv4.code');
  writeU16(bytes, start + 2, unsigned(layer.checksum ?? 0, 16, 'icmpv4.checksum'));
}

/** Writes the four bytes after the checksum and returns the type. */
function emitBody(body: Icmpv4Init['body'], bytes: Uint8Array, rest: number): number {
  const path = `icmpv4.${body.type}`;
  switch (body.type) {
    case 'echo-request':
    case 'echo-reply':
      writeU16(bytes, rest, unsigned(body.identifier, 16, `${path}.identifier`));
      writeU16(bytes, rest + 2, unsigned(body.sequence, 16, `${path}.sequence`));
      return body.type === 'echo-reply' ? Icmpv4Type.ECHO_REPLY : Icmpv4Type.ECHO_REQUEST;
    case 'destination-unreachable':
      writeU16(bytes, rest, unsigned(body.unused ?? 0, 16, `${path}.unused`));
      writeU16(bytes, rest + 2, unsigned(body.nextHopMtu ?? 0, 16, `${path}.nextHopMtu`));
      return Icmpv4Type.DESTINATION_UNREACHABLE;
    case 'time-exceeded':
      writeU32(bytes, rest, unsigned(body.unused ?? 0, 32, `${path}.unused`));
      return Icmpv4Type.TIME_EXCEEDED;
    case 'parameter-problem':
      bytes[rest] = unsigned(body.pointer, 8, `${path}.pointer`);
      writeU24(bytes, rest + 1, unsigned(body.unused ?? 0, 24, `${path}.unused`));
      return Icmpv4Type.PARAMETER_PROBLEM;
    case 'redirect':
      writeU32(bytes, rest, ipv4Number(body.gateway, `${path}.gateway`));
      return Icmpv4Type.REDIRECT;
    case 'other':
      writeU32(bytes, rest, unsigned(body.restOfHeader, 32, `${path}.restOfHeader`));
      return unsigned(body.icmpType, 8, `${path}.icmpType`);
    default:
      throw fieldError('bad-value', 'icmpv4.body', 'is of unknown type');
  }
}
