/**
 * UDP datagrams (RFC 768). The constructor checks the length field; it may fail with `truncated` and
 * `bad-length`. The getters do not fail. Setters keep the checksum right; one of 0, "not computed", stays 0.
 */
import { readU16 } from './byte-order.js';
import { updateChecksum } from './checksum.js';
import { IpProtocol } from './ip-protocol.js';
import { checkSpan, PacketError } from './packet-error.js';
import { PortsView } from './ports-view.js';

export const UDP_HEADER_LENGTH = 8;

export class UdpView extends PortsView {
  /** Its `end` is that of the datagram by its length field. With `partial`, a cut datagram is accepted. */
  constructor(bytes: Uint8Array, start = 0, end = bytes.length, partial = false) {
    checkSpan('udp', bytes, start, end, UDP_HEADER_LENGTH);
    const length = readU16(bytes, start + 4);
    if (length < UDP_HEADER_LENGTH) {
      throw new PacketError('bad-length', 'udp', `length ${length} is less than the header`, {
        offset: start + 4,
      });
    }
    if (!partial) checkSpan('udp', bytes, start, end, length);
    super(bytes, start, Math.min(end, start + length), start + UDP_HEADER_LENGTH);
  }

  protected get protocol(): number {
    return IpProtocol.UDP;
  }

  protected get checksumPlace(): number {
    return 6;
  }

  get payloadLength(): number {
    return this.end - this.payloadOffset;
  }

  override adjustChecksum(before: number, after: number): void {
    if (this.checksum !== 0) this.checksum = updateChecksum(this.checksum, before, after) || 0xffff;
  }

  /** A checksum of 0 is right over IPv4; over IPv6 the caller refuses it (RFC 8200 section 8.1, RFC 6935). */
  override hasRightChecksum(addressSum: number): boolean {
    return this.checksum === 0 || super.hasRightChecksum(addressSum);
  }

  /** Never 0. */
  override computeChecksum(addressSum: number): number {
    return super.computeChecksum(addressSum) || 0xffff;
  }
}
