import type { ActualFlow, ActualState, Switch, WantedFlow } from '../switch/index.js';
import type { AppSetup } from './config/app-setup.js';
import { HostFlows } from './host-flows.js';
import type { AppChanges } from './reload-report.js';
import { type AppSurroundings, RunningApp } from './running-app.js';
import { planTables, type TablePlan } from './table-plan.js';

export interface AppsOptions extends AppSurroundings {
  /** Every switch that is remembered, away or not. */
  known(): Iterable<Switch>;
  probeFlow: WantedFlow | undefined;
}

/** One line about an app. */
export interface AppSummary {
  readonly instance: string;
  readonly app: string;
  readonly summary: string;
  readonly isRunning: boolean;
  /** Table numbers by the app's own names. */
  readonly tables: ReadonlyMap<string, number>;
  readonly packetIns: number;
  readonly failures: number;
}

const RELOAD = 'reload';

/**
 * The apps of the configuration in their order, and what holds them together: tables, cookies and the flows
 * between them.
 */
export class Apps {
  /** Running apps by the owner that their cookies name. The same map for good. */
  readonly byOwner = new Map<number, RunningApp>();
  private readonly options: AppsOptions;
  private readonly hostFlows: HostFlows;
  private apps = new Map<string, RunningApp>();
  private plan: TablePlan = planTables([]);
  /** Starting and stopping happen one after the other. */
  private turn: Promise<unknown> = Promise.resolve();

  constructor(options: AppsOptions) {
    this.options = options;
    this.hostFlows = new HostFlows(options.probeFlow, ({ switchId, kind, key }) => {
      options.log.write('flow-refused', { app: 'host', switch: switchId, kind, key });
    });
  }

  get tableCount(): number {
    return Math.max(1, this.plan.count);
  }

  named(instance: string): RunningApp | undefined {
    return this.apps.get(instance);
  }

  each(visit: (app: RunningApp) => void): void {
    for (const app of this.apps.values()) visit(app);
  }

  summaries(): AppSummary[] {
    return [...this.apps.values()].map(app => ({
      instance: app.name,
      app: app.setup.definition.name,
      summary: app.setup.definition.summary,
      isRunning: app.isRunning,
      tables: this.plan.tables.get(app.name)!,
      packetIns: app.packetIns,
      failures: app.guard.failures,
    }));
  }

  /** Starts the first apps. Rejects with what one threw. */
  async start(setups: readonly AppSetup[]): Promise<void> {
    await this.change(setups);
  }

  /** Ends all apps; their flows stay. */
  stop(): Promise<void> {
    return this.inTurn(async () => {
      for (const app of [...this.apps.values()].reverse()) await this.halt(app);
    });
  }

  startOne(app: RunningApp): Promise<void> {
    return this.inTurn(() => this.together(() => this.launch(app)));
  }

  stopOne(app: RunningApp): Promise<void> {
    return this.inTurn(() =>
      this.together(async () => {
        if (!app.isRunning) return;
        await this.halt(app);
        this.forget(app);
      }),
    );
  }

  /** Whether one of them takes short-lived flows one by one. */
  get takesSurvivors(): boolean {
    return [...this.apps.values()].some(app => app.takesSurvivors);
  }

  /** Gives a flow that a switch has to its app. False: nobody takes it like that. */
  survivor(sw: Switch, owner: number, flow: ActualFlow): boolean {
    return this.byOwner.get(owner)?.survivor(sw, flow) ?? false;
  }

  /** Everything that is wanted on a switch that has just connected. */
  switchUp(sw: Switch, actual: ActualState): void {
    this.hostFlows.state(sw);
    for (const app of this.apps.values()) {
      // A stopped app has no flows, and an unknown owner's are removed.
      if (!app.isRunning) continue;
      sw.wanted(app.owner);
      app.switchUp(sw, actual.shortLived.get(app.owner.number) ?? []);
    }
  }

  /**
   * Runs exactly these apps. Those that stay the same are not touched; one with other settings or other tables
   * is started anew over its flows, of which only the difference is sent.
   */
  change(setups: readonly AppSetup[]): Promise<AppChanges> {
    return this.inTurn(() => this.together(() => this.changeNow(setups)));
  }

