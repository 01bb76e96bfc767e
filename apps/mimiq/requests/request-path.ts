import { type PacketInView, Port } from '../../../controller/openflow/index.js';
import { PacketError } from '../../../controller/packet/index.js';
import type { Switch } from '../../../controller/switch/index.js';
import { ipv4Bytes } from '../address-prefix.js';
import type { Fabric } from '../fabric/fabric.js';
import type { Attachment, Requests } from '../model.js';
import { Punt } from '../pipeline/pipeline.js';
import { datagramFrame, ROUTER_LIFETIME, routerAdvertisement } from './answer-frames.js';
import { type PuntedDatagram, readDatagram } from './punted-datagram.js';

const SHORTEST_FRAME = 14;
const DHCPV4_SERVER = 67;
const DHCPV4_CLIENT = 68;
const DHCPV6_SERVER = 547;
const DHCPV6_CLIENT = 546;

/**
 * From packet-ins to the allocator and back (3.2, the relay with SID): who asks is what the switch says (datapath, port,
 * MAC address), and the answer leaves by the port that the question came from.
 */
export class RequestPath {
  readonly counts = { requests: 0, answers: 0, malformed: 0, routerSolicitations: 0, stray: 0 };
  private readonly fabric: Fabric;
  private readonly requests: Requests;
  private readonly clients: ReadonlyMap<string, ReadonlySet<number>>;
  private readonly advertisement: Uint8Array;

  constructor(fabric: Fabric, requests: Requests) {
    this.fabric = fabric;
    this.requests = requests;
    this.clients = new Map(fabric.switches.map(({ id, clients }) => [id, new Set(clients)]));
    const { mac, linkLocal } = fabric.gateway;
    this.advertisement = routerAdvertisement(mac, linkLocal, fabric.mtu);
  }

  /** Milliseconds between two advertisements that nobody asked for. */
  static readonly ADVERTISEMENT_INTERVAL = (ROUTER_LIFETIME * 1000) / 3;

  packetIn(sw: Switch, view: PacketInView): void | Promise<void> {
    const { inPort, data } = view;
    if (!this.clients.get(sw.id)?.has(inPort) || data.length < SHORTEST_FRAME) {
      this.counts.stray++;
      return;
    }
    const kind = view.cookieLow;
    if (kind === Punt.ROUTER_SOLICITATION) {
      this.counts.routerSolicitations++;
      this.advertise(sw, inPort);
      return;
    }
    let datagram: PuntedDatagram | undefined;
    try {
      datagram = readDatagram(data);
    } catch (error) {
      if (!(error instanceof PacketError)) throw error;
    }
    if (datagram === undefined) {
      this.counts.malformed++;
      return;
    }
    this.counts.requests++;
    return this.answer(sw, inPort, kind, datagram);
  }

  /** Tells every client of a switch that the gateway is there. */
  advertiseToAll(sw: Switch): void {
    for (const port of this.clients.get(sw.id) ?? []) this.advertise(sw, port);
  }

  private async answer(sw: Switch, port: number, kind: number, datagram: PuntedDatagram): Promise<void> {
    const { mac, source, destination, sourcePort, destinationPort, payload } = datagram;
    const from: Attachment = { switchId: sw.id, port, mac };
    const { gateway } = this.fabric;
    switch (kind) {
      case Punt.REQUEST: {
        const answer = await this.requests.udp(payload, from, { address: source, port: sourcePort });
        if (answer === undefined) return;
        const back = {
          source: destination,
          destination: source,
          sourcePort: destinationPort,
          destinationPort: sourcePort,
        };
        this.send(sw, port, datagramFrame({ sourceMac: gateway.mac, mac, ...back, payload: answer }));
        break;
      }
      case Punt.DHCPV4: {
        const answer = await this.requests.dhcp4(payload, from);
        if (answer === undefined) return;
        const frame = datagramFrame({
          sourceMac: gateway.mac,
          mac: answer.mac,
          source: this.serverIpv4(),
          destination: ipv4Bytes(answer.destination),
          sourcePort: DHCPV4_SERVER,
          destinationPort: DHCPV4_CLIENT,
          payload: answer.payload,
        });
        this.send(sw, port, frame);
        break;
      }
      case Punt.DHCPV6: {
        const answer = await this.requests.dhcp6(payload, from);
        if (answer === undefined) return;
        const frame = datagramFrame({
          sourceMac: gateway.mac,
          mac,
          source: gateway.linkLocal,
          destination: source,
          sourcePort: DHCPV6_SERVER,
          destinationPort: DHCPV6_CLIENT,
          payload: answer,
        });
        this.send(sw, port, frame);
        break;
      }
      default:
        this.counts.stray++;
    }
  }

  private serverIpv4(): Uint8Array {
    const { gateway, service } = this.fabric;
    return gateway.addresses.find(address => address.length === 4) ?? service.ipv4;
  }

  private advertise(sw: Switch, port: number): void {
    if (this.fabric.ipv6.length > 0) this.output(sw, port, this.advertisement);
  }

  private send(sw: Switch, port: number, frame: Uint8Array): void {
    if (this.output(sw, port, frame)) this.counts.answers++;
  }

  /** An answer for a switch that has left meanwhile is lost: the client asks again. */
  private output(sw: Switch, port: number, frame: Uint8Array): boolean {
    if (!sw.isConnected) return false;
    sw.send({
      type: 'packet-out',
      inPort: Port.CONTROLLER,
      actions: [{ type: 'output', port, maxLen: 0 }],
      data: frame,
    });
    return true;
  }
}
