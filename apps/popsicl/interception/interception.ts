import type { AppContext } from '../../../controller/host/index.js';
import { NO_BUFFER, type PacketInView } from '../../../controller/openflow/index.js';
import { TcpFlag, TlsError, TlsHelloReader } from '../../../controller/packet/index.js';
import { MAX_OWN_COOKIE, type Switch } from '../../../controller/switch/index.js';
import type { PopsiclConfig } from '../config.js';
import { SYN_ACK_WINDOW } from '../cookie/cookie-layout.js';
import { SynCookies } from '../cookie/syn-cookie.js';
import { Handoffs } from '../handoff/handoffs.js';
import type { Frame } from '../handoff/redirection.js';
import type { Tenants } from '../handoff/tenants.js';
import { Punt } from '../pipeline.js';
import { type PendingHello, PendingHellos } from '../segments/pending-hellos.js';
import { PuntedSegment } from '../segments/punted-segment.js';
import { SourceLimits } from '../segments/source-limits.js';
import type { Services } from '../services.js';
import { Answers } from './answers.js';
import { exposeCounts, newCounts } from './counts.js';
import { Disclosure } from './disclosure.js';
import { ServerChoice } from './server-choice.js';
import { untranslated } from './untranslated.js';

/** Longest ClientHello: what the window of the SYN-ACK lets a client send. */
const MAX_HELLO = SYN_ACK_WINDOW;

/** Decides about every TCP segment that a switch does not know what to do with (4.2). */
export class Interception {
  private readonly context: AppContext<PopsiclConfig>;
  private readonly tenants: Tenants;
  private readonly segment = new PuntedSegment();
  private readonly cookies: SynCookies;
  private readonly answers: Answers;
  private readonly servers: ServerChoice;
  readonly handoffs: Handoffs;
  readonly sources: SourceLimits;
  private readonly pending: PendingHellos;
  /** For ClientHellos that come whole: one for all of them. */
  private readonly reader = new TlsHelloReader(MAX_HELLO);
  private readonly disclosure: Disclosure | undefined;
  private readonly counts = newCounts();
  /** Whole seconds of the clock, renewed every second: packets need no better. */
  private second = 0;

  constructor(context: AppContext<PopsiclConfig>, tenants: Tenants, services: Services) {
    this.context = context;
    this.tenants = tenants;
    const { config, clock } = context;
    this.disclosure = config.unsealed ? new Disclosure(context.log, tenants.decoy) : undefined;
    this.cookies = new SynCookies(services.keys);
    this.answers = new Answers(context, this.counts);
    this.servers = new ServerChoice(tenants, services, this.counts);
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
    this.handoffs = new Handoffs({
      context,
      tenants,
      agents: services.agents,
      pending: this.pending,
      now: () => this.second,
      refuse: (sw, inPort, segment) => this.answers.refuse(sw, inPort, segment),
    });
    this.readClock();
    clock.every(1000, () => this.readClock());
    exposeCounts(context.metrics, this.counts, this.handoffs, this.pending);
  }

  packetIn(sw: Switch, view: PacketInView): void {
    const { segment } = this;
    const end = view.offset + view.length;
    const isWhole = view.bufferId === NO_BUFFER && segment.read(view.buf, view.dataOffset, end);
    if (!isWhole || segment.isFromNobody) {
      this.counts.malformed++;
      return;
    }
    const why = view.cookieLow & MAX_OWN_COOKIE;
    if (why === Punt.SYN) this.syn(sw, view);
    else if (why === Punt.SEGMENT) this.fromClient(sw, view);
    else if (why === Punt.INVALID) this.invalid(sw, view);
    else if (why === Punt.TENANT && !this.handoffs.fromTenant(sw, view.inPort, segment, view)) {
      this.counts.strays++;
    }
  }

  private syn(sw: Switch, view: PacketInView): void {
    const { segment, counts, cookies } = this;
    counts.syns++;
    // Kernels do not listen to such ones either.
    if ((segment.flags & (TcpFlag.FIN | TcpFlag.RST)) !== 0) return;
    if (segment.destinationPort !== this.context.config.port) {
      this.answers.refuse(sw, view.inPort, segment);
      return;
    }
    const tenant = this.servers.ofAddress(segment);
    const strategy = tenant === undefined ? undefined : this.handoffs.forSyn(tenant, segment.family);
    if (tenant !== undefined && strategy !== undefined) {
      const { sequence } = segment;
      if (!this.mayHandOver()) return;
      this.disclosure?.visit(segment, undefined, tenant);
      const first = (sequence + 1) >>> 0;
      const how = { tenant, strategy, start: sequence, first, ready: undefined };
      this.handoffs.handOver(sw, view.inPort, segment, how, [view]);
      return;
    }
    const sequence = cookies.make(segment, this.context.clock.now());
    const wait = this.handoffs.answering(sw, segment, (sequence + 1) >>> 0);
    this.answers.synAck(sw, view.inPort, segment, sequence, cookies.timestamp, wait);
  }

  /** Whether the source of the segment may have one more connection now. */
  private mayHandOver(): boolean {
    const { segment, sources, counts, context } = this;
    if (sources.handOff(sources.placeOf(segment), context.clock.now() / 1000)) return true;
    counts.crowdedOut++;
    return false;
  }

