import type { AppContext, AppInstance } from '../../controller/host/index.js';
import type { Json, PacketInView } from '../../controller/openflow/index.js';
import { type ActualFlow, MAX_OWN_COOKIE, type Refusal, type Switch } from '../../controller/switch/index.js';
import { parsePrefix } from './address-prefix.js';
import type { PopsiclConfig } from './config.js';
import { Tenants } from './handoff/tenants.js';
import { Datagrams } from './interception/datagrams.js';
import { Errors } from './interception/errors.js';
import { Interception } from './interception/interception.js';
import { NEIGHBOUR_METERS, neighbourMeter } from './interception/neighbour-flows.js';
import { TenantMacs } from './interception/tenant-macs.js';
import { type MeterName, meterOf, planFlows } from './interception/wanted-flows.js';
import { Punt } from './pipeline.js';
import { RegistrationError } from './registry/registration-error.js';
import type { Services } from './services.js';

/** Milliseconds between two changes of flows because tenants have other MAC addresses. */
const STATE_AGAIN = 1000;

/** The app in its switches: static flows, and an answer for each packet that they punt. */
export class Popsicl implements AppInstance {
  private readonly context: AppContext<PopsiclConfig>;
  private readonly services: Services;
  private readonly tenants: Tenants;
  private readonly macs: TenantMacs;
  private readonly interception: Interception;
  private readonly datagrams: Datagrams;
  private readonly errors: Errors;
  /** Meters of neighbours of switches that did not take all: one, or 0 where they take none of the app. */
  private readonly fewMeters = new Map<string, 0 | 1>();
  /** When changed flows were stated last, and whether that is to come again. */
  private lastStated = Number.NEGATIVE_INFINITY;
  private isStatingSoon = false;

  constructor(context: AppContext<PopsiclConfig>, services: Services) {
    this.context = context;
    this.services = services;
    const { config, clock } = context;
    const { port, proxy, decoy } = config;
    this.tenants = new Tenants(
      config.tenants.map(tenant => ({ ...tenant, port })),
      { relay: proxy && { ...proxy, domain: '', port }, decoy: decoy && { ...decoy, port } },
    );
    this.macs = new TenantMacs(context, this.tenants, () => this.stateSoon());
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
    this.fewMeters.delete(sw.id);
    this.state(sw);
    // Answers come here by a flow. What is not there then is asked for again and again.
    sw.confirmed().then(
      () => this.macs.ask(sw),
      () => undefined,
    );
  }

  switchDown(sw: Switch): void {
    this.interception.handoffs.switchDown(sw);
  }

  packetIn(sw: Switch, view: PacketInView): void {
    const why = view.cookieLow & MAX_OWN_COOKIE;
    if (why === Punt.NEIGHBOUR) this.macs.packetIn(sw, view);
    else if (why === Punt.DATAGRAM) this.datagrams.packetIn(sw, view);
    else if (why === Punt.ERROR) this.errors.packetIn(sw, view);
    else this.interception.packetIn(sw, view);
  }

  refused({ kind, key, switchId }: Refusal): void {
    if (kind !== 'meter') return;
    // Ports come to share one meter before there is none at all.
    const left = key.startsWith('neighbour-') && key !== neighbourMeter(0) ? 1 : 0;
    if (left >= (this.fewMeters.get(switchId) ?? NEIGHBOUR_METERS)) return;
    this.fewMeters.set(switchId, left);
    this.context.log.write(left === 0 ? 'popsicl-meter-refused' : 'popsicl-few-meters', { switch: switchId });
    const sw = this.context.switches.get(switchId);
    if (sw !== undefined) this.state(sw);
  }

  /** States every flow and meter of a switch. */
  private state(sw: Switch): void {
    const { context, tenants } = this;
    const { config } = context;
    const wanted = context.wanted(sw);
    const places = this.fewMeters.get(sw.id) ?? NEIGHBOUR_METERS;
    const meter = (name: MeterName, rate: number) =>
      places === 0 ? undefined : wanted.setMeter(name, meterOf(rate));
    const { synRate, segmentRate, neighbourRate } = config.limits;
    const meters = {
      syn: meter('syn', synRate),
      segment: meter('segment', segmentRate),
      tenant: meter('tenant', segmentRate),
    };
    const neighbourMeters: number[] = [];
    for (let place = 0; place < NEIGHBOUR_METERS; place++) {
      const key = neighbourMeter(place);
      if (place < places) neighbourMeters.push(wanted.setMeter(key, meterOf(neighbourRate)));
      else wanted.removeMeter(key);
    }
    wanted.replaceFlows(
      planFlows({
        tables: {
          classify: context.table('classify'),
          pseudo: context.table('pseudo'),
          tenantSide: context.table('tenant-side'),
          neighbours: context.table('neighbours'),
        },
        zone: config.zone,
        blocks: [...config.blocks.ipv4, ...config.blocks.ipv6].map(text => parsePrefix(text)!),
        tenants,
        gateway: config.gateway,
        port: config.port,
        directAccess: config.directAccess,
        next: context.next,
        meters,
        neighbourMeters,
      }),
    );
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
}
