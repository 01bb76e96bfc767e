import type { Logger } from 'pino';
import type { Json, PacketInView } from '../openflow/index.js';
import {
  type ActualFlow,
  cookieOf,
  type FlowRemoved,
  type Instruction,
  OWNER_MASK,
  type Owner,
  ownerNumber,
  type PortChange,
  type Refusal,
  readShortLivedFlows,
  type Switch,
  shortLivedCookieOf,
} from '../switch/index.js';
import type { AppContext, AppInstance } from './app.js';
import { AppGuard } from './app-guard.js';
import type { Clock } from './clock.js';
import type { AppSetup } from './config/app-setup.js';
import type { RateLimit } from './config/connection-schema.js';
import type { Topology, TopologyChange } from './discovery/topology.js';
import type { HOST_MESSAGES } from './messages/catalogue.js';
import { messageLog } from './messages/log.js';
import type { MessageLog } from './messages/message.js';
import type { Metrics } from './metrics.js';
import { puntInstructions } from './punt-meter.js';
import type { TablePlan } from './table-plan.js';

/** What the host lends to its apps. */
export interface AppSurroundings {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly log: MessageLog<typeof HOST_MESSAGES>;
  readonly metrics: Metrics;
  readonly switches: ReadonlyMap<string, Switch>;
  readonly topology: Topology;
  /** Bound of what an app's flows may send to the controller. */
  readonly puntLimit: RateLimit | undefined;
  /** Told when an app falls behind with its packet-ins, and when it has caught up. */
  readonly packetIns: { hold(): void; release(): void };
}

/** Packet-ins that an app may be working on at a time. */
const MOST_UNDERWAY = 256;

/** One app of the configuration, running or stopped, with its errors kept to itself. */
export class RunningApp {
  readonly setup: AppSetup;
  readonly owner: Owner;
  /** Table that follows the app's own; undefined at the end of the pipeline. */
  readonly next: number | undefined;
  /** Packets that its flows punted. */
  packetIns = 0;
  /** It has not finished with so many packet-ins that others should wait. */
  isBehind = false;
  readonly guard: AppGuard;

  private readonly tables: ReadonlyMap<string, number>;
  private readonly surroundings: AppSurroundings;
  private instance: AppInstance | undefined;
  /** From the instance before. */
  private inherited: unknown;
  private underway = 0;
  private disposeMetrics: (() => void) | undefined;

  constructor(setup: AppSetup, plan: TablePlan, surroundings: AppSurroundings) {
    this.setup = setup;
    this.surroundings = surroundings;
    this.tables = plan.tables.get(setup.instance)!;
    this.next = plan.next.get(setup.instance);
    this.guard = new AppGuard(setup.instance, surroundings.log);
    this.owner = {
      number: ownerNumber(setup.instance),
      name: setup.instance,
      tables: new Set(this.tables.values()),
      refused: refusal => this.refused(refusal),
    };
  }

  get name(): string {
    return this.setup.instance;
  }

  get sealsFlows(): boolean {
    return this.setup.definition.sealsFlows === true;
  }

  get isRunning(): boolean {
    return this.instance !== undefined;
  }

  /** Whether an app of this setup under that plan would be just the same. */
  isSame(setup: AppSetup, plan: TablePlan): boolean {
    const tables = plan.tables.get(setup.instance)!;
    return (
      setup.definition === this.setup.definition &&
      JSON.stringify(setup.config) === JSON.stringify(this.setup.config) &&
      plan.next.get(setup.instance) === this.next &&
      [...tables].every(([name, number]) => this.tables.get(name) === number)
    );
  }

  /** Takes what a running one of the same kind knows. */
  inherit(before: RunningApp): void {
    const { instance, guard } = before;
    if (instance?.handOver === undefined) return;
    guard.run('handOver', () => {
      this.inherited = instance.handOver!();
    });
  }

  /** Starts the instance and tells it of the switches that are there. Rejects with what the app threw. */
  async start(): Promise<void> {
    if (this.instance !== undefined) return;
    const { metrics, log, switches } = this.surroundings;
    const own = metrics.app(this.setup.definition.name, this.name);
    this.disposeMetrics = () => own.dispose();
    try {
      own.counter(
        'packet_ins_total',
        'Packets that flows of the app sent to the controller.',
        () => this.packetIns,
      );
      own.counter('failures_total', 'Errors that left the app.', () => this.guard.failures);
      this.instance = await this.setup.definition.start(this.context(own));
    } catch (error) {
      this.guard.cancelTimers();
      this.disposeMetrics();
      throw error;
    }
    this.inherited = undefined;
    log.write('app-started', { app: this.name });
    for (const sw of switches.values()) {
      this.switchUp(sw, []);
      if (this.instance.survivor !== undefined) this.guard.run('survivor', () => this.readSurvivors(sw));
    }
  }

  /** Ends the instance. Its flows stay wanted: the host removes them, unless a new instance takes them over. */
  async stop(): Promise<void> {
    const { instance } = this;
    if (instance === undefined) return;
    this.instance = undefined;
    await this.guard.runWhole('stop', () => instance.stop?.());
    this.caughtUp();
    this.guard.cancelTimers();
    this.disposeMetrics?.();
  }

