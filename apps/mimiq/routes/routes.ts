import type { AppContext } from '../../../controller/host/index.js';
import type { ActualFlow, Switch } from '../../../controller/switch/index.js';
import { EdgeChoice, type EdgeState } from '../exits/edge-choice.js';
import { EdgeNotes } from '../exits/edge-notes.js';
import { type KnownRouters, NextRouters } from '../exits/next-routers.js';
import { type Fabric, type FabricSwitch, isClientFacing, isEdge } from '../fabric/fabric.js';
import { ForwardingError } from '../forwarding-error.js';
import type { AliasState, Forwarding, Lease, SwitchId } from '../model.js';
import { TABLE_NAMES, type Tables } from '../pipeline/pipeline.js';
import { SwitchRoutes } from './switch-routes.js';

/** What is known of the ways out, for the routes of a new configuration. */
export interface KnownExits {
  readonly routers: KnownRouters;
  readonly edges: ReadonlyMap<SwitchId, EdgeState>;
  readonly noted: ReadonlyMap<SwitchId, ReadonlySet<SwitchId>>;
}

/**
 * Return routes and neighbour entries of the whole network (3.3). Every statement goes to the switches that are concerned, and a
 * promise resolves when these have confirmed it; what is stated in one turn of the event loop, or while a switch
 * is still busy with earlier statements, goes out in one bundle.
 */
export class Routes implements Forwarding {
  readonly tables: Tables;
  readonly routers: NextRouters;
  private readonly edges: EdgeChoice;
  private readonly notes: EdgeNotes;
  private readonly context: Pick<AppContext, 'wanted'>;
  private readonly switches = new Map<SwitchId, SwitchRoutes>();
  /** Lost edges that a client-facing switch has a note of. */
  private readonly noted = new Map<SwitchId, ReadonlySet<SwitchId>>();
  /** The same of the routes before, for switches that stayed connected and whose flows are not read again. */
  private readonly notedBefore: Map<SwitchId, ReadonlySet<SwitchId>>;

  /** `known`: what the routes of an earlier configuration handed over. */
  constructor(context: AppContext<unknown>, fabric: Fabric, known?: KnownExits) {
    this.context = context;
    const { clock, log } = context;
    this.tables = Object.fromEntries(TABLE_NAMES.map(name => [name, context.table(name)])) as Tables;
    this.notes = new EdgeNotes(context, this.tables);
    const changed = () => {
      log.write('mimiq-exits-changed');
      for (const { sw } of this.switches.values()) if (sw !== undefined) this.attach(sw);
    };
    const links = fabric.switches.flatMap(({ id, outside }) =>
      typeof outside === 'object' ? [{ switchId: id, outside }] : [],
    );
    this.routers = new NextRouters(context, links, this.tables, changed, known?.routers);
    const hasRouter = (edge: FabricSwitch, family: 4 | 6) => this.routers.isThere(edge, family);
    this.edges = new EdgeChoice(fabric, clock, hasRouter, changed, known?.edges);
    this.notedBefore = new Map(known?.noted);
    const base = {
      tables: this.tables,
      next: context.next,
      exitsOf: (own: FabricSwitch) => this.edges.exitsOf(own),
    };
    for (const own of fabric.switches) this.switches.set(own.id, new SwitchRoutes(fabric, own, base));
  }

  knownExits(): KnownExits {
    const noted = [...this.noted].filter(([id]) => this.switches.get(id)?.sw !== undefined);
    return { routers: this.routers.known(), edges: this.edges.known(), noted: new Map(noted) };
  }

  all(): Iterable<SwitchRoutes> {
    return this.switches.values();
  }

  find(id: SwitchId): SwitchRoutes | undefined {
    return this.switches.get(id);
  }

  /** A switch connected; `survivors` are the short-lived flows that it has of an earlier controller. */
  connect(sw: Switch, survivors: readonly ActualFlow[]): void {
    const routes = this.switches.get(sw.id);
    if (routes === undefined) return;
    if (isClientFacing(routes.own)) {
      const noted = [...this.notes.read(survivors), ...(this.notedBefore.get(sw.id) ?? [])];
      this.notedBefore.delete(sw.id);
      for (const edge of noted) this.edges.recall(edge);
      this.noted.set(sw.id, new Set(noted));
    }
    this.attach(sw);
    this.routers.attach(sw, survivors);
  }

  /** A connected switch has to be told again, perhaps: its ports changed, or the choice of edges. */
  attach(sw: Switch): void {
    const routes = this.switches.get(sw.id);
    if (routes === undefined) return;
    routes.attach(sw, this.context.wanted(sw));
    this.noteLost(sw);
    this.edges.attach(routes.own, sw);
  }

  detach(sw: Switch): void {
    const routes = this.switches.get(sw.id);
    routes?.detach();
    this.routers.detach(sw);
    if (routes !== undefined) this.edges.detach(routes.own);
  }