  /** What `change` would do now. */
  preview(setups: readonly AppSetup[]): AppChanges {
    const plan = planOf(setups);
    const changes: AppChanges = { started: [], stopped: [], restarted: [], unchanged: [] };
    for (const setup of setups) {
      const old = this.apps.get(setup.instance);
      if (old === undefined) changes.started.push(setup.instance);
      else changes[isKept(old, setup, plan) ? 'unchanged' : 'restarted'].push(setup.instance);
    }
    const names = new Set(setups.map(({ instance }) => instance));
    for (const instance of this.apps.keys()) if (!names.has(instance)) changes.stopped.push(instance);
    return changes;
  }

  private async changeNow(setups: readonly AppSetup[]): Promise<AppChanges> {
    const plan = planOf(setups);
    const changes = this.preview(setups);
    const before = this.apps;
    const after = new Map<string, RunningApp>();
    for (const setup of setups) {
      const old = before.get(setup.instance);
      const isSame = old !== undefined && isKept(old, setup, plan);
      after.set(setup.instance, isSame ? old : new RunningApp(setup, plan, this.options));
    }
    for (const [instance, old] of [...before].reverse()) {
      if (after.get(instance) === old) continue;
      const heir = after.get(instance);
      const isReplaced = heir?.setup.definition === old.setup.definition && old.isRunning;
      if (isReplaced) heir.inherit(old);
      await this.halt(old);
      if (isReplaced) for (const sw of this.options.known()) sw.wanted(old.owner).unsettle(RELOAD);
      else this.forget(old);
    }
    this.apps = after;
    this.plan = plan;
    const failures: unknown[] = [];
    for (const [instance, app] of after) {
      const old = before.get(instance);
      if (old === app) continue;
      await this.launch(app).catch(error => failures.push(error));
      for (const sw of this.options.known()) {
        sw.wanted(app.owner).settle(RELOAD);
        for (const table of old?.owner.tables ?? []) {
          if (!app.owner.tables.has(table)) sw.removeShortLived(app.owner.number, table);
        }
      }
    }
    if (failures.length > 0) throw failures[0];
    return changes;
  }

  private async launch(app: RunningApp): Promise<void> {
    for (const sw of this.options.known()) sw.wanted(app.owner);
    await app.start();
    this.byOwner.set(app.owner.number, app);
  }

  private async halt(app: RunningApp): Promise<void> {
    this.byOwner.delete(app.owner.number);
    await app.stop();
  }

  private forget(app: RunningApp): void {
    for (const sw of this.options.known()) sw.removeOwner(app.owner.number);
    this.options.log.write('app-stopped', { app: app.name });
  }

  /**
   * What `run` changes is sent to each switch together, and the flows between apps follow. Until then apps may state flows
   * where the host's were.
   */
  private async together<T>(run: () => Promise<T>): Promise<T> {
    const switches = [...this.options.known()];
    const releases = switches.map(sw => sw.holdChanges());
    for (const sw of switches) sw.wanted(this.hostFlows.owner).unsettle(RELOAD);
    try {
      return await run();
    } finally {
      this.hostFlows.plan(this.plan, this.apps.values());
      for (const sw of this.options.known()) {
        this.hostFlows.state(sw);
        sw.wanted(this.hostFlows.owner).settle(RELOAD);
      }
      for (const release of releases) release();
    }
  }

  private inTurn<T>(run: () => Promise<T>): Promise<T> {
    const result = this.turn.then(run);
    this.turn = result.catch(() => undefined);
    return result;
  }
}

function planOf(setups: readonly AppSetup[]): TablePlan {
  return planTables(
    setups.map(({ instance, definition: { tables, endsPipeline } }) => ({ instance, tables, endsPipeline })),
  );
}

/** Whether the running app is not touched by a change to `setup`. */
function isKept(app: RunningApp, setup: AppSetup, plan: TablePlan): boolean {
  return app.isRunning && app.isSame(setup, plan);
}
