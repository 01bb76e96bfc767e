/**
 * Neighbour discovery messages (RFC 4861). The constructor checks type, length and the option list; it may fail
 * with `truncated`, `bad-value` and `bad-option`. The getters do not fail.
 */
import { readU48 } from './byte-order.js';
import { Icmpv6Type, Icmpv6View } from './icmpv6-view.js';
import type { Ipv6View } from './ipv6-view.js';
import { checkSpan, PacketError } from './packet-error.js';

/** RFC 4861 section 4.6. */
export const NeighbourOptionType = {
  SOURCE_LINK_LAYER_ADDRESS: 1,
  TARGET_LINK_LAYER_ADDRESS: 2,
  PREFIX_INFORMATION: 3,
  REDIRECTED_HEADER: 4,
  MTU: 5,
} as const;

const NO_ADDRESS = new Uint8Array(0);

export class NeighbourDiscoveryView extends Icmpv6View {
  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    super(bytes, start, end);
    if (this.type < Icmpv6Type.ROUTER_SOLICITATION || this.type > Icmpv6Type.REDIRECT) {
      throw new PacketError('bad-value', 'icmpv6', 'is no neighbour discovery message', { offset: start });
    }
    for (let offset = this.payloadOffset; offset < end; offset += 8 * bytes[offset + 1]!) {
      checkNeighbourOption(bytes, offset, end);
    }
  }

  /** Subarray of 16 bytes of a solicitation, advertisement or redirect; empty for the router messages. */
  get target(): Uint8Array {
    if (this.type < Icmpv6Type.NEIGHBOUR_SOLICITATION) return NO_ADDRESS;
    return this.bytes.subarray(this.start + 8, this.start + 24);
  }

  /** Flags of a neighbour advertisement; false for other messages. */
  get isRouter(): boolean {
    return this.#flag(0x80);
  }

  get isSolicited(): boolean {
    return this.#flag(0x40);
  }

  get isOverride(): boolean {
    return this.#flag(0x20);
  }

  /** Offset in `bytes` of the first option of that type; -1 where there is none. */
  optionOffset(type: number): number {
    const { bytes, end } = this;
    for (let offset = this.payloadOffset; offset < end; offset += 8 * bytes[offset + 1]!) {
      if (bytes[offset] === type) return offset;
    }
    return -1;
  }

  /** 48-bit number of the source link-layer address option; -1 where there is none. */
  get sourceMac(): number {
    return this.#mac(NeighbourOptionType.SOURCE_LINK_LAYER_ADDRESS);
  }

  /** 48-bit number of the target link-layer address option; -1 where there is none. */
  get targetMac(): number {
    return this.#mac(NeighbourOptionType.TARGET_LINK_LAYER_ADDRESS);
  }

  /**
   * Whether a node may act on the message (RFC 4861 sections 6.1 and 7.1, 8.1): hop limit, code, checksum, and the
   * rules on addresses. `ip` is the packet around it.
   */
  isValidIn(ip: Ipv6View): boolean {
    if (ip.hopLimit !== 255 || this.code !== 0 || ip.isFragment || !this.hasRightChecksum(ip.addressSum)) {
      return false;
    }
    const { source, destination } = ip;
    const unspecified = source.every(byte => byte === 0);
    switch (this.type) {
      case Icmpv6Type.ROUTER_SOLICITATION:
        return !unspecified || this.sourceMac < 0;
      case Icmpv6Type.NEIGHBOUR_SOLICITATION:
        if (this.target[0] === 0xff) return false;
        return !unspecified || (this.sourceMac < 0 && isSolicitedNodeAddress(destination));
      case Icmpv6Type.NEIGHBOUR_ADVERTISEMENT:
        return this.target[0] !== 0xff && !(destination[0] === 0xff && this.isSolicited);
      default:
        return isLinkLocal(source);
    }
  }

  #flag(bit: number): boolean {
    return this.type === Icmpv6Type.NEIGHBOUR_ADVERTISEMENT && (this.bytes[this.start + 4]! & bit) !== 0;
  }

  #mac(type: number): number {
    const offset = this.optionOffset(type);
    return offset >= 0 && this.bytes[offset + 1] === 1 ? readU48(this.bytes, offset + 2) : -1;
  }
}

/** Lengths count 8 bytes; 0 would never end (RFC 4861 section 4.6). */
export function checkNeighbourOption(bytes: Uint8Array, offset: number, end: number): void {
  checkSpan('icmpv6', bytes, offset, end, 8);
  const length = 8 * bytes[offset + 1]!;
  if (length === 0 || offset + length > end) {
    throw new PacketError('bad-option', 'icmpv6', `option ${bytes[offset]} has no right length`, { offset });
  }
}

/** ff02::1:ff00:0/104 (RFC 4291 section 2.7.1). */
const SOLICITED_NODE = [0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff];

export function isSolicitedNodeAddress(address: Uint8Array): boolean {
  return SOLICITED_NODE.every((byte, index) => address[index] === byte);
}

/** The group in which the owner of `address` (16 bytes) hears solicitations. */
export function solicitedNodeAddress(address: Uint8Array): Uint8Array {
  const group = address.slice();
  group.set(SOLICITED_NODE);
  return group;
}

/** fe80::/10 (RFC 4291 section 2.5.6). */
function isLinkLocal(address: Uint8Array): boolean {
  return address[0] === 0xfe && (address[1]! & 0xc0) === 0x80;
}
