/**
 * Plain IPv6 extension headers (RFC 8200 section 4, RFC 4302). Reading may fail with `truncated`, `bad-length`
 * and `bad-option`; building with `bad-value`, `bad-length` and `missing-field`.
 */
import { readU16, readU32, writeU16, writeU32 } from './byte-order.js';
import { byteString, fieldError, unsigned } from './field-check.js';
import { IpProtocol } from './ip-protocol.js';
import { FRAGMENT_HEADER_LENGTH } from './ipv6-extension.js';
import { encodeIpv6Options, type Ipv6Option, parseIpv6Options } from './ipv6-options.js';
import { settleNextHeader } from './next-header.js';
import type { Parsed } from './parsed.js';

interface Extension {
  /** May be left out before a layer that determines it, and where nothing follows. */
  nextHeader?: number;
}

export interface OptionsInit extends Extension {
  type: 'hop-by-hop-options' | 'destination-options';
  /** Building pads them to the length that the header needs. */
  options: Ipv6Option[];
}

export interface RoutingInit extends Extension {
  type: 'routing';
  routingType: number;
  segmentsLeft: number;
  /** All after segments left: 4 bytes and a multiple of 8. */
  data: Uint8Array;
}

export interface FragmentInit extends Extension {
  type: 'fragment';
  /** Bytes, a multiple of 8. */
  fragmentOffset: number;
  moreFragments: boolean;
  identification: number;
  /** Byte 1 and, in the low two bits, the reserved bits before the flag; default 0. */
  reserved?: number;
}

export interface AuthenticationInit extends Extension {
  type: 'authentication';
  securityParametersIndex: number;
  sequence: number;
  /** A multiple of 4 bytes. */
  integrityCheckValue: Uint8Array;
  /** 16 bits, default 0. */
  reserved?: number;
}

export type ExtensionInit = OptionsInit | RoutingInit | FragmentInit | AuthenticationInit;
export type ExtensionLayer =
  | Parsed<OptionsInit>
  | Parsed<RoutingInit>
  | Parsed<FragmentInit, 'reserved'>
  | Parsed<AuthenticationInit, 'reserved'>;

/** The extension header `protocol` in `bytes[start, start + length)`; the caller knows that it is one. */
export function parseExtension(
  protocol: number,
  bytes: Uint8Array,
  start: number,
  length: number,
): ExtensionLayer {
  const nextHeader = bytes[start]!;
  const end = start + length;
  switch (protocol) {
    case IpProtocol.ROUTING:
      return {
        type: 'routing',
        nextHeader,
        routingType: bytes[start + 2]!,
        segmentsLeft: bytes[start + 3]!,
        data: bytes.subarray(start + 4, end),
      };
    case IpProtocol.FRAGMENT: {
      const place = readU16(bytes, start + 2);
      const layer: Parsed<FragmentInit, 'reserved'> = {
        type: 'fragment',
        nextHeader,
        fragmentOffset: place & 0xfff8,
        moreFragments: (place & 1) !== 0,
        identification: readU32(bytes, start + 4),
      };
      const reserved = (bytes[start + 1]! << 2) | ((place >>> 1) & 3);
      if (reserved !== 0) layer.reserved = reserved;
      return layer;
    }
    case IpProtocol.AUTHENTICATION: {
      const layer: Parsed<AuthenticationInit, 'reserved'> = {
        type: 'authentication',
        nextHeader,
        securityParametersIndex: readU32(bytes, start + 4),
        sequence: readU32(bytes, start + 8),
        integrityCheckValue: bytes.subarray(start + 12, end),
      };
      const reserved = readU16(bytes, start + 2);
      if (reserved !== 0) layer.reserved = reserved;
      return layer;
    }
    default: {
      const type = protocol === IpProtocol.HOP_BY_HOP ? 'hop-by-hop-options' : 'destination-options';
      return { type, nextHeader, options: parseIpv6Options(type, bytes, start + 2, end) };
    }
  }
}

/** Bytes of the whole header. */
export function extensionLength(layer: ExtensionInit): number {
  switch (layer.type) {
    case 'routing': {
      const { length } = byteString(layer.data, 2044, 'routing.data');
      if (length % 8 !== 4) throw fieldError('bad-length', 'routing.data', 'is no multiple of 8 and 4 bytes');
      return 4 + length;
    }
    case 'fragment':
      return FRAGMENT_HEADER_LENGTH;
    case 'authentication': {
      const { length } = byteString(layer.integrityCheckValue, 1016, 'authentication.integrityCheckValue');
      if (length % 4 !== 0) {
        throw fieldError('bad-length', 'authentication.integrityCheckValue', 'is no multiple of 4 bytes');
      }
      return 12 + length;
    }
    default:
      return 2 + encodeIpv6Options(layer.type, layer.options).length;
  }
}

export function emitExtension(
  layer: ExtensionInit,
  bytes: Uint8Array,
  start: number,
  end: number,
  implied: number | undefined,
): void {
  const length = extensionLength(layer);
  const { type } = layer;
  const nothing = start + length === end ? (layer.nextHeader ?? IpProtocol.NO_NEXT_HEADER) : undefined;
  bytes[start] = settleNextHeader(`${type}.nextHeader`, layer.nextHeader, implied ?? nothing);
  if (layer.type === 'fragment') {
    emitFragment(layer, bytes, start);
  } else if (layer.type === 'authentication') {
    bytes[start + 1] = length / 4 - 2;
    writeU16(bytes, start + 2, unsigned(layer.reserved ?? 0, 16, 'authentication.reserved'));
    const index = unsigned(layer.securityParametersIndex, 32, 'authentication.securityParametersIndex');
    writeU32(bytes, start + 4, index);
    writeU32(bytes, start + 8, unsigned(layer.sequence, 32, 'authentication.sequence'));
    bytes.set(layer.integrityCheckValue, start + 12);
  } else {
    bytes[start + 1] = length / 8 - 1;
    if (layer.type === 'routing') {
      bytes[start + 2] = unsigned(layer.routingType, 8, 'routing.routingType');
      bytes[start + 3] = unsigned(layer.segmentsLeft, 8, 'routing.segmentsLeft');
      bytes.set(layer.data, start + 4);
    } else {
      bytes.set(encodeIpv6Options(type, layer.options), start + 2);
    }
  }
}

function emitFragment(layer: FragmentInit, bytes: Uint8Array, start: number): void {
  const offset = unsigned(layer.fragmentOffset, 16, 'fragment.fragmentOffset');
  if (offset % 8 !== 0) throw fieldError('bad-value', 'fragment.fragmentOffset', 'is no multiple of 8');
  const reserved = unsigned(layer.reserved ?? 0, 10, 'fragment.reserved');
  bytes[start + 1] = reserved >>> 2;
  writeU16(bytes, start + 2, offset | ((reserved & 3) << 1) | (layer.moreFragments ? 1 : 0));
  writeU32(bytes, start + 4, unsigned(layer.identification, 32, 'fragment.identification'));
}
