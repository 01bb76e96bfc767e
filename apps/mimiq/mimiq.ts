import type { AppContext, AppInstance } from '../../controller/host/index.js';
import type { Json, PacketInView } from '../../controller/openflow/index.js';
import { PacketError } from '../../controller/packet/index.js';
import type { ActualFlow, PortChange, Switch } from '../../controller/switch/index.js';
import type { MimiqConfig } from './config.js';
import type { Fabric, FabricSwitch } from './fabric/fabric.js';
import { IcmpAnswers } from './icmp/icmp-answers.js';
import type { Forwarding, Requests } from './model.js';
import { readKeyFile } from './permutation/key-file.js';
import { PermutingEdges } from './permutation/permuting-edges.js';
import { Punt } from './pipeline/pipeline.js';
import { RequestPath } from './requests/request-path.js';
import { type KnownExits, Routes } from './routes/routes.js';
import type { SwitchRoutes } from './routes/switch-routes.js';
import { FIRST_GREETINGS, GREETING_INTERVAL, greetPeers } from './routes/tunnel-greeting.js';
import { makeTunnelPort } from './routes/tunnel-port.js';

/** Whoever gives addresses out. */
export interface Allocation {
  readonly requests: Requests;
  call?(name: string, parameters: Json): Json | Promise<Json>;
  stop?(): void | Promise<void>;
}

/** Starts the allocator; it tells `forwarding` what is in force before it returns. */
export type Allocate = (
  context: AppContext<MimiqConfig>,
  forwarding: Forwarding,
) => Allocation | Promise<Allocation>;

/** MIMIQ at work on the switches: routes and neighbours as the allocator says, and requests on their way to it. */
export class Mimiq implements AppInstance {
  private readonly context: AppContext<MimiqConfig>;
  private readonly fabric: Fabric;
  private readonly routes: Routes;
  private readonly allocation: Allocation;
  private readonly path: RequestPath;
  private readonly icmp: IcmpAnswers;
  /** Edges of the mode without an allocator. */
  private readonly edges: PermutingEdges | undefined;

  private constructor(
    context: AppContext<MimiqConfig>,
    fabric: Fabric,
    routes: Routes,
    allocation: Allocation,
    edges: PermutingEdges | undefined,
  ) {
    this.context = context;
    this.fabric = fabric;
    this.routes = routes;
    this.allocation = allocation;
    this.edges = edges;
    this.path = new RequestPath(fabric, allocation.requests);
    this.icmp = new IcmpAnswers(fabric);
    context.clock.every(RequestPath.ADVERTISEMENT_INTERVAL, () => {
      for (const { sw } of routes.all()) if (sw !== undefined) this.path.advertiseToAll(sw);
    });
    context.clock.every(GREETING_INTERVAL, () => {
      for (const each of routes.all()) this.greet(each);
    });
    this.addMetrics();
  }

  static async start(context: AppContext<MimiqConfig>, fabric: Fabric, allocate: Allocate): Promise<Mimiq> {
    // Only another instance of this app hands anything over.
    const routes = new Routes(context, fabric, context.inherited as KnownExits | undefined);
    const { permutation } = context.config;
    const edges =
      permutation &&
      new PermutingEdges(context, permutation, routes.tables, await readKeyFile(permutation.keyFile));
    return new Mimiq(context, fabric, routes, await allocate(context, routes), edges);
  }

  handOver(): KnownExits {
    return this.routes.knownExits();
  }

  async stop(): Promise<void> {
    await this.allocation.stop?.();
  }

  switchUp(sw: Switch, survivors: readonly ActualFlow[] = []): void {
    if (this.edges?.switchUp(sw, survivors)) return;
    const own = this.routes.find(sw.id)?.own;
    // One that is none of the network's: its packets go on to the next app.
    if (own === undefined) {
      this.context.log.write('mimiq-foreign-switch', { switch: sw.id });
      return;
    }
    this.checkPorts(sw, own);
    this.routes.connect(sw, survivors);
    this.greetSoon(sw);
    void this.completeTunnel(sw, own);
  }

  switchDown(sw: Switch): void {
    this.edges?.switchDown(sw);
    this.routes.detach(sw);
  }

