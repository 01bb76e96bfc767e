import type { DecodedMessage } from '../openflow/index.js';
import type { Session, SessionError } from '../session/index.js';
import {
  type ActualFlow,
  type ActualState,
  HOST_OWNER,
  ownerOfCookie,
  type Switch,
} from '../switch/index.js';
import type { Apps } from './apps.js';
import type { ConnectionPolicy } from './connection-policy.js';
import type { Discovery } from './discovery/discovery.js';
import type { HOST_MESSAGES } from './messages/catalogue.js';
import type { MessageLog } from './messages/message.js';
import { Occasions } from './messages/occasions.js';
import type { PacketInOrigin } from './packet-in-queue.js';
import type { PacketInReceiver, PacketInScheduler } from './packet-in-scheduler.js';
import type { RunningApp } from './running-app.js';
import type { SwitchRegistry } from './switch-registry.js';

/** The connection of a switch, as the others know it. */
export interface HostConnection extends PacketInOrigin {
  /** Set while the switch is announced to apps. */
  readonly sw: Switch | undefined;
  /** Holds the connection to a changed configuration. */
  reconsider(): void;
}

export interface ConnectionsParts {
  readonly log: MessageLog<typeof HOST_MESSAGES>;
  readonly apps: Apps;
  readonly switches: SwitchRegistry;
  readonly discovery: Discovery;
  readonly packetIns: PacketInScheduler<HostConnection>;
}

/** The connections of switches: which one stands for a datapath id, and what passes between switches and apps. */
export class Connections {
  readonly log: MessageLog<typeof HOST_MESSAGES>;
  readonly switches: SwitchRegistry;
  readonly packetIns: PacketInScheduler<HostConnection>;
  /** Link probes that come back. */
  readonly probes: PacketInReceiver<HostConnection>;
  readonly counts = {
    strayPacketIns: 0,
    limitedPacketIns: 0,
    switchErrors: 0,
    connections: 0,
    unpinned: 0,
  };
  /** The session that stands for each datapath id. */
  readonly sessions = new Map<bigint, Session>();
  /** Thins out what is logged of switches without their certificates. */
  readonly refusals = new Occasions();
  /** What every connection has to follow. */
  policy: ConnectionPolicy;
  private readonly discovery: Discovery;
  private readonly apps: Apps;
  /** Connections that stand for a datapath id. */
  private readonly chosen = new Set<HostConnection>();
  private readonly errors = new Occasions();
  private isClosing = false;

  constructor({ log, apps, switches, discovery, packetIns }: ConnectionsParts, policy: ConnectionPolicy) {
    this.log = log;
    this.apps = apps;
    this.switches = switches;
    this.discovery = discovery;
    this.packetIns = packetIns;
    this.policy = policy;
    this.probes = {
      name: 'host',
      isBehind: false,
      receive: ({ sw }, view) => {
        if (sw !== undefined) discovery.received(sw, view.inPort, view.data);
      },
    };
  }

  /** How many tables a switch must have. */
  get tableCount(): number {
    return this.apps.tableCount;
  }

  /** Running apps by the owner that their cookies name. */
  get appsByOwner(): ReadonlyMap<number, RunningApp> {
    return this.apps.byOwner;
  }

  /** Whether an app takes short-lived flows one by one. */
  get takesSurvivors(): boolean {
    return this.apps.takesSurvivors;
  }

  /** Holds every connection to the policy, which has changed. */
  reconsider(): void {
    for (const connection of this.chosen) connection.reconsider();
  }

  /** From here on ends of connections are in good order. */
  closing(): void {
    this.isClosing = true;
  }

  /** The connection stands for the datapath id of its session, until `ended`. */
  began(connection: HostConnection): void {
    this.chosen.add(connection);
  }

  ended(connection: HostConnection, session: Session): void {
    this.chosen.delete(connection);
    const { datapathId } = session;
    if (datapathId !== undefined && this.sessions.get(datapathId) === session)
      this.sessions.delete(datapathId);
  }

  /** Gives a flow that a switch has to its app. False: nobody takes it like that. */
  survivor(sw: Switch, owner: number, flow: ActualFlow): boolean {
    return this.apps.survivor(sw, owner, flow);
  }

  /** A switch has told everything about itself: apps state what they want on it. */
  switchUp(sw: Switch, actual: ActualState): void {
    this.switches.announced(sw);
    const isWarm = [...actual.flows.values()].some(({ owner }) => owner === HOST_OWNER);
    this.discovery.switchUp(sw, isWarm);
    this.apps.switchUp(sw, actual);
  }

  /** The connection of a switch ended, or (without a reason) another controller has become its master. */
  switchDown(sw: Switch, reason?: SessionError): void {
    sw.detach();
    this.discovery.switchDown(sw);
    this.apps.each(app => app.switchDown(sw));
    const forgotten = this.switches.left(sw);
    if (forgotten !== undefined) this.discovery.switchForgotten(forgotten);
    if (this.isClosing || reason === undefined) return;
    this.log.write('switch-disconnected', { switch: sw.id, reason: reason.code });
  }

  /** A message that answers no call. */
  switchMessage(sw: Switch, message: DecodedMessage): void {
    switch (message.type) {
      case 'port-status': {
        const change = sw.portStatus(message);
        this.discovery.portStatus(sw, change);
        this.apps.each(app => app.portStatus(sw, change));
        break;
      }
      case 'flow-removed':
        this.apps.byOwner.get(ownerOfCookie(message.cookie) ?? -1)?.flowRemoved(sw, message);
        break;
      case 'error': {
        this.counts.switchErrors++;
        const { errorType, errorCode } = message;
        const times = this.errors.count(`${sw.id} ${errorType} ${errorCode}`);
        if (times !== undefined)
          this.log.write('switch-error', { switch: sw.id, errorType, errorCode, times });
        break;
      }
      default:
        break;
    }
  }
}
