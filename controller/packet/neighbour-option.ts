/**
 * Options of neighbour discovery (RFC 4861 section 4.6). An option of unknown type, or whose length is not that
 * of its type, is kept as `other`. Reading may fail with `truncated` and `bad-option`, building with `bad-value`.
 */
import { formatIpv6, formatMac, type Ipv6Address, type MacAddress } from '../address/index.js';
import { readU16, readU32, readU48, writeU16, writeU32, writeU48 } from './byte-order.js';
import { byteString, fieldError, ipv6Bytes, macNumber, unsigned } from './field-check.js';
import { checkNeighbourOption, NeighbourOptionType } from './neighbour-discovery-view.js';

interface LinkLayerAddress<Mac> {
  type: 'source-link-layer-address' | 'target-link-layer-address';
  address: Mac;
}
interface PrefixInformation<Ipv6> {
  type: 'prefix-information';
  prefix: Ipv6;
  prefixLength: number;
  onLink: boolean;
  autonomous: boolean;
  /** Seconds; 4294967295 is for ever. */
  validLifetime: number;
  preferredLifetime: number;
  /** The low six bits beside the flags (RFC 6275 uses one), default 0. */
  reservedFlags?: number;
  /** 32 bits, default 0. */
  reserved?: number;
}
interface RedirectedHeader {
  type: 'redirected-header';
  /** Head of the packet that is redirected; a multiple of 8 bytes. */
  data: Uint8Array;
  /** 48 bits, default 0. */
  reserved?: number;
}
interface Mtu {
  type: 'mtu';
  mtu: number;
  /** 16 bits, default 0. */
  reserved?: number;
}
interface Other {
  type: 'other';
  optionType: number;
  /** Without type and length: 6 bytes and a multiple of 8. */
  data: Uint8Array;
}
type OptionOf<Ipv6, Mac> = LinkLayerAddress<Mac> | PrefixInformation<Ipv6> | RedirectedHeader | Mtu | Other;
export type NeighbourOptionInit = OptionOf<Ipv6Address, MacAddress>;
export type NeighbourOption = OptionOf<string, string>;

export function parseNeighbourOptions(bytes: Uint8Array, start: number, end: number): NeighbourOption[] {
  const options: NeighbourOption[] = [];
  for (let offset = start; offset < end; offset += 8 * bytes[offset + 1]!) {
    checkNeighbourOption(bytes, offset, end);
    options.push(parseOption(bytes, offset, 8 * bytes[offset + 1]!));
  }
  return options;
}

function parseOption(bytes: Uint8Array, offset: number, length: number): NeighbourOption {
  const optionType = bytes[offset]!;
  switch (optionType) {
    case NeighbourOptionType.SOURCE_LINK_LAYER_ADDRESS:
    case NeighbourOptionType.TARGET_LINK_LAYER_ADDRESS: {
      if (length !== 8) break;
      const side = optionType === NeighbourOptionType.SOURCE_LINK_LAYER_ADDRESS ? 'source' : 'target';
      return { type: `${side}-link-layer-address`, address: formatMac(readU48(bytes, offset + 2)) };
    }
    case NeighbourOptionType.PREFIX_INFORMATION:
      if (length !== 32) break;
      return parsePrefix(bytes, offset);
    case NeighbourOptionType.REDIRECTED_HEADER:
      return {
        type: 'redirected-header',
        data: bytes.subarray(offset + 8, offset + length),
        ...reservedField(readU48(bytes, offset + 2)),
      };
    case NeighbourOptionType.MTU:
      if (length !== 8) break;
      return { type: 'mtu', mtu: readU32(bytes, offset + 4), ...reservedField(readU16(bytes, offset + 2)) };
  }
  return { type: 'other', optionType, data: bytes.subarray(offset + 2, offset + length) };
}

