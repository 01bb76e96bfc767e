import type { PacketInView } from '../../../controller/openflow/index.js';
import { IpProtocol } from '../../../controller/packet/index.js';
import type { Switch } from '../../../controller/switch/index.js';
import type { Handoffs } from '../handoff/handoffs.js';
import type { LiveConnection } from '../handoff/live-connections.js';
import type { Tenant, Tenants } from '../handoff/tenants.js';
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
    const { ends } = packet;
    const connection = this.live(packet).ofClient({
      family: ends.family,
      source0: ends.destination0,
      source1: ends.destination1,
      source2: ends.destination2,
      source3: ends.destination3,
      sourcePort: ends.destinationPort,
      destination0: ends.source0,
      destination1: ends.source1,
      destination2: ends.source2,
      destination3: ends.source3,
      destinationPort: ends.sourcePort,
    });
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
  return { address: family === 4 ? bytesOf([ipv4]) : ipv6!, port, clientPort: translatedPort };
}

function asPseudonym({ family, pseudo, pseudoPort, clientPort }: LiveConnection): MachineEnd {
  return { address: bytesOf(family === 4 ? [pseudo[3]] : pseudo), port: pseudoPort, clientPort };
}

function bytesOf(words: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(4 * words.length);
  const view = new DataView(bytes.buffer);
  words.forEach((word, index) => {
    view.setUint32(4 * index, word);
  });
  return bytes;
}
