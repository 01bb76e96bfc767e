import { isGroupMac, macToNumber } from '../../controller/address/index.js';
import type { AppContext, AppInstance } from '../../controller/host/index.js';
import type { Json, PacketInView } from '../../controller/openflow/index.js';
import { PacketError } from '../../controller/packet/index.js';
import {
  type Action,
  type ActualFlow,
  MAX_OWN_COOKIE,
  type Refusal,
  type Switch,
} from '../../controller/switch/index.js';
import { parsePrefix } from './address-prefix.js';
import type { PopsiclConfig } from './config.js';
import { Tenants } from './handoff/tenants.js';
import { Datagrams } from './interception/datagrams.js';
import { Errors } from './interception/errors.js';
import { Interception } from './interception/interception.js';
import { type Heard, Neighbours } from './interception/neighbours.js';
import { type MeterName, meterOf, planFlows } from './interception/wanted-flows.js';
import { BACK, Punt } from './pipeline.js';
import { addressKey } from './pseudonym/address-key.js';
import { RegistrationError } from './registry/registration-error.js';
import type { Services } from './services.js';

/** Milliseconds between two questions for a tenant's MAC address, and after which an answer is asked for again. */
const ASK_AGAIN = 1000;
const ASK_REFRESH = 30_000;
/** Milliseconds between two changes of flows because tenants have other MAC addresses. */
const STATE_AGAIN = 1000;
/** Questions without an answer before the log says so. */
const PATIENCE = 5;

/** The app in its switches: static flows, and an answer for each packet that they punt. */
export class Popsicl implements AppInstance {
  private readonly context: AppContext<PopsiclConfig>;
  private readonly services: Services;
  private readonly tenants: Tenants;
  private readonly neighbours: Neighbours;
  private readonly interception: Interception;
  private readonly datagrams: Datagrams;
  private readonly errors: Errors;
  private readonly withoutMeters = new Set<string>();
  private sinceRefresh = 0;
  /** When changed flows were stated last, and whether that is to come again. */
  private lastStated = Number.NEGATIVE_INFINITY;
  private isStatingSoon = false;
  /** Questions without an answer, by the tenant's index. */
  private readonly unanswered = new Map<number, number>();

  constructor(context: AppContext<PopsiclConfig>, services: Services) {
    this.context = context;
    this.services = services;
    const { config, clock } = context;
    const { port, proxy, decoy } = config;
    this.tenants = new Tenants(
      config.tenants.map(tenant => ({ ...tenant, port })),
      { relay: proxy && { ...proxy, domain: '', port }, decoy: decoy && { ...decoy, port } },
    );
    this.neighbours = new Neighbours(config.gateway);
    this.interception = new Interception(context, this.tenants, services);
    const { handoffs, sources } = this.interception;
    const { directory } = services;
    this.datagrams = new Datagrams({
      tenants: this.tenants,
      directory,
      handoffs,
      sources,
      port,
      now: () => clock.now() / 1000,
    });
    this.errors = new Errors(this.tenants, handoffs);
    const { counts } = this.datagrams;
    context.metrics.counter(
      'datagram_handoffs_total',
      'Datagrams that began to be redirected.',
      () => counts.handoffs,
    );
    const { counts: errors } = this.errors;
    context.metrics.counter(
      'translated_errors_total',
      'ICMP errors about connections that the switch does not track.',
      () => errors.translated,
    );
    context.metrics.counter('stray_datagrams_total', 'Datagrams to no tenant.', () => counts.strays);
    clock.every(ASK_AGAIN, () => this.askForTenants());
  }

  stop(): Promise<void> | undefined {
    return this.services.close?.();
  }

  call(name: string, parameters: Json): Promise<Json> {
    const { call } = this.services;
    if (call !== undefined) return call(name, parameters);
    throw new RegistrationError('no-registration', 'this controller registers no pseudonyms', {
      mend: 'Give the app `registration` in the configuration.',
    });
  }

  survivor(sw: Switch, flow: ActualFlow): void {
    this.interception.handoffs.survivor(sw, flow);
  }

  switchUp(sw: Switch): void {
    this.interception.handoffs.switchUp(sw);
    this.withoutMeters.delete(sw.id);
    this.state(sw);
    // Answers come here by a flow. What is not there then is asked for again and again.
    sw.confirmed().then(
      () => this.ask(sw, false),
      () => undefined,
    );
  }

  switchDown(sw: Switch): void {
    this.interception.handoffs.switchDown(sw);
  }

  packetIn(sw: Switch, view: PacketInView): void {
    const why = view.cookieLow & MAX_OWN_COOKIE;
    if (why === Punt.NEIGHBOUR) this.neighbour(sw, view);
    else if (why === Punt.DATAGRAM) this.datagrams.packetIn(sw, view);
    else if (why === Punt.ERROR) this.errors.packetIn(sw, view);
    else this.interception.packetIn(sw, view);
  }

