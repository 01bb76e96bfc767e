import {
  EthernetView,
  EtherType,
  IpProtocol,
  Ipv4View,
  Ipv6View,
  TcpView,
} from '../../../controller/packet/index.js';
import { capturedFrames } from '../../../mininet/driver/index.js';

export interface CapturedSegment {
  /** Addresses, in a form that only serves to tell them apart. */
  source: string;
  destination: string;
  tcp: TcpView;
  payload: Buffer;
}

/** The TCP segments with payload in a capture (pcap, Ethernet, little-endian), in their order. */
export function* capturedSegments(pcap: Buffer): Generator<CapturedSegment> {
  for (const { frame } of capturedFrames(pcap)) {
    const { etherType, payloadOffset } = new EthernetView(frame);
    if (etherType !== EtherType.IPV4 && etherType !== EtherType.IPV6) continue;
    const ip =
      etherType === EtherType.IPV4 ? new Ipv4View(frame, payloadOffset) : new Ipv6View(frame, payloadOffset);
    if (ip.protocol !== IpProtocol.TCP) continue;
    const tcp = new TcpView(frame, ip.payloadOffset, ip.end);
    if (tcp.payloadLength === 0) continue;
    const payload = Buffer.from(frame.subarray(tcp.payloadOffset, tcp.end));
    yield { source: textOf(ip.source), destination: textOf(ip.destination), tcp, payload };
  }
}

function textOf(address: number | Uint8Array): string {
  return typeof address === 'number' ? String(address) : Buffer.from(address).toString('hex');
}
