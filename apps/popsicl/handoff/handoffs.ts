import type { AppContext } from '../../../controller/host/index.js';
import { IpProtocol } from '../../../controller/packet/index.js';
import { type ActualFlow, OWNER_MASK, type Switch } from '../../../controller/switch/index.js';
import type { PopsiclConfig } from '../config.js';
import type { StrategyName } from '../model.js';
import type { PendingHello, PendingHellos } from '../segments/pending-hellos.js';
import { PuntedSegment } from '../segments/punted-segment.js';
import { ConntrackRedirection } from './conntrack.js';
import { FlowsRedirection } from './flows.js';
import { IdleRules } from './idle-rules.js';
import { type LiveConnection, LiveConnections } from './live-connections.js';
import { recall, rulesNumber } from './recall.js';
import type { Frame, Redirection } from './redirection.js';
import { repairStrategy, type TenantAgents } from './repair.js';
import { tellRoundTrip } from './round-trip.js';
import { ADDRESS, COOKIE, proxyStrategy, type Strategy } from './strategy.js';
import type { Tenant, Tenants } from './tenants.js';

export interface HandoffsOptions {
  readonly context: AppContext<PopsiclConfig>;
  readonly tenants: Tenants;
  readonly agents: TenantAgents | undefined;
  /** Where what comes for a connection waits until its tenant is ready. */
  readonly pending: PendingHellos;
  /** Whole seconds. */
  readonly now: () => number;
  /** Refuses the connection of a segment that no tenant would take. */
  refuse(sw: Switch, inPort: number, segment: PuntedSegment): void;
}

/** What is decided about a connection. */
export interface Handoff {
  readonly tenant: Tenant;
  readonly strategy: Strategy;
  /** What tells the connection from others of the same ends: see `LiveConnection`. */
  readonly start: number;
  /** Sequence number of the client's first byte. */
  readonly first: number;
  /** What the tenant's web server still needs for it; a rejection refuses the client. */
  readonly ready?: Promise<void> | undefined;
}

/** Hands connections to tenants, each by its strategy and redirection, and remembers them. */
export class Handoffs {
  readonly live: LiveConnections;
  /** UDP whose tenant has the redirection `flows`. */
  readonly liveDatagrams: LiveConnections;
  readonly datagramFlows: FlowsRedirection;
  readonly conntrack: ConntrackRedirection;
  readonly idle: IdleRules;
  readonly counts = { handoffs: 0, resumed: 0, failed: 0, crowdedOut: 0 };
  private readonly options: HandoffsOptions;
  private readonly flows: FlowsRedirection;
  /** Switches by id: whether an earlier run may have left tracked connections there, of which nothing is known. */
  private readonly inherited = new Map<string, boolean>();
  private readonly begun: number;
  private readonly strategies: Readonly<Record<StrategyName, Strategy>>;

  constructor(options: HandoffsOptions) {
    this.options = options;
    const { context, tenants, agents, now } = options;
    const { limits, zone, fleet } = context.config;
    this.begun = context.clock.now() / 1000;
    this.strategies = {
      cookie: COOKIE,
      address: ADDRESS,
      proxy: proxyStrategy(tenants.relay),
      repair: repairStrategy(agents, fleet.windowScale),
    };
    this.live = new LiveConnections(limits.connections);
    this.liveDatagrams = new LiveConnections(limits.connections);
    this.conntrack = new ConntrackRedirection({
      zone,
      pseudo: context.table('pseudo'),
      tenantSide: context.table('tenant-side'),
      next: context.next,
    });
    this.idle = new IdleRules({
      clock: context.clock,
      table: context.table('classify'),
      cookieOf: context.shortLivedCookie,
      idleSeconds: limits.flowIdleSeconds,
    });
    const rules = {
      table: context.table('classify'),
      next: context.next,
      cookieOf: context.shortLivedCookie,
      idle: this.idle,
      switches: context.switches,
      now,
    };
    this.flows = new FlowsRedirection({ ...rules, protocol: IpProtocol.TCP, live: this.live });
    this.datagramFlows = new FlowsRedirection({
      ...rules,
      protocol: IpProtocol.UDP,
      live: this.liveDatagrams,
    });
  }

  /** That something is handed over in. */
  get second(): number {
    return this.options.now();
  }

  /** The strategy by which a SYN to the tenant's own pseudo-address goes on; undefined: answer it. */
  forSyn(tenant: Tenant, family: 4 | 6): Strategy | undefined {
    const strategy = this.strategies[this.workingStrategy(tenant, tenant.strategy(family), family)];
    return strategy.takesSyn && strategy.endpoint(tenant, family) !== undefined ? strategy : undefined;
  }