  refused(refusal: Refusal): void {
    if (refusal.kind !== 'meter' || this.withoutMeters.has(refusal.switchId)) return;
    this.withoutMeters.add(refusal.switchId);
    this.context.log.write('popsicl-meter-refused', { switch: refusal.switchId });
    const sw = this.context.switches.get(refusal.switchId);
    if (sw !== undefined) this.state(sw);
  }

  /** States every flow and meter of a switch. */
  private state(sw: Switch): void {
    const { context, tenants } = this;
    const { config } = context;
    const wanted = context.wanted(sw);
    const meter = (name: MeterName, rate: number) =>
      this.withoutMeters.has(sw.id) ? undefined : wanted.setMeter(name, meterOf(rate));
    const { synRate, segmentRate, neighbourRate } = config.limits;
    wanted.replaceFlows(
      planFlows({
        tables: {
          classify: context.table('classify'),
          pseudo: context.table('pseudo'),
          tenantSide: context.table('tenant-side'),
        },
        zone: config.zone,
        blocks: [...config.blocks.ipv4, ...config.blocks.ipv6].map(text => parsePrefix(text)!),
        tenants,
        gateway: config.gateway,
        port: config.port,
        directAccess: config.directAccess,
        next: context.next,
        meters: {
          syn: meter('syn', synRate),
          segment: meter('segment', segmentRate),
          neighbour: meter('neighbour', neighbourRate),
        },
      }),
    );
  }

  private neighbour(sw: Switch, view: PacketInView): void {
    try {
      const { answer, heard } = this.neighbours.read(view.data);
      if (heard !== undefined) this.heard(heard);
      if (answer !== undefined) {
        sw.send({ type: 'packet-out', inPort: view.inPort, actions: BACK, data: answer });
      }
    } catch (error) {
      if (!(error instanceof PacketError)) throw error;
    }
  }

  private heard({ address, mac }: Heard): void {
    const number = macToNumber(mac);
    // A group's address would bring a tenant's packets to every machine of the network.
    if (number === 0 || isGroupMac(number)) return;
    for (const tenant of this.tenants) {
      const { ipv4, ipv6 } = tenant.config;
      const own = [ipv4, ipv6].flatMap(one => (one === undefined ? [] : [addressKey(one)]));
      if (tenant.config.mac !== undefined || !own.includes(addressKey(address))) continue;
      if (tenant.mac === number) continue;
      tenant.mac = number;
      this.stateSoon();
    }
  }

  /** At once, but no sooner than a second after the last time: a tenant may say every moment that it is elsewhere. */
  private stateSoon(): void {
    const { clock, switches } = this.context;
    if (this.isStatingSoon) return;
    const wait = this.lastStated + STATE_AGAIN - clock.now();
    const state = () => {
      this.isStatingSoon = false;
      this.lastStated = clock.now();
      for (const sw of switches.values()) this.state(sw);
    };
    if (wait <= 0) state();
    else {
      this.isStatingSoon = true;
      clock.after(wait, state);
    }
  }

  private askForTenants(): void {
    this.sinceRefresh += ASK_AGAIN;
    const refresh = this.sinceRefresh >= ASK_REFRESH;
    if (refresh) this.sinceRefresh = 0;
    for (const sw of this.context.switches.values()) this.ask(sw, refresh);
    if (this.context.switches.size === 0) return;
    for (const { index, mac } of this.tenants) {
      if (mac !== undefined || (this.unanswered.get(index) ?? 0) > PATIENCE) continue;
      const asked = (this.unanswered.get(index) ?? 0) + 1;
      this.unanswered.set(index, asked);
      if (asked > PATIENCE) this.context.log.write('popsicl-tenant-unreachable', { place: index + 1 });
    }
  }

  /** Asks for the tenants whose address is not known, or with `refresh` for all that the configuration leaves open. */
  private ask(sw: Switch, refresh: boolean): void {
    for (const { config, mac } of this.tenants) {
      if (config.mac !== undefined || (mac !== undefined && !refresh)) continue;
      const { ipv4, ipv6 } = config;
      const question = this.neighbours.question(ipv4 !== undefined ? { ipv4 } : { ipv6: ipv6! });
      if (question === undefined || !sw.isConnected) continue;
      const actions = this.floodActions(sw);
      if (actions.length > 0) sw.send({ type: 'packet-out', actions, data: question });
    }
  }

  /** Out of every port that floods go to: nothing comes in by one. */
  private floodActions(sw: Switch): Action[] {
    const { topology } = this.context;
    const ports = [...sw.ports.keys()].filter(port => topology.isForwarding(sw, port));
    return ports.map(port => ({ type: 'output', port, maxLen: 0 }));
  }
}
