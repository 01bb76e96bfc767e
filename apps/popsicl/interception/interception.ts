import type { AppContext } from '../../../controller/host/index.js';
import { NO_BUFFER, type PacketInView } from '../../../controller/openflow/index.js';
import { TcpFlag, TlsError, TlsHelloReader } from '../../../controller/packet/index.js';
import type { Switch } from '../../../controller/switch/index.js';
import type { PopsiclConfig } from '../config.js';
import { BACK, ConntrackRedirection } from '../handoff/conntrack.js';
import { FlowsRedirection } from '../handoff/flows.js';
import { LiveConnections } from '../handoff/live-connections.js';
import type { Frame, Redirection } from '../handoff/redirection.js';
import type { Tenant, Tenants } from '../handoff/tenants.js';
import type { Services } from '../popsicl.js';
import { AnswerBuilder } from './answer.js';
import { SYN_ACK_WINDOW } from './cookie-layout.js';
import { type PendingHello, PendingHellos } from './pending-hellos.js';
import { PuntedSegment } from './punted-segment.js';
import { SourceLimits } from './source-limits.js';
import { SynCookies, windowScaleOf } from './syn-cookie.js';
import { untranslated } from './untranslated.js';
import { ASKED_ONCE, Punt } from './wanted-flows.js';

/** Longest ClientHello: what the window of the SYN-ACK lets a client send. */
const MAX_HELLO = SYN_ACK_WINDOW;
const OWN_COOKIE = 0x7fff_ffff;

