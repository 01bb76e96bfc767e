import { randomInt } from 'node:crypto';
import { Port } from '../../../controller/openflow/index.js';
import { IpProtocol, TcpFlag } from '../../../controller/packet/index.js';
import {
  type Action,
  type Instruction,
  type Match,
  OWNER_MASK,
  SHORT_LIVED,
  type Switch,
} from '../../../controller/switch/index.js';
import { CONNECTION_PRIORITY, SET_HOP_LIMIT } from '../pipeline.js';
import { bytesOf } from '../segments/address-words.js';
import type { ConnectionEnds } from '../segments/connection-ends.js';
import type { IdleRules } from './idle-rules.js';
import type { LiveConnection, LiveConnections } from './live-connections.js';
import type { Frame, Redirection } from './redirection.js';
import type { Tenant } from './tenants.js';

/** Seconds in which packets that pass a new rule by are only sent on: the datapath takes a while to use it. */
const SETTLING = 10;
/** Milliseconds until the datapath surely no longer uses a rule that was removed (25 were measured). */
const REMOVAL = 100;
/** Seconds that rules stay after a FIN or RST. */
const FIN_TIMEOUT = 10;
const FIRST_EPHEMERAL = 1024;
const PORT_TRIES = 32;
const SYN = 0x02;

export interface FlowsOptions {
  readonly protocol: typeof IpProtocol.TCP | typeof IpProtocol.UDP;
  readonly table: number;
  readonly next: readonly Instruction[];
  /** Cookie of short-lived flows with that number. */
  readonly cookieOf: (number: number) => bigint;
  /** Removes rules of idle connections. */
  readonly idle: IdleRules;
  readonly live: LiveConnections;
  /** Every switch that return packets may pass. */
  readonly switches: ReadonlyMap<string, Switch>;
  /** Whole seconds. */
  readonly now: () => number;
}

/**
 * Redirection as in the paper: two rewrite rules a connection, for switches without connection tracking and for returns over
 * other switches than the client's packets. A rule is not in use yet when the switch has taken it, so late packets are sent
 * on one by one. The forward rule leaves SYNs out: a port used anew must not pass the name check by. Rules have no timeout until
 * a FIN or RST passes: those of idle connections are removed from here. UDP, which has neither, goes the same way.
 */
export class FlowsRedirection implements Redirection {
  private readonly options: FlowsOptions;
  /** Second at which a switch connected, by its id. */
  private readonly upSince = new Map<string, number>();

  constructor(options: FlowsOptions) {
    this.options = options;
  }

  /** Another port than the client's own where the tenant sees that one in use: the return rules would be the same. */
  portFor(segment: ConnectionEnds, tenant: Tenant): number {
    const { live } = this.options;
    let port = segment.sourcePort;
    for (
      let tries = 0;
      tries < PORT_TRIES && live.ofPort(segment, tenant.index, port) !== undefined;
      tries++
    ) {
      port = randomInt(FIRST_EPHEMERAL, 0x1_0000);
    }
    return port;
  }

  begin(
    sw: Switch,
    inPort: number,
    segment: ConnectionEnds,
    tenant: Tenant,
    connection: LiveConnection,
    frames: readonly Frame[],
  ): void {
    const client = sourceOf(segment);
    const { idle, live } = this.options;
    live.setRules(connection, idle.number());
    this.addReverse(tenant, connection, client);
    const actions = this.forward(tenant, connection);
    for (const data of frames) {
      sw.send({ type: 'packet-out', inPort, actions: [...actions, INTO_TABLES], data });
    }
    this.addForward(sw, tenant, connection, client);
  }

  resume(
    sw: Switch,
    inPort: number,
    segment: ConnectionEnds,
    tenant: Tenant,
    connection: LiveConnection,
    frame: Frame,
  ): void {
    // A rule made now would lead nowhere for as long as the connection lasts; the client sends the packet again.
    if (tenant.mac === undefined) return;
    const actions = [...this.forward(tenant, connection), INTO_TABLES];
    sw.send({ type: 'packet-out', inPort, actions, data: frame });
    if (this.isSettling(sw, connection)) return;
    const idle = idleAfter(segment);
    this.addReverse(tenant, connection, sourceOf(segment), idle);
    this.addForward(sw, tenant, connection, sourceOf(segment), idle);
  }

  resumeReply(
    sw: Switch,
    inPort: number,
    segment: ConnectionEnds,
    tenant: Tenant,
    connection: LiveConnection,
    frame: Frame,
  ): void {
    const actions = [...this.backward(connection), INTO_TABLES];
    sw.send({ type: 'packet-out', inPort, actions, data: frame });
    if (this.isSettling(sw, connection)) return;
    this.addReverse(tenant, connection, destinationOf(segment), idleAfter(segment));
  }

  forget(sw: Switch, segment: ConnectionEnds, _tenant: Tenant, connection: LiveConnection): number {
    const { table, cookieOf } = this.options;
    const match = this.forwardMatch(connection, sourceOf(segment));
    sw.send({
      type: 'flow-mod',
      command: 'delete-strict',
      tableId: table,
      cookie: cookieOf(0),
      cookieMask: OWNED,
      priority: CONNECTION_PRIORITY,
      match,
    });
    return REMOVAL;
  }

  /** What was handed over before has its rules in use there, or the switch has lost them. */
  switchUp(sw: Switch): void {
    this.upSince.set(sw.id, this.options.now());
  }

  switchDown(sw: Switch): void {
    this.upSince.delete(sw.id);
  }

  /** Rules that are on their way are not added again: under that Open vSwitch 3.1 was seen to end by a segmentation fault. */
  private isSettling(sw: Switch, { second }: LiveConnection): boolean {
    return second >= (this.upSince.get(sw.id) ?? 0) && this.options.now() - second <= SETTLING;
  }

