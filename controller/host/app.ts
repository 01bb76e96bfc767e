import type { z } from 'zod';
import type { Json, PacketInView } from '../openflow/index.js';
import type {
  ActualFlow,
  FlowRemoved,
  Instruction,
  PortChange,
  Refusal,
  Switch,
  WantedState,
} from '../switch/index.js';
import type { Clock } from './clock.js';
import type { Topology, TopologyChange } from './discovery/topology.js';
import type { MessageCatalogue, MessageLog } from './messages/message.js';
import type { OwnerMetrics } from './metrics.js';
import type { TableDefinition } from './table-plan.js';

/** What an app is before it runs: a declaration that the host can check, and a factory. */
export interface AppDefinition<Config = unknown> {
  /** Kebab-case; the name under which a configuration lists the app. */
  readonly name: string;
  /** One line for humans. */
  readonly summary: string;
  /** Strict schema of the app's part of the configuration; absent keys get their defaults here. */
  readonly config: z.ZodType<Config>;
  /** The tables that it wants, in the order in which packets visit them. The host numbers them. */
  readonly tables: readonly TableDefinition[];
  /** Whether it decides about every packet, so that no app can come after it. */
  readonly endsPipeline: boolean;
  /** Whether its short-lived flows tell who talks to whom: their addresses and ports are shown only to who unseals them. */
  readonly sealsFlows?: boolean;
  /** What it may log; ids begin with its name. */
  readonly messages?: MessageCatalogue;
  /** Makes a running instance. Switches that are connected already are announced to it afterwards. */
  start(context: AppContext<Config>): AppInstance | Promise<AppInstance>;
}

/**
 * A running app. Every hook is optional. An error that leaves one is logged and counted; the app goes on and so
 * do the others. Hooks are called one after the other, never while one of them runs synchronously.
 */
export interface AppInstance {
  /**
   * Knowledge for the instance that takes this one's place in a new configuration, where neither the configuration nor the
   * switches have it. Called before `stop`.
   */
  handOver?(): unknown;
  /** The last call. The host removes the app's flows, groups, meters, timers and metrics by itself. */
  stop?(): void | Promise<void>;
  /**
   * A switch is there. State the wanted flows here: they are compared with the switch's when this returns. With
   * a promise, what the switch has of the app stays until it resolves. `survivors` are the app's short-lived
   * flows that the switch already has; none for an app with the hook `survivor`.
   */
  switchUp?(sw: Switch, survivors: readonly ActualFlow[]): void | Promise<void>;
  /**
   * A short-lived flow of the app that the switch already has: for apps that have very many, which are not kept for `switchUp`
   * then. Called before it, and when the app is started anew on a connected switch, after it.
   */
  survivor?(sw: Switch, flow: ActualFlow): void;
  /** The connection of a switch ended, or another controller has become its master. Its flows go on forwarding, and the wanted state is kept. */
  switchDown?(sw: Switch): void;
  /**
   * A packet punted by one of the app's flows. The view is valid during the synchronous call only: `detach()`
   * it to keep it.
   */
  packetIn?(sw: Switch, view: PacketInView): void | Promise<void>;
  /** A port was added, changed or removed; `sw.ports` is up to date already. */
  portStatus?(sw: Switch, change: PortChange): void;
  /** A flow of the app with the flag `send-flow-rem` ended. */
  flowRemoved?(sw: Switch, removed: FlowRemoved): void;
  /** The switch did not take a flow, group or meter that the app wants; the rest is installed. */
  refused?(refusal: Refusal): void;
  /** Roles of ports between switches changed. */
  topologyChanged?(sw: Switch, change: TopologyChange): void;
  /**
   * Answers the operator, who asks over the admin socket: `name` says what for. Check `parameters` here. What
   * it throws goes to the operator; a CodedError with its code.
   */
  call?(name: string, parameters: Json): Json | Promise<Json>;
}

/** Everything that an app gets to work with. */
export interface AppContext<Config = unknown> {
  /** Name of this instance, the app's own name unless the configuration says otherwise. */
  readonly instance: string;
  readonly config: Config;
  readonly log: MessageLog;
  readonly metrics: OwnerMetrics;
  /** Timers end with the app, and errors in them count as the app's. */
  readonly clock: Clock;
  /** The switches that are connected now, by id (16 hex digits). */
  readonly switches: ReadonlyMap<string, Switch>;
  /** What the instance whose place this one takes handed over; undefined where there was none. */
  readonly inherited: unknown;
  /** Which ports are safe to flood to. */
  readonly topology: Topology;
  /** Instructions that hand a packet to the next app; none (the packet is dropped) when there is no next one. */
  readonly next: readonly Instruction[];
  /** Number of a table that the definition names. */
  table(name: string): number;
  /** Cookie of the app's flows; `own` is an integer of 31 bits for the app's use. */
  cookie(own?: number): bigint;
  /** Cookie of flows that the app sends by itself, with timeouts, and that reconciliation leaves alone. */
  shortLivedCookie(own?: number): bigint;
  /** The flows, groups and meters that the app wants on a switch. */
  wanted(sw: Switch): WantedState;
  /**
   * Instructions to put before an output to the controller, so that the switch holds the app to its limit of packet-ins
   * (`limits.punt`). State them anew with the flow; none where there is no limit or no meter.
   */
  punt(sw: Switch): readonly Instruction[];
}

/** Types a definition by its configuration; lists of apps hold the result. */
export function defineApp<Config>(definition: AppDefinition<Config>): AppDefinition {
  return definition as AppDefinition;
}