  /** The strategy for a connection that the controller has answered; undefined: there is none. */
  forHello(tenant: Tenant, family: 4 | 6): Strategy | undefined {
    const configured = tenant.strategy(family);
    if (configured === 'proxy') return undefined;
    const name = this.workingStrategy(tenant, configured === 'address' ? 'cookie' : configured, family);
    const strategy = this.strategies[name];
    return strategy.takesSyn || strategy.endpoint(tenant, family) === undefined ? undefined : strategy;
  }

  /**
   * A SYN, which may be a forged one, is being answered by a SYN-ACK that the client will acknowledge so. What a switch knows of
   * an earlier connection of the same ends would lead the new one past its ClientHello: it goes, and comes back with the next
   * packet if that connection is not over. Returns the milliseconds that the SYN-ACK has to wait.
   */
  answering(sw: Switch, segment: PuntedSegment, acknowledgement: number): number {
    const connection = this.live.ofClient(segment);
    if (connection === undefined && this.inherited.get(sw.id) === true) this.conntrack.begins(sw, segment);
    if (connection === undefined || connection.start === acknowledgement) return 0;
    const tenant = this.options.tenants.at(connection.tenant);
    if (tenant === undefined) return 0;
    this.live.answer(connection, acknowledgement);
    return this.redirectionOf(tenant, connection).forget(sw, segment, tenant, connection);
  }

  /**
   * Lets a tenant have a connection, and sends it `frames`, the client's own packets in their order, of which `segment` is
   * one.
   */
  handOver(
    sw: Switch,
    inPort: number,
    segment: PuntedSegment,
    { tenant, strategy, start, first, ready }: Handoff,
    frames: readonly Frame[],
  ): void {
    const { live, counts, options } = this;
    const endpoint = strategy.endpoint(tenant, segment.family);
    // Without a MAC address there is nowhere to send it yet: the client sends it again.
    if (endpoint?.mac === undefined) return;
    const known = live.ofClient(segment);
    const isOurs = known?.tenant === endpoint.index;
    if (known !== undefined && isOurs && known.start === start) {
      for (const frame of frames) this.resume(sw, inPort, segment, known, frame);
      return;
    }
    const port = isOurs ? known!.translatedPort : this.portFor(segment, endpoint, strategy);
    const step = strategy.prepare(endpoint, segment, first, port);
    let held: PendingHello | undefined;
    if (ready !== undefined || step !== undefined) {
      held = options.pending.open(segment, options.now());
      if (held === undefined) {
        counts.crowdedOut++;
        return;
      }
    }
    const waiting = ready === undefined ? step?.() : ready.then(step);
    counts.handoffs++;
    const connection = live.add(segment, endpoint.index, options.now(), switchNumber(sw), port, start);
    if (strategy === this.strategies.cookie) tellRoundTrip(frames[0]!, options.context.clock.now());
    if (waiting === undefined || held === undefined) {
      this.redirectionOf(endpoint, connection).begin(sw, inPort, segment, endpoint, connection, frames);
      return;
    }
    const waitingFrames = frames.map(frame => (frame instanceof Uint8Array ? frame : frame.data));
    options.pending.handOver(held, waitingFrames);
    void this.afterwards(sw, inPort, endpoint, held, waiting);
  }

  /** A switch has connected. */
  switchUp(sw: Switch): void {
    if (!this.inherited.has(sw.id)) void this.lookForEarlierRun(sw);
    this.idle.switchUp(sw);
    this.flows.switchUp(sw);
    this.datagramFlows.switchUp(sw);
  }

  /** Forgets what was handed over before that second. */
  expire(second: number): void {
    this.live.expire(second);
    this.liveDatagrams.expire(second);
    if (second > this.begun) for (const id of this.inherited.keys()) this.inherited.set(id, false);
  }

  /** A switch that has none of the app's flows when it is first seen has no tracked connections of an earlier run either. */
  private async lookForEarlierRun(sw: Switch): Promise<void> {
    this.inherited.set(sw.id, true);
    const own = { cookie: this.options.context.shortLivedCookie(0) & OWNER_MASK, cookieMask: OWNER_MASK };
    const answer = await sw
      .request({ type: 'multipart-request', body: { type: 'aggregate', ...own } })
      .catch(() => undefined);
    if (answer?.body.flowCount === 0) this.inherited.set(sw.id, false);
  }

  /** Takes up what an earlier run handed over, as far as a rule that a switch has tells of it. */
  survivor(sw: Switch, flow: ActualFlow): void {
    const { tenants, now } = this.options;
    const rules = rulesNumber(flow.cookie);
    // With a timeout the rule goes by itself.
    if (rules !== 0 && flow.idleTimeout === 0) {
      this.idle.add(sw, rules, Number(BigInt.asUintN(32, flow.packetCount)));
    }
    const found = recall(flow, tenants);
    const live = found?.protocol === IpProtocol.UDP ? this.liveDatagrams : this.live;
    if (found === undefined || live.ofClient(found.ends) !== undefined) return;
    const second = Math.max(0, now() - found.age);
    live.add(found.ends, found.tenant.index, second, switchNumber(sw), found.translatedPort);
    live.setRules(live.ofClient(found.ends)!, found.rules);
  }