  private addForward(
    sw: Switch,
    tenant: Tenant,
    connection: LiveConnection,
    client: Uint8Array | number,
    idleTimeout = 0,
  ): void {
    const match = this.forwardMatch(connection, client);
    this.add(sw, connection, match, this.forward(tenant, connection), idleTimeout);
  }

  private forwardMatch(connection: LiveConnection, client: Uint8Array | number): Match {
    const { family, clientPort, pseudoPort } = connection;
    const pseudo = pseudoOf(connection);
    const match: Match =
      family === 4
        ? { ethType: 0x0800, ipv4Src: client as number, ipv4Dst: pseudo as number }
        : { ethType: 0x86dd, ipv6Src: client as Uint8Array, ipv6Dst: pseudo as Uint8Array };
    const ports = this.ports(clientPort, pseudoPort);
    return this.isTcp ? { ...match, ...ports, tcpFlags: { value: 0, mask: SYN } } : { ...match, ...ports };
  }

  /** On every switch: the first one that the return packet passes rewrites it. */
  private addReverse(
    tenant: Tenant,
    connection: LiveConnection,
    client: Uint8Array | number,
    idleTimeout = 0,
  ): void {
    const match: Match =
      connection.family === 4
        ? { ethType: 0x0800, ipv4Src: tenant.ipv4, ipv4Dst: client as number }
        : { ethType: 0x86dd, ipv6Src: tenant.ipv6!, ipv6Dst: client as Uint8Array };
    const whole = { ...match, ...this.ports(tenant.port, connection.translatedPort) };
    for (const sw of this.options.switches.values()) {
      if (sw.isConnected) this.add(sw, connection, whole, this.backward(connection), idleTimeout);
    }
  }

  private add(
    sw: Switch,
    connection: LiveConnection,
    match: Match,
    actions: readonly Action[],
    idleTimeout: number,
  ): void {
    const { table, cookieOf, idle, live, next } = this.options;
    if (connection.rules === 0) live.setRules(connection, idle.number());
    sw.send({
      type: 'flow-mod',
      tableId: table,
      cookie: cookieOf(connection.rules),
      priority: CONNECTION_PRIORITY,
      idleTimeout,
      match,
      instructions: [
        {
          type: 'apply-actions',
          actions: this.isTcp
            ? [{ type: 'nx-fin-timeout', finIdleTimeout: FIN_TIMEOUT }, ...actions]
            : [...actions],
        },
        ...next,
      ],
    });
    idle.add(sw, connection.rules);
  }

  private forward(tenant: Tenant, { family, translatedPort, clientPort }: LiveConnection): Action[] {
    const actions: Action[] = [
      { type: 'set-field', field: family === 4 ? { ipv4Dst: tenant.ipv4 } : { ipv6Dst: tenant.ipv6! } },
      this.setDestinationPort(tenant.port),
    ];
    if (translatedPort !== clientPort) actions.push(this.setSourcePort(translatedPort));
    if (tenant.mac !== undefined) actions.push({ type: 'set-field', field: { ethDst: tenant.mac } });
    return actions;
  }

  private backward(connection: LiveConnection): Action[] {
    const { family, translatedPort, clientPort, pseudoPort } = connection;
    const pseudo = pseudoOf(connection);
    const actions: Action[] = [
      {
        type: 'set-field',
        field: family === 4 ? { ipv4Src: pseudo as number } : { ipv6Src: pseudo as Uint8Array },
      },
      this.setSourcePort(pseudoPort),
      SET_HOP_LIMIT,
    ];
    if (translatedPort !== clientPort) actions.push(this.setDestinationPort(clientPort));
    return actions;
  }

  private get isTcp(): boolean {
    return this.options.protocol === IpProtocol.TCP;
  }

  private ports(source: number, destination: number): Match {
    return this.isTcp
      ? { ipProto: IpProtocol.TCP, tcpSrc: source, tcpDst: destination }
      : { ipProto: IpProtocol.UDP, udpSrc: source, udpDst: destination };
  }

  private setSourcePort(port: number): Action {
    return { type: 'set-field', field: this.isTcp ? { tcpSrc: port } : { udpSrc: port } };
  }

  private setDestinationPort(port: number): Action {
    return { type: 'set-field', field: this.isTcp ? { tcpDst: port } : { udpDst: port } };
  }
}

/** The part of a cookie that is the same for all rules of connections. */
const OWNED = OWNER_MASK | BigInt(SHORT_LIVED);

/** Rewritten, a packet is nobody's business here: the tables send it the ordinary way. */
const INTO_TABLES: Action = { type: 'output', port: Port.TABLE, maxLen: 0 };

/** Rules that come back with the end of a connection see no further FIN or RST: they have the timeout that it would have given them. */
function idleAfter({ flags = 0 }: ConnectionEnds): number {
  return (flags & (TcpFlag.FIN | TcpFlag.RST)) === 0 ? 0 : FIN_TIMEOUT;
}

function pseudoOf({ family, pseudo }: LiveConnection): Uint8Array | number {
  return family === 4 ? pseudo[3] : bytesOf(family, pseudo);
}

function sourceOf({ family, source0, source1, source2, source3 }: ConnectionEnds): Uint8Array | number {
  return family === 4 ? source3 : bytesOf(family, [source0, source1, source2, source3]);
}

function destinationOf(segment: ConnectionEnds): Uint8Array | number {
  const { family, destination0, destination1, destination2, destination3 } = segment;
  return family === 4
    ? destination3
    : bytesOf(family, [destination0, destination1, destination2, destination3]);
}