  /** Brings the notes of a client-facing switch up to date. */
  private noteLost(sw: Switch): void {
    const noted = this.noted.get(sw.id);
    if (noted === undefined) return;
    const lost = new Set(this.edges.lost());
    for (const edge of lost) if (!noted.has(edge)) this.notes.write(sw, edge);
    for (const edge of noted) if (!lost.has(edge)) this.notes.erase(sw, edge);
    this.noted.set(sw.id, lost);
  }

  restore(leases: readonly Lease[], aliases: readonly AliasState[]): void {
    for (const routes of this.switches.values()) {
      for (const lease of leases) if (routes.concerns(lease)) routes.add(lease);
      routes.setAliases(aliases);
    }
  }

  async install(leases: readonly Lease[]): Promise<void> {
    const failures = new Failures();
    const stated = new Map<SwitchRoutes, { lease: Lease; key: string }[]>();
    const wanted: Lease[] = [];
    const known = new Set(leases.filter(lease => this.switches.get(lease.attachment.switchId)?.knows(lease)));
    for (const lease of leases) {
      const trouble = this.unreachable(lease);
      if (trouble === undefined) wanted.push(lease);
      else failures.add(lease, trouble);
    }
    for (const routes of this.switches.values()) {
      const own = wanted.filter(lease => routes.concerns(lease));
      if (own.length > 0)
        stated.set(
          routes,
          own.map(lease => ({ lease, key: routes.add(lease) })),
        );
    }
    await Promise.all(
      [...stated].map(async ([routes, entries]) => {
        const { sw } = routes;
        // An edge that is away learns of it as it comes back; until then the others carry the traffic.
        if (sw === undefined) return;
        try {
          await sw.confirmed();
        } catch (cause) {
          const isAway = isEdge(routes.own) && routes.sw === undefined;
          if (!isAway) for (const { lease } of entries) failures.add(lease, unreachable(routes, cause));
          return;
        }
        for (const { lease, key } of entries) {
          const refusal = routes.refusal(key);
          if (refusal !== undefined) failures.add(lease, refused(routes, refusal));
        }
      }),
    );
    // A lease that was in force is so still: only its new end was not confirmed.
    for (const lease of failures.leases()) if (!known.has(lease)) this.forget(lease);
    failures.raise();
  }

  async remove(leases: readonly Lease[]): Promise<void> {
    const failures = new Failures();
    await Promise.all(
      [...this.switches.values()].map(async routes => {
        const own = leases.filter(lease => routes.concerns(lease));
        for (const lease of own) routes.delete(lease);
        if (own.length === 0 || routes.sw === undefined) return;
        await routes.sw.confirmed().catch(cause => {
          // Away: the next connection is compared with what is wanted.
          if (routes.sw !== undefined)
            for (const lease of own) failures.add(lease, unreachable(routes, cause));
        });
      }),
    );
    failures.raise();
  }

  async setAliases(all: readonly AliasState[]): Promise<void> {
    const troubles: unknown[] = [];
    await Promise.all(
      [...this.switches.values()].map(async routes => {
        routes.setAliases(all);
        await routes.sw?.confirmed().catch(cause => {
          if (routes.sw !== undefined) troubles.push(cause);
        });
      }),
    );
    if (troubles.length === 0) return;
    throw new ForwardingError('switch-unreachable', 'Not every edge switch confirmed the aliases.', [], {
      cause: troubles[0],
    });
  }

  private forget(lease: Lease): void {
    for (const routes of this.switches.values()) if (routes.concerns(lease)) routes.delete(lease);
  }

  /** Why nobody could use the lease now. */
  private unreachable(lease: Lease): ForwardingError | undefined {
    const routes = this.switches.get(lease.attachment.switchId);
    if (routes === undefined) {
      return new ForwardingError('switch-unknown', 'The client is at a switch that is not configured.', []);
    }
    if (routes.sw === undefined) return unreachable(routes);
    const edges = [...this.switches.values()].filter(({ own }) => isEdge(own));
    if (edges.length > 0 && edges.every(({ sw }) => sw === undefined)) return unreachable(edges[0]!);
    return undefined;
  }
}

function unreachable(routes: SwitchRoutes, cause?: unknown): ForwardingError {
  return new ForwardingError(
    'switch-unreachable',
    `Switch "${routes.own.name}" did not confirm: it is away, or does not answer.`,
    [],
    { cause },
  );
}

function refused(routes: SwitchRoutes, cause: Error & { errorCode?: unknown }): ForwardingError {
  const code = cause.errorCode === 'table-full' ? 'table-full' : 'rule-refused';
  return new ForwardingError(code, `Switch "${routes.own.name}" refused a flow.`, [], { cause });
}

/** Leases that are not in force, each with its first reason. */
class Failures {
  private readonly found = new Map<Lease, ForwardingError>();

  add(lease: Lease, error: ForwardingError): void {
    if (!this.found.has(lease)) this.found.set(lease, error);
  }

  leases(): Iterable<Lease> {
    return this.found.keys();
  }

  /** Throws one error for all of them. */
  raise(): void {
    const first = [...this.found.values()][0];
    if (first === undefined) return;
    const { code, message, cause } = first;
    throw new ForwardingError(code, message, [...this.found.keys()], { cause });
  }
}
