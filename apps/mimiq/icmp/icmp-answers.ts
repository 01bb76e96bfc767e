import { type PacketInView, Port } from '../../../controller/openflow/index.js';
import type { Switch } from '../../../controller/switch/index.js';
import type { Fabric, FabricSwitch } from '../fabric/fabric.js';
import { icmpError, type Teller, type Trouble } from './icmp-error.js';

/** Tells senders what became of their packets: clients as the gateway, everybody else as the edge switch. */
export class IcmpAnswers {
  readonly counts = { hopsSpent: 0, tooLong: 0 };
  private readonly fabric: Fabric;

  constructor(fabric: Fabric) {
    this.fabric = fabric;
  }

  /** A packet that has made its last hop. Throws PacketError. */
  hopsSpent(sw: Switch, own: FabricSwitch, view: PacketInView): void {
    if (this.tell(sw, own, view, { type: 'hops' })) this.counts.hopsSpent++;
  }

  /** A packet that no tunnel can carry. Throws PacketError. */
  tooLong(sw: Switch, own: FabricSwitch, view: PacketInView): void {
    const { mtu } = this.fabric;
    if (mtu !== undefined && this.tell(sw, own, view, { type: 'length', mtu })) this.counts.tooLong++;
  }

  private tell(sw: Switch, own: FabricSwitch, { inPort, data }: PacketInView, trouble: Trouble): boolean {
    const teller = this.tellerAt(own, inPort);
    const frame = teller && icmpError(data, trouble, teller);
    if (frame === undefined || !sw.isConnected) return false;
    const actions = [{ type: 'output' as const, port: inPort, maxLen: 0 }];
    sw.send({ type: 'packet-out', inPort: Port.CONTROLLER, actions, data: frame });
    return true;
  }

  private tellerAt({ clients, outside }: FabricSwitch, port: number): Teller | undefined {
    const { gateway, service } = this.fabric;
    const ofLength = (addresses: readonly Uint8Array[], length: number) =>
      addresses.find(address => address.length === length);
    if (clients.includes(port)) {
      return {
        mac: gateway.mac,
        ipv4: ofLength(gateway.addresses, 4) ?? service.ipv4,
        ipv6: gateway.linkLocal,
      };
    }
    if (typeof outside !== 'object' || outside.port !== port) return undefined;
    const { mac, addresses } = outside;
    return { mac, ipv4: ofLength(addresses, 4), ipv6: ofLength(addresses, 16) };
  }
}