  /** A segment to a pseudo-address for a connection that the switch does not know. */
  private fromClient(sw: Switch, view: PacketInView): void {
    const { segment, pending, cookies } = this;
    if (segment.destinationPort !== this.context.config.port) {
      this.answers.refuse(sw, view.inPort, segment);
      return;
    }
    const waiting = pending.find(segment);
    if (waiting?.isHandedOver) {
      pending.keep(waiting, view.data);
      return;
    }
    if ((segment.flags & TcpFlag.RST) !== 0) {
      if (waiting !== undefined) pending.drop(waiting);
      else this.handoffs.fromClient(sw, view.inPort, segment, view);
      return;
    }
    if ((segment.flags & (TcpFlag.SYN | TcpFlag.ACK)) !== TcpFlag.ACK) return;
    if (waiting !== undefined) {
      this.furtherPart(sw, view, waiting);
      return;
    }
    if (!this.handoffs.isSame(segment) && this.isFirst()) {
      this.firstPart(sw, view, view);
      return;
    }
    if (this.handoffs.fromClient(sw, view.inPort, segment, view)) return;
    if (segment.payloadLength === 0) this.withoutData(sw, view);
    else if (cookies.isOurs(segment)) this.overtaking(segment);
    else this.stray(sw, view);
  }

  /**
   * Whether the segment carries the first byte of a connection that was answered here. Of further ones that acknowledge the same
   * cookie one in 4,096 looks like it, too: to be asked where none is known.
   */
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
    if (frame !== undefined && segment.read(frame, 0, frame.length) && this.isFirst()) {
      this.handoffs.conntrack.forget(sw, segment);
      this.firstPart(sw, view, frame);
      return;
    }
    segment.read(view.buf, view.dataOffset, view.offset + view.length);
    const tenant = this.tenants.ofDestination(segment);
    if (tenant?.mac !== undefined) {
      this.handoffs.conntrack.pass(sw, view.inPort, tenant.mac, view);
    }
  }

  /** The third segment of the handshake says nothing; a FIN before any data is refused. */
  private withoutData(sw: Switch, view: PacketInView): void {
    const { segment, cookies } = this;
    if ((segment.flags & TcpFlag.FIN) !== 0) this.answers.refuse(sw, view.inPort, segment);
    else if (!cookies.isOurs(segment)) this.stray(sw, view);
  }

  /** The first bytes of the stream: with luck the whole ClientHello, else what is there is kept. */
  private firstPart(sw: Switch, view: PacketInView, frame: Frame): void {
    const { segment, pending, reader } = this;
    if (!segment.hasRightChecksum()) return;
    reader.reset();
    try {
      const hello = reader.push(segment.bytes, segment.payloadStart, segment.payloadEnd);
      if (hello.serverName !== undefined || hello.isComplete) {
        this.decide(sw, view, hello.serverName, segment.sequence, [frame]);
        return;
      }
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      this.counts.badHellos++;
      this.answers.refuse(sw, view.inPort, segment);
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
      this.answers.refuse(sw, view.inPort, segment);
      return;
    }
    if (!segment.hasRightChecksum()) return;
    if (waiting.base >= 0 && waiting.acknowledgement !== segment.acknowledgement && this.isFirst()) {
      // The client has given up, and uses its port anew.
      pending.drop(waiting);
      this.firstPart(sw, view, view);
      return;
    }
    if (waiting.base < 0 && cookies.accepts(segment, (segment.sequence - 1) >>> 0)) {
      waiting.base = waiting.next = segment.sequence;
    } else if (waiting.base >= 0 && !cookies.accepts(segment, (waiting.base - 1) >>> 0)) return;
    if (!pending.hold(waiting, segment)) {
      // Sent again for want of an acknowledgement: the client will not send the rest before it has one.
      if (segment.sequence !== waiting.base || waiting.next === waiting.base) return;
      this.answers.acknowledge(sw, view.inPort, segment, waiting.next);
      return;
    }
    try {
      waiting.feed();
    } catch (error) {
      if (!(error instanceof TlsError)) throw error;
      this.counts.badHellos++;
      pending.drop(waiting);
      this.answers.refuse(sw, view.inPort, segment);
      return;
    }
    const { hello } = waiting.reader;
    if (hello.serverName === undefined && !hello.isComplete) return;
    pending.drop(waiting);
    this.decide(sw, view, hello.serverName, waiting.base, waiting.frames);
  }

  /** The ClientHello is known as far as its name. `first` is the sequence number of its first byte. */
  private decide(
    sw: Switch,
    view: PacketInView,
    name: string | undefined,
    first: number,
    frames: readonly Frame[],
  ): void {
    const { segment, handoffs } = this;
    if (!this.mayHandOver()) return;
    const server = this.servers.ofName(segment, name);
    const strategy = server === undefined ? undefined : handoffs.forHello(server.tenant, segment.family);
    this.disclosure?.visit(segment, name, server?.tenant);
    if (server === undefined || strategy === undefined) {
      this.answers.refuse(sw, view.inPort, segment);
      return;
    }
    const { tenant, ready } = server;
    const how = { tenant, strategy, start: segment.acknowledgement, first, ready };
    handoffs.handOver(sw, view.inPort, segment, how, frames);
  }

  private stray(sw: Switch, view: PacketInView): void {
    this.counts.strays++;
    this.answers.refuse(sw, view.inPort, this.segment);
  }

  private readClock(): void {
    this.second = Math.floor(this.context.clock.now() / 1000);
    this.answers.renew();
    this.counts.expired += this.pending.expire(this.second);
    this.handoffs.expire(this.second - this.context.config.limits.connectionSeconds);
  }
}
