/**
 * Plain TCP headers (RFC 9293). Reading fails where TcpView does, and with `bad-option`; building fails with
 * `bad-value` and `bad-length`.
 */
import { readU16, readU32, writeU16, writeU32 } from './byte-order.js';
import { fieldError, unsigned } from './field-check.js';
import { encodeOptions, type PlainOption, parseOptions } from './option-list.js';
import type { Parsed } from './parsed.js';
import { TCP_HEADER_LENGTH, TcpOptionKind, type TcpView } from './tcp-view.js';

export interface SackBlock {
  left: number;
  right: number;
}

type TypedOption =
  | { type: 'maximum-segment-size'; size: number }
  | { type: 'window-scale'; shift: number }
  | { type: 'sack-permitted' }
  /** One to four blocks. */
  | { type: 'sack'; blocks: SackBlock[] }
  | { type: 'timestamps'; value: number; echo: number };
export type TcpOption = TypedOption | PlainOption;

/** From the lowest bit of the header. */
const FLAG_NAMES = ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr', 'ae'] as const;
export type TcpFlagName = (typeof FLAG_NAMES)[number];

export interface TcpInit {
  type: 'tcp';
  sourcePort: number;
  destinationPort: number;
  /** Default 0. */
  sequence?: number;
  /** Default 0. */
  acknowledgement?: number;
  /** Default none. */
  flags?: TcpFlagName[];
  /** Not scaled; default 65535. */
  window?: number;
  /** Default 0. */
  urgentPointer?: number;
  /** Default none. Building pads them with zeros to a multiple of 4 bytes. */
  options?: TcpOption[];
  /** The three bits that must be zero. */
  reserved?: number;
  /** Given where it is wrong, or is to be. */
  checksum?: number;
}
export type TcpLayer = Parsed<TcpInit, 'reserved' | 'checksum'>;

/** `addressSum` is that of the network header around. */
export function parseTcpHeader(view: TcpView, addressSum: number): TcpLayer {
  const flags = view.flags;
  const layer: TcpLayer = {
    type: 'tcp',
    sourcePort: view.sourcePort,
    destinationPort: view.destinationPort,
    sequence: view.sequence,
    acknowledgement: view.acknowledgement,
    flags: FLAG_NAMES.filter((_, bit) => (flags & (1 << bit)) !== 0),
    window: view.window,
    urgentPointer: view.urgentPointer,
    options: parseOptions('tcp', view.bytes, view.start + TCP_HEADER_LENGTH, view.payloadOffset, parseTyped),
  };
  const reserved = (view.bytes[view.start + 12]! >>> 1) & 7;
  if (reserved !== 0) layer.reserved = reserved;
  if (view.checksum !== view.computeChecksum(addressSum)) layer.checksum = view.checksum;
  return layer;
}

function parseTyped(kind: number, value: Uint8Array): TypedOption | undefined {
  const { length } = value;
  switch (kind) {
    case TcpOptionKind.MAXIMUM_SEGMENT_SIZE:
      return length === 2 ? { type: 'maximum-segment-size', size: readU16(value, 0) } : undefined;
    case TcpOptionKind.WINDOW_SCALE:
      return length === 1 ? { type: 'window-scale', shift: value[0]! } : undefined;
    case TcpOptionKind.SACK_PERMITTED:
      return length === 0 ? { type: 'sack-permitted' } : undefined;
    case TcpOptionKind.SACK: {
      if (length === 0 || length % 8 !== 0) return undefined;
      const blocks: SackBlock[] = [];
      for (let offset = 0; offset < length; offset += 8) {
        blocks.push({ left: readU32(value, offset), right: readU32(value, offset + 4) });
      }
      return { type: 'sack', blocks };
    }
    case TcpOptionKind.TIMESTAMPS:
      return length === 8
        ? { type: 'timestamps', value: readU32(value, 0), echo: readU32(value, 4) }
        : undefined;
    default:
      return undefined;
  }
}

function encodeTyped(option: TypedOption): { kind: number; value: readonly number[] } {
  const path = `tcp.options.${option.type}`;
  switch (option.type) {
    case 'maximum-segment-size': {
      const size = unsigned(option.size, 16, `${path}.size`);
      return { kind: TcpOptionKind.MAXIMUM_SEGMENT_SIZE, value: [size >>> 8, size & 255] };
    }
    case 'window-scale':
      return { kind: TcpOptionKind.WINDOW_SCALE, value: [unsigned(option.shift, 8, `${path}.shift`)] };
    case 'sack-permitted':
      return { kind: TcpOptionKind.SACK_PERMITTED, value: [] };
    case 'sack': {
      if (option.blocks.length === 0) throw fieldError('bad-value', `${path}.blocks`, 'is empty');
      const value = option.blocks.flatMap(({ left, right }) => [
        ...octets(left, `${path}.left`),
        ...octets(right, `${path}.right`),
      ]);
      return { kind: TcpOptionKind.SACK, value };
    }
    case 'timestamps': {
      const value = [...octets(option.value, `${path}.value`), ...octets(option.echo, `${path}.echo`)];
      return { kind: TcpOptionKind.TIMESTAMPS, value };
    }
    default:
      throw fieldError('bad-value', 'tcp.options', 'has an entry of unknown type');
  }
}

function octets(value: number, field: string): number[] {
  const number = unsigned(value, 32, field);
  return [number >>> 24, (number >>> 16) & 255, (number >>> 8) & 255, number & 255];
}

/** 20 to 60 bytes. */
export function tcpHeaderLength(layer: TcpInit): number {
  return TCP_HEADER_LENGTH + encodeOptions('tcp', layer.options ?? [], encodeTyped).length;
}

/** Writes the header, the checksum only where the layer gives one. */
export function emitTcpHeader(layer: TcpInit, bytes: Uint8Array, start: number): void {
  const options = encodeOptions('tcp', layer.options ?? [], encodeTyped);
  writeU16(bytes, start, unsigned(layer.sourcePort, 16, 'tcp.sourcePort'));
  writeU16(bytes, start + 2, unsigned(layer.destinationPort, 16, 'tcp.destinationPort'));
  writeU32(bytes, start + 4, unsigned(layer.sequence ?? 0, 32, 'tcp.sequence'));
  writeU32(bytes, start + 8, unsigned(layer.acknowledgement ?? 0, 32, 'tcp.acknowledgement'));
  const headerWords = (TCP_HEADER_LENGTH + options.length) / 4;
  const reserved = unsigned(layer.reserved ?? 0, 3, 'tcp.reserved');
  writeU16(bytes, start + 12, (headerWords << 12) | (reserved << 9) | flagBits(layer.flags ?? []));
  writeU16(bytes, start + 14, unsigned(layer.window ?? 0xffff, 16, 'tcp.window'));
  writeU16(bytes, start + 16, unsigned(layer.checksum ?? 0, 16, 'tcp.checksum'));
  writeU16(bytes, start + 18, unsigned(layer.urgentPointer ?? 0, 16, 'tcp.urgentPointer'));
  bytes.set(options, start + TCP_HEADER_LENGTH);
}

function flagBits(names: readonly TcpFlagName[]): number {
  let bits = 0;
  for (const name of names) {
    const bit = FLAG_NAMES.indexOf(name);
    if (bit < 0) throw fieldError('bad-value', 'tcp.flags', 'has an unknown name');
    bits |= 1 << bit;
  }
  return bits;
}
