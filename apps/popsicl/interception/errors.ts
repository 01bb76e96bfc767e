import type { PacketInView } from '../../../controller/openflow/index.js';
import { IpProtocol } from '../../../controller/packet/index.js';
import type { Switch } from '../../../controller/switch/index.js';
import type { Handoffs } from '../handoff/handoffs.js';
import type { LiveConnection } from '../handoff/live-connections.js';
import type { Tenant, Tenants } from '../handoff/tenants.js';
import { bytesOf } from '../segments/address-words.js';
import { reversed } from '../segments/connection-ends.js';
import { type MachineEnd, QuotedPacket } from '../segments/quoted-packet.js';

/**
 * ICMP errors about connections that connection tracking does not know: those with rules of their own. Without them a tenant would
 * never learn which size of packets reaches a client. What quotes no connection that is remembered goes nowhere.
 */
export class Errors {
  readonly counts = { translated: 0 };
  private readonly tenants: Tenants;
  private readonly handoffs: Handoffs;

  constructor(tenants: Tenants, handoffs: Handoffs) {
    this.tenants = tenants;
    this.handoffs = handoffs;
  }

  packetIn(sw: Switch, view: PacketInView): void {
    const packet = QuotedPacket.read(view.data);
    if (packet === undefined) return;
    if (packet.isToSource) this.toTenant(sw, view.inPort, packet);
    if (packet.isOfDestination) this.ofTenant(sw, view.inPort, packet);
  }

  /** What the tenant sent under the pseudo-address did not reach the client. */
  private toTenant(sw: Switch, inPort: number, packet: QuotedPacket): void {
    const connection = this.live(packet).ofClient(reversed(packet.ends));
    const tenant = connection === undefined ? undefined : this.tenants.at(connection.tenant);
    if (connection === undefined || tenant?.mac === undefined) return;
    packet.toMachine(asTenant(tenant, connection));
    this.counts.translated++;
    this.handoffs.conntrack.pass(sw, inPort, tenant.mac, packet.frame);
  }

  /** The tenant did not take what the client sent to the pseudo-address. */
  private ofTenant(sw: Switch, inPort: number, packet: QuotedPacket): void {
    const { ends } = packet;
    const tenant = this.tenants.ofDestination(ends);
    if (tenant?.port !== ends.destinationPort) return;
    const connection = this.live(packet).ofPort(ends, tenant.index, ends.sourcePort);
    if (connection === undefined) return;
    packet.ofMachine(asPseudonym(connection));
    this.counts.translated++;
    this.handoffs.conntrack.passBack(sw, inPort, packet.frame);
  }

  private live({ protocol }: QuotedPacket) {
    return protocol === IpProtocol.TCP ? this.handoffs.live : this.handoffs.liveDatagrams;
  }
}

function asTenant({ ipv4, ipv6, port }: Tenant, { family, translatedPort }: LiveConnection): MachineEnd {
  return { address: family === 4 ? bytesOf(4, [0, 0, 0, ipv4]) : ipv6!, port, clientPort: translatedPort };
}

function asPseudonym({ family, pseudo, pseudoPort, clientPort }: LiveConnection): MachineEnd {
  return { address: bytesOf(family, pseudo), port: pseudoPort, clientPort };
}
