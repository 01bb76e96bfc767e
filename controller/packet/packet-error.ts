/** The one error of this room. Its text never contains an address, a port or payload. */
import { CodedError } from '../coded-error.js';

export type PacketErrorCode =
  /** The bytes end before the header, or before the length that the header announces. */
  | 'truncated'
  /** A length field contradicts itself or its surroundings. */
  | 'bad-length'
  | 'bad-version'
  /** Only where verification was asked for. */
  | 'bad-checksum'
  /** An option, TLV or neighbour discovery option whose structure is broken. */
  | 'bad-option'
  /** A field with a value that it cannot have. */
  | 'bad-value'
  /** More VLAN tags, extension headers or TLVs than a packet may have here. */
  | 'too-many-headers'
  /** Building: a field that nothing else determines was left out. */
  | 'missing-field'
  /** Building: layers that cannot follow each other. */
  | 'bad-layer-order';

export interface PacketErrorContext {
  /** Offset in the bytes given, where reading failed. */
  offset?: number;
  /** Dotted path of the field, such as `tcp.sourcePort`, where building failed. */
  field?: string;
  mend?: string;
}

export class PacketError extends CodedError<PacketErrorCode> {
  /** Layer at fault: the `type` of its plain form, such as `ipv4`. */
  readonly protocol: string;
  readonly offset: number | undefined;
  readonly field: string | undefined;

  constructor(code: PacketErrorCode, protocol: string, message: string, context: PacketErrorContext = {}) {
    super(code, `${protocol}: ${message}`, context.mend === undefined ? {} : { mend: context.mend });
    this.protocol = protocol;
    this.offset = context.offset;
    this.field = context.field;
  }
}

/** Throws `truncated` unless `bytes[start, end)` exists and holds at least `needed` bytes. */
export function checkSpan(
  protocol: string,
  bytes: Uint8Array,
  start: number,
  end: number,
  needed: number,
): void {
  if (end - start < needed || start < 0 || end > bytes.length) {
    const held = Math.max(0, Math.min(end, bytes.length) - start);
    throw new PacketError('truncated', protocol, `needs ${needed} bytes, ${held} are there`, {
      offset: start,
    });
  }
}
