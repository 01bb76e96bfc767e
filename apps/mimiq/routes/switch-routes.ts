import { isPortUp, type Switch, type WantedState } from '../../../controller/switch/index.js';
import { type Fabric, type FabricSwitch, isClientFacing, isEdge } from '../fabric/fabric.js';
import type { AliasState, Attachment, Lease } from '../model.js';
import type { Exits, SwitchPlan } from '../pipeline/switch-plan.js';
import { aliasFlows, bindFlow, leaseFlow, remoteLeaseFlow } from './lease-flows.js';
import { staticFlows } from './static-flows.js';

export interface RoutesBase extends Pick<SwitchPlan, 'tables' | 'next'> {
  exitsOf(own: FabricSwitch): Exits;
}

/** What of the whole network one switch has to know, and the flows that say it. */
export class SwitchRoutes {
  readonly own: FabricSwitch;
  /** The switch while it is connected. */
  sw: Switch | undefined;
  /** Undefined while the bridge has none. */
  tunnelPort: number | undefined;
  private readonly fabric: Fabric;
  private readonly base: RoutesBase;
  private wanted: WantedState | undefined;
  private staticKeys = new Set<string>();
  private aliasKeys = new Set<string>();
  /** Leases here, and at an edge all IPv4 ones, by id. */
  private readonly leases = new Map<number, Lease>();
  private aliases: readonly AliasState[] = [];
  /** How many leases each client here has, and the key of its flow. */
  private readonly clients = new Map<string, { key: string; leases: number }>();
  private lastClient = 0;

  constructor(fabric: Fabric, own: FabricSwitch, base: RoutesBase) {
    this.fabric = fabric;
    this.own = own;
    this.base = base;
  }

  get leaseCount(): number {
    return this.leases.size;
  }

  get aliasFlowCount(): number {
    return this.aliasKeys.size;
  }

  /** Whether the switch has to know of the lease. */
  concerns(lease: Lease): boolean {
    return this.isHere(lease) || (isEdge(this.own) && lease.address.length === 4);
  }

  /** The switch is there, or its ports changed: states everything that is not stated yet. */
  attach(sw: Switch, wanted: WantedState): void {
    const isFirst = this.wanted !== wanted;
    this.sw = sw;
    this.wanted = wanted;
    const before = this.tunnelPort;
    this.tunnelPort = findTunnelPort(sw, this.fabric.tunnel.name);
    const { tables, next, exitsOf } = this.base;
    const { flows } = staticFlows({
      tables,
      next,
      exits: exitsOf(this.own),
      rest: this.meter(sw, wanted, 'rest'),
      fabric: this.fabric,
      own: this.own,
      tunnelPort: this.tunnelPort,
      meterOf: port => this.meter(sw, wanted, `requests ${port}`),
    });
    for (const key of this.staticKeys) if (!flows.has(key)) wanted.removeFlow(key);
    for (const [key, flow] of flows) wanted.setFlow(key, flow);
    this.staticKeys = new Set(flows.keys());
    if (isFirst || before !== this.tunnelPort) {
      for (const { key, attachment } of this.clientsHere())
        wanted.setFlow(key, bindFlow(this.base.tables, attachment));
      for (const lease of this.leases.values()) this.stateLease(lease);
      this.stateAliases();
    }
  }

  detach(): void {
    this.sw = undefined;
  }

  knows({ id }: Lease): boolean {
    return this.leases.has(id);
  }

  /** Keeps the lease, and states its flows. Returns the key under which a refusal would come. */
  add(lease: Lease): string {
    const known = this.leases.get(lease.id);
    this.leases.set(lease.id, lease);
    if (known === undefined && this.isHere(lease)) this.addClient(lease.attachment);
    if (known === undefined) this.stateLease(lease);
    return keyOf(lease);
  }

  delete(lease: Lease): void {
    if (!this.leases.delete(lease.id)) return;
    this.wanted?.removeFlow(keyOf(lease));
    if (this.isHere(lease)) this.removeClient(lease.attachment);
  }

  setAliases(all: readonly AliasState[]): void {
    this.aliases = all;
    this.stateAliases();
  }

  /** Whether the switch refused that flow. */
  refusal(key: string): Error | undefined {
    return this.wanted?.refusals.get(`flow ${key}`)?.error;
  }

  private isHere(lease: Lease): boolean {
    return lease.attachment.switchId === this.own.id && isClientFacing(this.own);
  }

  private stateLease(lease: Lease): void {
    const { wanted, base, fabric, tunnelPort } = this;
    if (wanted === undefined) return;
    if (this.isHere(lease)) {
      wanted.setFlow(keyOf(lease), leaseFlow(base.tables, lease));
      return;
    }
    const underlay = this.underlayOf(lease.attachment.switchId);
    if (underlay === undefined || tunnelPort === undefined) return;
    wanted.setFlow(keyOf(lease), remoteLeaseFlow(base.tables, fabric, tunnelPort, underlay, lease));
  }

  private stateAliases(): void {
    const { wanted, base, fabric, tunnelPort, own } = this;
    if (wanted === undefined) return;
    const keys = new Set<string>();
    for (const state of tunnelPort === undefined ? [] : this.aliases) {
      const underlay = this.underlayOf(state.switchId);
      if (state.switchId === own.id || underlay === undefined) continue;
      for (const [index, flow] of aliasFlows(base.tables, fabric, tunnelPort!, underlay, state).entries()) {
        const key = `alias ${state.alias} ${index}`;
        wanted.setFlow(key, flow);
        keys.add(key);
      }
    }
    for (const key of this.aliasKeys) if (!keys.has(key)) wanted.removeFlow(key);
    this.aliasKeys = keys;
  }

  private underlayOf(switchId: string): Uint8Array | undefined {
    return this.fabric.switches.find(({ id }) => id === switchId)?.underlay;
  }

  private addClient(attachment: Attachment): void {
    const name = nameOf(attachment);
    const client = this.clients.get(name) ?? { key: `client ${++this.lastClient}`, leases: 0 };
    client.leases++;
    this.clients.set(name, client);
    if (client.leases === 1) this.wanted?.setFlow(client.key, bindFlow(this.base.tables, attachment));
  }

  private removeClient(attachment: Attachment): void {
    const name = nameOf(attachment);
    const client = this.clients.get(name)!;
    if (--client.leases > 0) return;
    this.clients.delete(name);
    this.wanted?.removeFlow(client.key);
  }

  private *clientsHere(): Iterable<{ key: string; attachment: Attachment }> {
    for (const [name, { key }] of this.clients) {
      const [port, mac] = name.split(' ').map(Number);
      yield { key, attachment: { switchId: this.own.id, port: port!, mac: mac! } };
    }
  }

  private meter(sw: Switch, wanted: WantedState, key: string): number | undefined {
    if (!sw.canMeterPackets) return undefined;
    const rate = this.fabric.requestRate;
    return wanted.setMeter(key, {
      flags: ['pktps', 'burst'],
      bands: [{ type: 'drop', rate, burstSize: rate }],
    });
  }
}

function findTunnelPort(sw: Switch, name: string): number | undefined {
  for (const port of sw.ports.values()) if (port.name === name && isPortUp(port)) return port.portNo;
  return undefined;
}

/** Keys appear in logs: they tell no address. */
function keyOf(lease: Lease): string {
  return `lease ${lease.id}`;
}

function nameOf({ port, mac }: Attachment): string {
  return `${port} ${mac}`;
}
