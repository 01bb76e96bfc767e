import type { AppContext } from '../../../controller/host/index.js';
import { NO_BUFFER, type PacketInView } from '../../../controller/openflow/index.js';
import { TcpFlag } from '../../../controller/packet/index.js';
import type { Switch } from '../../../controller/switch/index.js';
import type { PopsiclConfig } from '../config.js';
import { BACK, ConntrackRedirection } from '../handoff/conntrack.js';
import { LiveConnections } from '../handoff/live-connections.js';
import type { Redirection } from '../handoff/redirection.js';
import type { Tenant, Tenants } from '../handoff/tenants.js';
import type { Services } from '../popsicl.js';
import { AnswerBuilder } from './answer.js';
import { PuntedSegment } from './punted-segment.js';
import { SynCookies } from './syn-cookie.js';
import { Punt } from './wanted-flows.js';

const OWN_COOKIE = 0x7fff_ffff;

/** Decides about every TCP segment that a switch does not know what to do with (4.2). */
export class Interception {
  private readonly context: AppContext<PopsiclConfig>;
  private readonly services: Services;
  private readonly tenants: Tenants;
  private readonly segment = new PuntedSegment();
  private readonly cookies: SynCookies;
  private readonly answers: AnswerBuilder;
  private readonly conntrack: Redirection;
  private readonly live: LiveConnections;
  private readonly counts = { syns: 0, handoffs: 0, resumed: 0, strays: 0, malformed: 0 };
  /** Whole seconds of the clock, renewed every second: packets need no better. */
  private second = 0;

  constructor(context: AppContext<PopsiclConfig>, tenants: Tenants, services: Services) {
    this.context = context;
    this.services = services;
    this.tenants = tenants;
    const { config, clock } = context;
    this.cookies = new SynCookies(services.keys);
    const { mss, windowScale } = config.fleet;
    this.answers = new AnswerBuilder({ mss: { 4: mss.ipv4, 6: mss.ipv6 }, windowScale });
    this.conntrack = new ConntrackRedirection({
      zone: config.zone,
      pseudo: context.table('pseudo'),
      tenantSide: context.table('tenant-side'),
    });
    this.live = new LiveConnections(config.limits.connections);
    this.readClock();
    clock.every(1000, () => this.readClock());
    this.addMetrics();
  }

  packetIn(sw: Switch, view: PacketInView): void {
    const { segment } = this;
    const end = view.offset + view.length;
    if (view.bufferId !== NO_BUFFER || !segment.read(view.buf, view.dataOffset, end)) {
      this.counts.malformed++;
      return;
    }
    const why = view.cookieLow & OWN_COOKIE;
    if (why === Punt.SYN) this.syn(sw, view);
    else if (why === Punt.SEGMENT) this.fromClient(sw, view);
    else if (why === Punt.TENANT) this.fromTenant(sw, view);
  }

  private syn(sw: Switch, view: PacketInView): void {
    const { segment, counts, cookies } = this;
    counts.syns++;
    if (segment.destinationPort !== this.context.config.port) return;
    const tenant = this.tenantOfAddress();
    if (tenant !== undefined && tenant.strategy(segment.family) === 'address') {
      this.handOver(sw, view, tenant);
      return;
    }
    const sequence = cookies.make(segment, this.second);
    const data = this.answers.synAck(segment, sequence, cookies.timestamp);
    sw.send({ type: 'packet-out', inPort: view.inPort, actions: BACK, data });
  }

  /** A segment to a pseudo-address for a connection that the switch does not know. */
  private fromClient(sw: Switch, view: PacketInView): void {
    const { segment, live } = this;
    if ((segment.flags & (TcpFlag.SYN | TcpFlag.ACK)) !== TcpFlag.ACK) return;
    const connection = live.ofClient(segment);
    const tenant = connection === undefined ? undefined : this.tenants.at(connection.tenant);
    if (tenant === undefined) {
      this.counts.strays++;
      return;
    }
    this.counts.resumed++;
    this.conntrack.resume(sw, view.inPort, segment, tenant, view);
  }

  /** A segment of a tenant's server for a connection that the switch does not know. */
  private fromTenant(sw: Switch, view: PacketInView): void {
    const { segment, live, tenants } = this;
    const tenant = tenants.ofSource(segment);
    const connection = tenant === undefined ? undefined : live.ofTenant(segment, tenant.index);
    if (connection === undefined) {
      this.counts.strays++;
      return;
    }
    this.counts.resumed++;
    this.conntrack.resumeReply(sw, view.inPort, segment, tenant!, connection, view);
  }

  private handOver(sw: Switch, view: PacketInView, tenant: Tenant): void {
    const { segment, live } = this;
    this.counts.handoffs++;
    live.add(segment, tenant.index, this.second);
    this.conntrack.begin(sw, view.inPort, segment, tenant, [view]);
  }

  /** The tenant that the pseudo-address of the segment names all by itself. */
  private tenantOfAddress(): Tenant | undefined {
    const { segment } = this;
    const { directory } = this.services;
    const ip = segment.ipStart;
    const config =
      segment.family === 4
        ? directory.tenantOfAddress(segment.destination3)
        : directory.tenantOfAddress(segment.bytes.subarray(ip + 24, ip + 40));
    const tenant = config === undefined ? undefined : this.tenants.of(config);
    return tenant?.has(segment.family) ? tenant : undefined;
  }

  private readClock(): void {
    this.second = Math.floor(this.context.clock.now() / 1000);
    this.live.expire(this.second - this.context.config.limits.connectionSeconds);
  }

  private addMetrics(): void {
    const { metrics } = this.context;
    const { counts, live } = this;
    metrics.counter('syns_total', 'SYNs to pseudo-addresses.', () => counts.syns);
    metrics.counter('handoffs_total', 'Connections handed to tenants.', () => counts.handoffs);
    metrics.counter(
      'resumed_total',
      'Packets of handed-over connections that a switch had forgotten.',
      () => counts.resumed,
    );
    metrics.counter('strays_total', 'Segments of no known connection.', () => counts.strays);
    metrics.counter('malformed_total', 'Packets that are no whole TCP segment.', () => counts.malformed);
    metrics.gauge('connections', 'Handed-over connections that are remembered.', () => live.size);
  }
}