function parsePrefix(bytes: Uint8Array, offset: number): NeighbourOption {
  const flags = bytes[offset + 3]!;
  const option: NeighbourOption = {
    type: 'prefix-information',
    prefix: formatIpv6(bytes, offset + 16),
    prefixLength: bytes[offset + 2]!,
    onLink: (flags & 0x80) !== 0,
    autonomous: (flags & 0x40) !== 0,
    validLifetime: readU32(bytes, offset + 4),
    preferredLifetime: readU32(bytes, offset + 8),
    ...reservedField(readU32(bytes, offset + 12)),
  };
  if ((flags & 0x3f) !== 0) option.reservedFlags = flags & 0x3f;
  return option;
}

function reservedField(reserved: number): { reserved?: number } {
  return reserved === 0 ? {} : { reserved };
}

export function neighbourOptionsLength(options: readonly NeighbourOptionInit[]): number {
  return options.reduce((length, option) => length + optionLength(option), 0);
}

function optionLength(option: NeighbourOptionInit): number {
  switch (option.type) {
    case 'prefix-information':
      return 32;
    case 'redirected-header':
      return wholeUnits(
        8 + byteString(option.data, 2032, 'icmpv6.redirected-header.data').length,
        option.type,
      );
    case 'other':
      return wholeUnits(2 + byteString(option.data, 2038, 'icmpv6.other.data').length, option.type);
    default:
      return 8;
  }
}

function wholeUnits(length: number, type: string): number {
  if (length % 8 !== 0) throw fieldError('bad-length', `icmpv6.${type}.data`, 'does not fill 8-byte units');
  return length;
}

export function emitNeighbourOptions(
  options: readonly NeighbourOptionInit[],
  bytes: Uint8Array,
  start: number,
): void {
  let offset = start;
  for (const option of options) {
    const length = optionLength(option);
    bytes[offset] = emitOption(option, bytes, offset);
    bytes[offset + 1] = length / 8;
    offset += length;
  }
}

/** Writes all after the length and returns the type. */
function emitOption(option: NeighbourOptionInit, bytes: Uint8Array, offset: number): number {
  const path = `icmpv6.${option.type}`;
  switch (option.type) {
    case 'source-link-layer-address':
    case 'target-link-layer-address':
      writeU48(bytes, offset + 2, macNumber(option.address, `${path}.address`));
      return option.type === 'source-link-layer-address'
        ? NeighbourOptionType.SOURCE_LINK_LAYER_ADDRESS
        : NeighbourOptionType.TARGET_LINK_LAYER_ADDRESS;
    case 'prefix-information':
      bytes[offset + 2] = unsigned(option.prefixLength, 8, `${path}.prefixLength`);
      bytes[offset + 3] =
        (option.onLink ? 0x80 : 0) |
        (option.autonomous ? 0x40 : 0) |
        unsigned(option.reservedFlags ?? 0, 6, `${path}.reservedFlags`);
      writeU32(bytes, offset + 4, unsigned(option.validLifetime, 32, `${path}.validLifetime`));
      writeU32(bytes, offset + 8, unsigned(option.preferredLifetime, 32, `${path}.preferredLifetime`));
      writeU32(bytes, offset + 12, unsigned(option.reserved ?? 0, 32, `${path}.reserved`));
      bytes.set(ipv6Bytes(option.prefix, `${path}.prefix`), offset + 16);
      return NeighbourOptionType.PREFIX_INFORMATION;
    case 'redirected-header':
      writeU48(bytes, offset + 2, unsigned(option.reserved ?? 0, 48, `${path}.reserved`));
      bytes.set(option.data, offset + 8);
      return NeighbourOptionType.REDIRECTED_HEADER;
    case 'mtu':
      writeU16(bytes, offset + 2, unsigned(option.reserved ?? 0, 16, `${path}.reserved`));
      writeU32(bytes, offset + 4, unsigned(option.mtu, 32, `${path}.mtu`));
      return NeighbourOptionType.MTU;
    case 'other':
      bytes.set(option.data, offset + 2);
      return unsigned(option.optionType, 8, `${path}.optionType`);
    default:
      throw fieldError('bad-value', 'icmpv6.options', 'has an entry of unknown type');
  }
}