  switchUp(sw: Switch, survivors: readonly ActualFlow[]): void {
    const { instance } = this;
    if (instance?.switchUp === undefined) return;
    const state = sw.wanted(this.owner);
    let result: void | Promise<void>;
    try {
      result = state.stating('switchUp', () => instance.switchUp!(sw, survivors));
    } catch (error) {
      this.guard.failed('switchUp', error);
      return;
    }
    if (!(result instanceof Promise)) return;
    void this.guard
      .runWhole('switchUp', () => result)
      .then(() => {
        if (this.instance === instance) state.settle('switchUp');
      });
  }

  /** Whether it takes short-lived flows one by one. */
  get takesSurvivors(): boolean {
    return this.instance?.survivor !== undefined;
  }

  /** Whether the app takes a short-lived flow that the switch has: not in a table that it does not have any more. */
  survivor(sw: Switch, flow: ActualFlow): boolean {
    const { instance } = this;
    if (instance?.survivor === undefined || !this.owner.tables.has(flow.tableId)) return false;
    this.guard.run('survivor', () => instance.survivor!(sw, flow));
    return true;
  }

  switchDown(sw: Switch): void {
    const { instance } = this;
    if (instance?.switchDown !== undefined) this.guard.run('switchDown', () => instance.switchDown!(sw));
  }

  receive({ sw }: { readonly sw: Switch | undefined }, view: PacketInView): void {
    if (sw !== undefined) this.packetIn(sw, view);
  }

  /** The hot path: no closure, no allocation. */
  packetIn(sw: Switch, view: PacketInView): void {
    this.packetIns++;
    const { instance } = this;
    if (instance?.packetIn === undefined) return;
    try {
      const result = instance.packetIn(sw, view);
      if (result !== undefined) this.watchPacketIn(result);
    } catch (error) {
      this.guard.failed('packetIn', error);
    }
  }

  portStatus(sw: Switch, change: PortChange): void {
    const { instance } = this;
    if (instance?.portStatus !== undefined)
      this.guard.run('portStatus', () => instance.portStatus!(sw, change));
  }

  flowRemoved(sw: Switch, removed: FlowRemoved): void {
    const { instance } = this;
    if (instance?.flowRemoved !== undefined) {
      this.guard.run('flowRemoved', () => instance.flowRemoved!(sw, removed));
    }
  }

  topologyChanged(sw: Switch, change: TopologyChange): void {
    const { instance } = this;
    if (instance?.topologyChanged !== undefined) {
      this.guard.run('topologyChanged', () => instance.topologyChanged!(sw, change));
    }
  }

  /** Undefined when the app is stopped or answers no calls. Throws what the app throws. */
  call(name: string, parameters: Json): Json | Promise<Json> | undefined {
    return this.instance?.call?.(name, parameters);
  }

  /** Asks a switch that was there before the app for the app's short-lived flows. */
  private async readSurvivors(sw: Switch): Promise<void> {
    try {
      const visit = (flow: ActualFlow) => void this.survivor(sw, flow);
      await readShortLivedFlows(sw, cookieOf(this.owner.number), OWNER_MASK, { visit });
    } catch (error) {
      // They are read again when the switch connects again.
      if (sw.isConnected) throw error;
    }
  }

  private watchPacketIn(result: unknown): void {
    if (!(result instanceof Promise)) return;
    if (++this.underway >= MOST_UNDERWAY && !this.isBehind) {
      this.isBehind = true;
      this.surroundings.packetIns.hold();
    }
    const over = () => {
      if (--this.underway <= MOST_UNDERWAY / 2) this.caughtUp();
    };
    this.guard.watch('packetIn', result.finally(over));
  }

  private caughtUp(): void {
    if (!this.isBehind) return;
    this.isBehind = false;
    this.surroundings.packetIns.release();
  }

  private refused(refusal: Refusal): void {
    const { switchId, kind, key, error } = refusal;
    const { errorType, errorCode } = error as { errorType?: string | number; errorCode?: string | number };
    const { log } = this.surroundings;
    log.write('flow-refused', { app: this.name, switch: switchId, kind, key, errorType, errorCode });
    const { instance } = this;
    if (instance?.refused !== undefined) this.guard.run('refused', () => instance.refused!(refusal));
  }

  private context(metrics: AppContext['metrics']): AppContext {
    const { surroundings, owner, next, tables, setup } = this;
    const goto: Instruction[] = next === undefined ? [] : [{ type: 'goto-table', tableId: next }];
    return {
      instance: this.name,
      config: setup.config,
      log: messageLog(surroundings.logger.child({ app: this.name }), setup.definition.messages ?? {}),
      metrics,
      clock: this.guard.clock(surroundings.clock),
      switches: surroundings.switches,
      inherited: this.inherited,
      topology: surroundings.topology,
      next: goto,
      table: name => {
        const number = tables.get(name);
        if (number === undefined) throw new RangeError(`"${setup.definition.name}" names no table "${name}"`);
        return number;
      },
      cookie: own => cookieOf(owner.number, own),
      shortLivedCookie: own => shortLivedCookieOf(owner.number, own),
      wanted: sw => sw.wanted(owner),
      punt: sw => puntInstructions(sw, sw.wanted(owner), surroundings.puntLimit),
    };
  }
}