/** Decides about every TCP segment that a switch does not know what to do with (4.2). */
export class Interception {
  private readonly context: AppContext<PopsiclConfig>;
  private readonly services: Services;
  private readonly tenants: Tenants;
  private readonly segment = new PuntedSegment();
  private readonly cookies: SynCookies;
  private readonly answers: AnswerBuilder;
  private readonly conntrack: ConntrackRedirection;
  private readonly flows: FlowsRedirection;
  private readonly live: LiveConnections;
  private readonly sources: SourceLimits;
  private readonly pending: PendingHellos;
  private readonly counts = {
    syns: 0,
    handoffs: 0,
    resumed: 0,
    strays: 0,
    malformed: 0,
    badHellos: 0,
    unknownNames: 0,
    crowdedOut: 0,
    refused: 0,
    expired: 0,
  };
  /** Refusals in this second. */
  private refusals = 0;
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
      next: context.next,
    });
    this.live = new LiveConnections(config.limits.connections);
    this.flows = new FlowsRedirection({
      table: context.table('classify'),
      next: context.next,
      cookie: context.shortLivedCookie(),
      idleTimeout: config.limits.flowIdleSeconds,
      live: this.live,
      switches: context.switches,
      now: () => this.second,
    });
    const { pendingPerSource, handoffsPerSource, pendingHellos, pendingBytes, pendingSeconds } =
      config.limits;
    this.sources = new SourceLimits({
      mostPending: pendingPerSource,
      handoffsPerSecond: handoffsPerSource,
    });
    this.pending = new PendingHellos(this.sources, {
      entries: pendingHellos,
      bytes: pendingBytes,
      seconds: pendingSeconds,
    });
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
    else if (why === Punt.INVALID) this.invalid(sw, view);
    else if (why === Punt.TENANT) this.fromTenant(sw, view);
  }

  private syn(sw: Switch, view: PacketInView): void {
    const { segment, counts, cookies } = this;
    counts.syns++;
    if (segment.destinationPort !== this.context.config.port) {
      this.refuse(sw, view);
      return;
    }
    const tenant = this.tenantOfAddress();
    if (tenant !== undefined && tenant.strategy(segment.family) === 'address') {
      this.handOver(sw, view, tenant, [view]);
      return;
    }
    const sequence = cookies.make(segment, this.second);
    const data = this.answers.synAck(segment, sequence, cookies.timestamp);
    sw.send({ type: 'packet-out', inPort: view.inPort, actions: BACK, data });
  }

  /** A segment to a pseudo-address for a connection that the switch does not know. */
  private fromClient(sw: Switch, view: PacketInView): void {
    const { segment, live, pending, cookies } = this;
    if (segment.destinationPort !== this.context.config.port) {
      this.refuse(sw, view);
      return;
    }
    const waiting = pending.find(segment);
    if ((segment.flags & TcpFlag.RST) !== 0) {
      if (waiting !== undefined) pending.drop(waiting);
      return;
    }
    if ((segment.flags & (TcpFlag.SYN | TcpFlag.ACK)) !== TcpFlag.ACK) return;
    if (waiting !== undefined) {
      this.furtherPart(sw, view, waiting);
      return;
    }
    if (this.isFirst()) {
      this.firstPart(sw, view, view);
      return;
    }
    const connection = live.ofClient(segment);
    const tenant = connection === undefined ? undefined : this.tenants.at(connection.tenant);
    if (connection !== undefined && tenant !== undefined) {
      this.counts.resumed++;
      this.redirectionOf(tenant).resume(sw, view.inPort, segment, tenant, connection, view);
      return;
    }
    if (segment.payloadLength === 0) this.withoutData(sw, view);
    else if (cookies.isOurs(segment)) this.overtaking(segment);
    else this.stray(sw, view);
  }

  /** Whether the segment carries the first byte of a connection that was answered here. */
  private isFirst(): boolean {
    const { segment, cookies } = this;
    return segment.payloadLength > 0 && cookies.accepts(segment, (segment.sequence - 1) >>> 0);
  }

  /**
   * A segment that does not fit the connection that the switch knows under its addresses, which it has translated: the
   * client uses the port of an ended connection anew, or the tenant is to say what it thinks of it.
   */
  private invalid(sw: Switch, view: PacketInView): void {
    const { segment } = this;
    const frame = untranslated(view);
    const isAskedAgain = view.match.reg15 === ASKED_ONCE.reg15;
    if (!isAskedAgain && frame !== undefined && segment.read(frame, 0, frame.length) && this.isFirst()) {
      this.conntrack.forget(sw, segment);
      this.firstPart(sw, view, frame);
      return;
    }
    segment.read(view.buf, view.dataOffset, view.offset + view.length);
    const tenant = this.tenants.ofDestination(segment);
    if (tenant?.mac !== undefined) {
      this.conntrack.pass(sw, view.inPort, tenant.mac, view);
    }
  }

  /** The third segment of the handshake says nothing; a FIN before any data is refused. */
  private withoutData(sw: Switch, view: PacketInView): void {
    const { segment, cookies } = this;
    if ((segment.flags & TcpFlag.FIN) !== 0) this.refuse(sw, view);
    else if (!cookies.isOurs(segment)) this.stray(sw, view);
  }

  /** The first bytes of the stream: with luck the whole ClientHello, else what is there is kept. */
  private firstPart(sw: Switch, view: PacketInView, frame: Frame): void {
    const { segment, pending } = this;
    if (!segment.hasRightChecksum()) return;
    const reader = new TlsHelloReader(MAX_HELLO);
    try {
      const hello = reader.push(segment.bytes, segment.payloadStart, segment.payloadEnd);
      if (hello.serverName !== undefined || hello.isComplete) {
        this.decide(sw, view, hello.serverName, [frame]);
        return;
      }
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      this.counts.badHellos++;
      this.refuse(sw, view);
      return;
    }
    const opened = pending.open(segment, this.second);
    if (opened === undefined) {
      this.counts.crowdedOut++;
      return;
    }
    opened.base = opened.next = segment.sequence;
    pending.hold(opened, segment);
    opened.feed();
  }

  /** A segment that overtook the first one of its stream. */
  private overtaking(segment: PuntedSegment): void {
    const { pending } = this;
    if (!segment.hasRightChecksum()) return;
    const opened = pending.open(segment, this.second);
    if (opened === undefined) this.counts.crowdedOut++;
    else pending.hold(opened, segment);
  }

  private furtherPart(sw: Switch, view: PacketInView, waiting: PendingHello): void {
    const { segment, pending, cookies } = this;
    if (segment.payloadLength === 0) {
      if ((segment.flags & TcpFlag.FIN) === 0) return;
      pending.drop(waiting);
      this.refuse(sw, view);
      return;
    }
    if (!segment.hasRightChecksum()) return;
    if (waiting.base < 0 && cookies.accepts(segment, (segment.sequence - 1) >>> 0)) {
      waiting.base = waiting.next = segment.sequence;
    } else if (waiting.base >= 0 && !cookies.accepts(segment, (waiting.base - 1) >>> 0)) return;
    if (!pending.hold(waiting, segment)) {
      // Sent again for want of an acknowledgement: the client will not send the rest before it has one.
      if (segment.sequence !== waiting.base || waiting.next === waiting.base) return;
      const shift = windowScaleOf(segment) < 0 ? 0 : this.context.config.fleet.windowScale;
      const data = this.answers.ack(segment, waiting.next, SYN_ACK_WINDOW >>> shift);
      sw.send({ type: 'packet-out', inPort: view.inPort, actions: BACK, data });
      return;
    }
    try {
      waiting.feed();
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      this.counts.badHellos++;
      pending.drop(waiting);
      this.refuse(sw, view);
      return;
    }
    const { hello } = waiting.reader;
    if (hello.serverName === undefined && !hello.isComplete) return;
    pending.drop(waiting);
    this.decide(sw, view, hello.serverName, waiting.frames);
  }

  /** The ClientHello names a server, or none: unknown, foreign, revoked and missing names look the same outside. */
  private decide(sw: Switch, view: PacketInView, name: string | undefined, frames: readonly Frame[]): void {
    const { segment, sources, services } = this;
    const config = name === undefined ? undefined : services.directory.tenantOfName(name);
    const tenant = config === undefined ? undefined : this.tenants.of(config);
    if (tenant === undefined || !tenant.has(segment.family)) {
      this.counts.unknownNames++;
      this.refuse(sw, view);
      return;
    }
    if (!sources.handOff(sources.placeOf(segment), this.context.clock.now() / 1000)) {
      this.counts.crowdedOut++;
      return;
    }
    this.handOver(sw, view, tenant, frames);
  }

  private stray(sw: Switch, view: PacketInView): void {
    this.counts.strays++;
    this.refuse(sw, view);
  }

  /** The one answer to everything that is not served: an RST, as from a port where nobody listens. */
  private refuse(sw: Switch, view: PacketInView): void {
    const { segment, counts } = this;
    if ((segment.flags & TcpFlag.RST) !== 0 || this.refusals >= this.context.config.limits.refusalRate) {
      return;
    }
    this.refusals++;
    counts.refused++;
    const data = this.answers.reset(segment);
    sw.send({ type: 'packet-out', inPort: view.inPort, actions: BACK, data });
  }

  /** A segment of a tenant's server for a connection that the switch does not know. */
  private fromTenant(sw: Switch, view: PacketInView): void {
    const { segment, live, tenants } = this;
    const tenant = tenants.ofSource(segment);
    const connection = tenant === undefined ? undefined : live.ofTenant(segment, tenant.index);
    if (tenant === undefined || connection === undefined) {
      this.counts.strays++;
      return;
    }
    this.counts.resumed++;
    this.redirectionOf(tenant).resumeReply(sw, view.inPort, segment, tenant, connection, view);
  }

  private handOver(sw: Switch, view: PacketInView, tenant: Tenant, frames: readonly Frame[]): void {
    const { segment, live } = this;
    const redirection = this.redirectionOf(tenant);
    this.counts.handoffs++;
    const known = live.ofClient(segment);
    const port = known?.tenant === tenant.index ? known.translatedPort : redirection.portFor(segment, tenant);
    live.add(segment, tenant.index, this.second, Number(sw.datapathId & 0xffffn), port);
    redirection.begin(sw, view.inPort, segment, tenant, live.ofClient(segment)!, frames);
  }

  private redirectionOf(tenant: Tenant): Redirection {
    return tenant.redirection === 'flows' ? this.flows : this.conntrack;
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
    this.refusals = 0;
    this.counts.expired += this.pending.expire(this.second);
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
    metrics.counter(
      'bad_hellos_total',
      'First bytes of a connection that are no ClientHello.',
      () => counts.badHellos,
    );
    metrics.counter(
      'unknown_names_total',
      'ClientHellos without the name of an active pseudonym.',
      () => counts.unknownNames,
    );
    metrics.counter('crowded_out_total', 'Segments for which a limit left no room.', () => counts.crowdedOut);
    metrics.counter('refused_total', 'Segments answered by RST.', () => counts.refused);
    metrics.counter('expired_total', 'ClientHellos that were not whole in time.', () => counts.expired);
    metrics.gauge('pending', 'ClientHellos that are not whole yet.', () => this.pending.size);
    metrics.gauge(
      'pending_bytes',
      'Memory of ClientHellos that are not whole yet.',
      () => this.pending.bytes,
    );
    metrics.gauge('connections', 'Handed-over connections that are remembered.', () => live.size);
  }
}
