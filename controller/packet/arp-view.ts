/**
 * ARP for IPv4 over Ethernet (RFC 826), 28 bytes. The constructor may fail with `truncated`, and with
 * `bad-value` where the addresses are of another kind; nothing else does.
 */
import { readU16, readU32, readU48, writeU16, writeU32, writeU48 } from './byte-order.js';
import { EtherType } from './ether-type.js';
import { checkSpan, PacketError } from './packet-error.js';

export const ARP_LENGTH = 28;
export const ArpOperation = { REQUEST: 1, REPLY: 2 } as const;
export const ARP_HARDWARE_ETHERNET = 1;

export class ArpView {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;

  constructor(bytes: Uint8Array, start = 0, end = bytes.length) {
    checkSpan('arp', bytes, start, end, ARP_LENGTH);
    if (
      readU16(bytes, start) !== ARP_HARDWARE_ETHERNET ||
      readU16(bytes, start + 2) !== EtherType.IPV4 ||
      readU16(bytes, start + 4) !== 0x0604
    ) {
      throw new PacketError('bad-value', 'arp', 'is not for IPv4 over Ethernet', { offset: start });
    }
    this.bytes = bytes;
    this.start = start;
    this.end = start + ARP_LENGTH;
  }

  get operation(): number {
    return readU16(this.bytes, this.start + 6);
  }

  set operation(operation: number) {
    writeU16(this.bytes, this.start + 6, operation);
  }

  /** 48-bit number. */
  get senderMac(): number {
    return readU48(this.bytes, this.start + 8);
  }

  set senderMac(mac: number) {
    writeU48(this.bytes, this.start + 8, mac);
  }

  /** 32-bit number. */
  get senderIpv4(): number {
    return readU32(this.bytes, this.start + 14);
  }

  set senderIpv4(address: number) {
    writeU32(this.bytes, this.start + 14, address);
  }

  /** 48-bit number. */
  get targetMac(): number {
    return readU48(this.bytes, this.start + 18);
  }

  set targetMac(mac: number) {
    writeU48(this.bytes, this.start + 18, mac);
  }

  /** 32-bit number. */
  get targetIpv4(): number {
    return readU32(this.bytes, this.start + 24);
  }

  set targetIpv4(address: number) {
    writeU32(this.bytes, this.start + 24, address);
  }
}