  portStatus(sw: Switch, change: PortChange): void {
    const routes = this.routes.find(sw.id);
    if (routes?.sw === undefined) return;
    const had = routes.tunnelPort;
    this.routes.attach(sw);
    if (routes.tunnelPort !== had) this.greetSoon(sw);
    if (change.isUp && !change.wasUp && routes.own.clients.includes(change.port.portNo)) {
      this.path.advertiseToAll(sw);
    }
  }

  packetIn(sw: Switch, view: PacketInView): void | Promise<void> {
    const own = this.routes.find(sw.id)?.own;
    try {
      switch (view.cookieLow) {
        case Punt.NEIGHBOUR:
          this.edges?.heard(sw, view.inPort, view.data);
          return this.routes.routers.heard(sw, view.inPort, view.data);
        case Punt.HOPS_SPENT:
          return own && this.icmp.hopsSpent(sw, own, view);
        case Punt.TOO_LONG:
          return own && this.icmp.tooLong(sw, own, view);
        default:
          return this.path.packetIn(sw, view);
      }
    } catch (error) {
      if (!(error instanceof PacketError)) throw error;
      this.path.counts.malformed++;
    }
  }

  call(name: string, parameters: Json): Json | Promise<Json> {
    if (this.allocation.call === undefined) throw new Error('The allocator does not run.');
    return this.allocation.call(name, parameters);
  }

  private async completeTunnel(sw: Switch, own: FabricSwitch): Promise<void> {
    const routes = this.routes.find(own.id)!;
    if (own.underlay === undefined || routes.tunnelPort !== undefined) return;
    if (own.ovsdb === undefined) {
      this.context.log.write('mimiq-no-tunnel-port', { switch: sw.id });
      return;
    }
    // Its PORT_STATUS brings the flows that need it.
    await makeTunnelPort(own, this.fabric.tunnel).catch(error =>
      this.context.log.write('mimiq-tunnel-port-failed', { switch: sw.id }, error),
    );
  }

  private greetSoon(sw: Switch): void {
    for (const delay of FIRST_GREETINGS) {
      this.context.clock.after(delay, () => this.greet(this.routes.find(sw.id)!));
    }
  }

  private greet({ own, sw, tunnelPort }: SwitchRoutes): void {
    if (sw !== undefined && tunnelPort !== undefined) greetPeers(this.fabric, own, sw, tunnelPort);
  }

  private checkPorts(sw: Switch, { clients, outside }: FabricSwitch): void {
    const { log } = this.context;
    const ports = [...clients, ...(typeof outside === 'object' ? [outside.port] : [])];
    for (const port of ports) {
      if (!sw.ports.has(port)) log.write('mimiq-missing-port', { switch: sw.id, port });
    }
    if (clients.length > 0 && !sw.canMeterPackets) log.write('mimiq-no-meters', { switch: sw.id });
  }

  private addMetrics(): void {
    const { metrics } = this.context;
    const { counts } = this.path;
    metrics.gauge('edge_alias_flows', 'Flows for aliases, over all switches.', () =>
      sum(this.routes.all(), routes => routes.aliasFlowCount),
    );
    metrics.gauge('routed_leases', 'Leases with forwarding, over all switches that know of them.', () =>
      sum(this.routes.all(), routes => routes.leaseCount),
    );
    metrics.gauge('permuted_clients', 'Clients whose addresses the edges permute.', () =>
      this.edges === undefined ? 0 : this.edges.clientCount,
    );
    metrics.counter('requests_total', 'Datagrams of clients for the allocator.', () => counts.requests);
    metrics.counter('answers_total', 'Answers of the allocator that were sent.', () => counts.answers);
    metrics.counter('malformed_total', 'Requests that were no whole datagram.', () => counts.malformed);
    metrics.counter(
      'router_solicitations_total',
      'Hosts that asked for their router.',
      () => counts.routerSolicitations,
    );
    const icmp = this.icmp.counts;
    metrics.counter('hops_spent_total', 'Senders told that a packet had no hop left.', () => icmp.hopsSpent);
    metrics.counter('too_long_total', 'Senders told that a packet was too long.', () => icmp.tooLong);
    metrics.counter('stray_total', 'Packets that came from no client port.', () => counts.stray);
  }
}

function sum<Item>(items: Iterable<Item>, of: (item: Item) => number): number {
  let total = 0;
  for (const item of items) total += of(item);
  return total;
}
