import type { PacketInView } from '../../../controller/openflow/index.js';
import {
  EthernetView,
  EtherType,
  IpProtocol,
  Ipv4View,
  Ipv6View,
  PacketError,
  UdpView,
} from '../../../controller/packet/index.js';
import type { Switch } from '../../../controller/switch/index.js';
import type { Directory } from '../model.js';
import type { ConntrackRedirection } from './conntrack.js';
import type { Tenants } from './tenants.js';

/** Bytes of the destination in an IP header. */
const DESTINATION = { 4: [16, 20], 6: [24, 40] } as const;

/**
 * UDP (QUIC) for tenants with the strategy `address` and the redirection `conntrack`: the address names the tenant, and the first
 * datagram commits. Nothing is remembered here; the next datagram of the client commits again where a switch has forgotten.
 */
export class Datagrams {
  readonly counts = { handoffs: 0, strays: 0 };
  private readonly tenants: Tenants;
  private readonly directory: Directory;
  private readonly conntrack: ConntrackRedirection;
  private readonly port: number;

  constructor(tenants: Tenants, directory: Directory, conntrack: ConntrackRedirection, port: number) {
    this.tenants = tenants;
    this.directory = directory;
    this.conntrack = conntrack;
    this.port = port;
  }

  packetIn(sw: Switch, view: PacketInView): void {
    const found = readDestination(view.data, this.port);
    const config = found === undefined ? undefined : this.directory.tenantOfAddress(found.address);
    const tenant = config === undefined ? undefined : this.tenants.of(config);
    if (
      found === undefined ||
      !tenant?.has(found.family) ||
      tenant.strategy(found.family) !== 'address' ||
      tenant.redirection !== 'conntrack'
    ) {
      this.counts.strays++;
      return;
    }
    this.counts.handoffs++;
    this.conntrack.commitTo(sw, view.inPort, tenant, found.family, view);
  }
}

/** Undefined for what is no whole datagram to that port. */
function readDestination(
  frame: Uint8Array,
  port: number,
): { family: 4 | 6; address: Uint8Array } | undefined {
  try {
    const ethernet = new EthernetView(frame);
    const start = ethernet.payloadOffset;
    const family = ethernet.etherType === EtherType.IPV6 ? 6 : 4;
    const ip = family === 6 ? new Ipv6View(frame, start) : new Ipv4View(frame, start);
    if ((ip instanceof Ipv6View ? ip.nextHeader : ip.protocol) !== IpProtocol.UDP) return undefined;
    if (new UdpView(frame, ip.payloadOffset, ip.end).destinationPort !== port) return undefined;
    const [from, to] = DESTINATION[family];
    return { family, address: frame.subarray(start + from, start + to) };
  } catch (error) {
    if (error instanceof PacketError) return undefined;
    throw error;
  }
}
