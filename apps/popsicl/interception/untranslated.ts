import { parseIpv4, parseIpv6 } from '../../../controller/address/index.js';
import type { PacketInView } from '../../../controller/openflow/index.js';
import { EthernetView, EtherType, Ipv4View, Ipv6View, TcpView } from '../../../controller/packet/index.js';

/**
 * A copy of a punted frame as it was before the switch's connection tracking translated it, by the original addresses that
 * the packet-in tells. Undefined where it tells none.
 */
export function untranslated(view: PacketInView): Uint8Array | undefined {
  const { ctNwDst, ctIpv6Dst, ctTpSrc, ctTpDst } = view.match;
  const frame = view.data.slice();
  const ethernet = new EthernetView(frame);
  if (typeof ctTpSrc !== 'number' || typeof ctTpDst !== 'number') return undefined;
  let tcp: TcpView;
  if (ethernet.etherType === EtherType.IPV4 && typeof ctNwDst === 'string') {
    const ip = new Ipv4View(frame, ethernet.payloadOffset);
    tcp = new TcpView(frame, ip.payloadOffset, ip.end);
    ip.setDestination(parseIpv4(ctNwDst), tcp);
  } else if (ethernet.etherType === EtherType.IPV6 && typeof ctIpv6Dst === 'string') {
    const ip = new Ipv6View(frame, ethernet.payloadOffset);
    tcp = new TcpView(frame, ip.payloadOffset, ip.end);
    ip.setDestination(parseIpv6(ctIpv6Dst)!, tcp);
  } else return undefined;
  tcp.sourcePort = ctTpSrc;
  tcp.destinationPort = ctTpDst;
  return frame;
}
