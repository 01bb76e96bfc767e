import {
  EthernetView,
  EtherType,
  IpProtocol,
  Ipv4View,
  Ipv6View,
  UdpView,
} from '../../../controller/packet/index.js';
import { ipv4Bytes } from '../address-prefix.js';

/** A UDP datagram of a client, copied out of its packet-in. */
export interface PuntedDatagram {
  /** Source MAC address of the frame. */
  readonly mac: number;
  /** 4 or 16 bytes each. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/** Undefined for anything but a whole UDP datagram in one untagged packet with right checksums. Throws PacketError. */
export function readDatagram(frame: Uint8Array): PuntedDatagram | undefined {
  const ethernet = new EthernetView(frame);
  if (ethernet.tagCount > 0) return undefined;
  const ip = networkView(ethernet);
  if (ip === undefined || ip.isFragment || ip.protocol !== IpProtocol.UDP) return undefined;
  const udp = new UdpView(ip.bytes, ip.payloadOffset, ip.end);
  if (!udp.hasRightChecksum(ip.addressSum) || (ip instanceof Ipv6View && udp.checksum === 0))
    return undefined;
  const addresses =
    ip instanceof Ipv4View
      ? { source: ipv4Bytes(ip.source), destination: ipv4Bytes(ip.destination) }
      : { source: ip.source.slice(), destination: ip.destination.slice() };
  return {
    mac: ethernet.source,
    ...addresses,
    sourcePort: udp.sourcePort,
    destinationPort: udp.destinationPort,
    payload: frame.slice(udp.payloadOffset, udp.end),
  };
}

function networkView(ethernet: EthernetView): Ipv4View | Ipv6View | undefined {
  const { bytes, etherType, payloadOffset, payloadEnd } = ethernet;
  if (etherType === EtherType.IPV4) return new Ipv4View(bytes, payloadOffset, payloadEnd);
  if (etherType === EtherType.IPV6) return new Ipv6View(bytes, payloadOffset, payloadEnd);
  return undefined;
}