  switchDown(sw: Switch): void {
    this.idle.switchDown(sw);
    this.flows.switchDown(sw);
    this.datagramFlows.switchDown(sw);
  }

  /** A packet of the client for a connection that the switch does not know, or not yet. False: nor is it known here. */
  fromClient(sw: Switch, inPort: number, segment: PuntedSegment, frame: Frame): boolean {
    const connection = this.live.ofClient(segment);
    if (connection === undefined) return false;
    // The end of a handshake that followed, which says nothing about the connection that is remembered.
    if (connection.answered !== 0 && connection.answered === segment.acknowledgement) return false;
    return this.resume(sw, inPort, segment, connection, frame);
  }

  /** Whether the client's segment acknowledges what one that was handed over did: it is of the same connection. */
  isSame(segment: PuntedSegment): boolean {
    return this.live.ofClient(segment)?.start === segment.acknowledgement;
  }

  /** As `fromClient`, for a packet of a tenant. */
  fromTenant(sw: Switch, inPort: number, segment: PuntedSegment, frame: Frame): boolean {
    const tenant = this.options.tenants.ofSource(segment);
    const connection = tenant === undefined ? undefined : this.live.ofTenant(segment, tenant.index);
    if (tenant === undefined || connection === undefined) return false;
    this.counts.resumed++;
    const redirection = this.redirectionOf(tenant, connection);
    redirection.resumeReply(sw, inPort, segment, tenant, connection, frame);
    return true;
  }

  private resume(
    sw: Switch,
    inPort: number,
    segment: PuntedSegment,
    connection: LiveConnection,
    frame: Frame,
  ): boolean {
    const tenant = this.options.tenants.at(connection.tenant);
    if (tenant === undefined) return false;
    this.counts.resumed++;
    this.redirectionOf(tenant, connection).resume(sw, inPort, segment, tenant, connection, frame);
    return true;
  }

  /** Sends what has come for a connection once its tenant has it. Never rejects. */
  private async afterwards(
    sw: Switch,
    inPort: number,
    endpoint: Tenant,
    held: PendingHello,
    ready: Promise<void>,
  ): Promise<void> {
    const { pending, context, refuse } = this.options;
    const isReady = await ready.then(
      () => true,
      () => false,
    );
    const segment = new PuntedSegment();
    const { frames } = held;
    segment.read(frames[0]!, 0, frames[0]!.length);
    pending.drop(held);
    const connection = this.live.ofClient(segment);
    // The switch may have connected anew. If it is away, the client's next packet finds the connection remembered.
    const now = context.switches.get(sw.id);
    if (!isReady) {
      this.counts.failed++;
      if (connection !== undefined) this.live.forget(connection);
      if (now?.isConnected) refuse(now, inPort, segment);
    } else if (connection !== undefined && now?.isConnected) {
      const redirection = this.redirectionOf(endpoint, connection);
      redirection.begin(now, inPort, segment, endpoint, connection, frames);
    }
  }

  /** What is configured, unless the tenant's agent says that it does not work there and something else does. */
  private workingStrategy(tenant: Tenant, configured: StrategyName, family: 4 | 6): StrategyName {
    if (configured !== 'cookie' && configured !== 'repair') return configured;
    const offered = this.options.agents?.strategies(tenant.config.domain);
    if (offered === undefined || offered.includes(configured)) return configured;
    const other = configured === 'cookie' ? 'repair' : 'cookie';
    if (offered.includes(other)) return other;
    return this.strategies.proxy.endpoint(tenant, family) === undefined ? configured : 'proxy';
  }

  /** The client port under which the endpoint sees a connection: a restored socket has to be told it beforehand. */
  private portFor(segment: PuntedSegment, endpoint: Tenant, strategy: Strategy): number {
    const isChosenHere = endpoint.redirection === 'flows' || strategy === this.strategies.repair;
    return isChosenHere ? this.flows.portFor(segment, endpoint) : segment.sourcePort;
  }

  /** Connection tracking chooses ports by itself: where one was chosen here, rules translate it. */
  private redirectionOf(tenant: Tenant, { translatedPort, clientPort }: LiveConnection): Redirection {
    return tenant.redirection === 'flows' || translatedPort !== clientPort ? this.flows : this.conntrack;
  }
}

/** Of a switch, in what is remembered of connections. */
export function switchNumber(sw: Switch): number {
  return Number(sw.datapathId & 0xffffn);
}
