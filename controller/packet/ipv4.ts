/**
 * Plain IPv4 headers (RFC 791). Reading fails where Ipv4View does, and with `bad-option`. Building fails with
 * `bad-value`, `bad-length`, and `missing-field` where nothing determines the protocol.
 */
import { formatIpv4, type Ipv4Address } from '../address/index.js';
import { readU16, writeU16, writeU32 } from './byte-order.js';
import { fieldError, ipv4Number, unsigned } from './field-check.js';
import { IPV4_HEADER_LENGTH, Ipv4OptionKind, type Ipv4View } from './ipv4-view.js';
import { settleNextHeader } from './next-header.js';
import { encodeOptions, type PlainOption, parseOptions } from './option-list.js';
import type { Parsed } from './parsed.js';

type TypedOption =
  /** RFC 2113. */
  { type: 'router-alert'; value: number };
export type Ipv4Option = TypedOption | PlainOption;

export interface Ipv4Init {
  type: 'ipv4';
  source: Ipv4Address;
  destination: Ipv4Address;
  /** May be left out before a layer that determines it. */
  protocol?: number;
  /** Default 64. */
  ttl?: number;
  /** Default 0, as for all below. */
  dscp?: number;
  ecn?: number;
  identification?: number;
  dontFragment?: boolean;
  moreFragments?: boolean;
  /** Bytes, a multiple of 8. */
  fragmentOffset?: number;
  options?: Ipv4Option[];
  /** The flag that must be zero. */
  reservedFlag?: true;
  /** Given where it is wrong, or is to be. */
  checksum?: number;
}
export type Ipv4Layer = Parsed<Ipv4Init, 'reservedFlag' | 'checksum'>;

export function parseIpv4Header(view: Ipv4View): Ipv4Layer {
  const layer: Ipv4Layer = {
    type: 'ipv4',
    source: formatIpv4(view.source),
    destination: formatIpv4(view.destination),
    protocol: view.protocol,
    ttl: view.ttl,
    dscp: view.dscp,
    ecn: view.ecn,
    identification: view.identification,
    dontFragment: view.dontFragment,
    moreFragments: view.moreFragments,
    fragmentOffset: view.fragmentOffset,
    options: parseOptions(
      'ipv4',
      view.bytes,
      view.start + IPV4_HEADER_LENGTH,
      view.payloadOffset,
      parseTyped,
    ),
  };
  if ((view.bytes[view.start + 6]! & 0x80) !== 0) layer.reservedFlag = true;
  if (view.checksum !== view.computeChecksum()) layer.checksum = view.checksum;
  return layer;
}

function parseTyped(kind: number, value: Uint8Array): TypedOption | undefined {
  if (kind !== Ipv4OptionKind.ROUTER_ALERT || value.length !== 2) return undefined;
  return { type: 'router-alert', value: readU16(value, 0) };
}

function encodeTyped(option: TypedOption): { kind: number; value: readonly number[] } {
  if (option.type !== 'router-alert') {
    throw fieldError('bad-value', 'ipv4.options', 'has an entry of unknown type');
  }
  const value = unsigned(option.value, 16, 'ipv4.options.router-alert.value');
  return { kind: Ipv4OptionKind.ROUTER_ALERT, value: [value >>> 8, value & 255] };
}

/** 20 to 60 bytes. */
export function ipv4HeaderLength(layer: Ipv4Init): number {
  return IPV4_HEADER_LENGTH + encodeOptions('ipv4', layer.options ?? [], encodeTyped).length;
}

/** Writes the header of the packet `bytes[start, end)`, the checksum only where the layer gives one. */
export function emitIpv4Header(
  layer: Ipv4Init,
  bytes: Uint8Array,
  start: number,
  end: number,
  implied: number | undefined,
): void {
  const options = encodeOptions('ipv4', layer.options ?? [], encodeTyped);
  const offset = unsigned(layer.fragmentOffset ?? 0, 16, 'ipv4.fragmentOffset');
  if (offset % 8 !== 0) throw fieldError('bad-value', 'ipv4.fragmentOffset', 'is no multiple of 8');
  if (end - start > 0xffff) throw fieldError('bad-length', 'ipv4.totalLength', 'would be over 65535');
  bytes[start] = 0x40 | ((IPV4_HEADER_LENGTH + options.length) / 4);
  bytes[start + 1] =
    (unsigned(layer.dscp ?? 0, 6, 'ipv4.dscp') << 2) | unsigned(layer.ecn ?? 0, 2, 'ipv4.ecn');
  writeU16(bytes, start + 2, end - start);
  writeU16(bytes, start + 4, unsigned(layer.identification ?? 0, 16, 'ipv4.identification'));
  const flags =
    (layer.reservedFlag === true ? 0x8000 : 0) |
    (layer.dontFragment === true ? 0x4000 : 0) |
    (layer.moreFragments === true ? 0x2000 : 0);
  writeU16(bytes, start + 6, flags | (offset / 8));
  bytes[start + 8] = unsigned(layer.ttl ?? 64, 8, 'ipv4.ttl');
  bytes[start + 9] = settleNextHeader('ipv4.protocol', layer.protocol, implied);
  writeU16(bytes, start + 10, unsigned(layer.checksum ?? 0, 16, 'ipv4.checksum'));
  writeU32(bytes, start + 12, ipv4Number(layer.source, 'ipv4.source'));
  writeU32(bytes, start + 16, ipv4Number(layer.destination, 'ipv4.destination'));
  bytes.set(options, start + IPV4_HEADER_LENGTH);
}
