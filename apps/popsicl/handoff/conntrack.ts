import { prepareActions } from '../../../controller/openflow/index.js';
import { TcpFlag } from '../../../controller/packet/index.js';
import type { Action, Instruction, Switch } from '../../../controller/switch/index.js';
import { ASKED_ONCE, SET_HOP_LIMIT } from '../pipeline.js';
import { type AddressWords, bytesOf } from '../segments/address-words.js';
import type { PuntedSegment } from '../segments/punted-segment.js';
import type { LiveConnection } from './live-connections.js';
import type { Frame, Redirection } from './redirection.js';
import type { Tenant } from './tenants.js';

export interface ConntrackTables {
  readonly zone: number;
  /** Table for packets to a tenant, and for packets from one, after translation. */
  readonly pseudo: number;
  readonly tenantSide: number;
  /** Where packets go that need nothing more. */
  readonly next: readonly Instruction[];
}

/**
 * Redirection by the switch's connection tracking: the client's own packet commits the connection in mid-stream, and
 * static flows carry everything after it. No flow-mod, nothing to remove: the switch forgets by itself.
 */
export class ConntrackRedirection implements Redirection {
  private readonly tables: ConntrackTables;
  private readonly commits = new Map<number, { mac: number | undefined; actions: readonly Action[] }>();

  constructor(tables: ConntrackTables) {
    this.tables = tables;
  }

  begin(
    sw: Switch,
    inPort: number,
    segment: PuntedSegment,
    tenant: Tenant,
    _connection: LiveConnection,
    frames: readonly Frame[],
  ): void {
    const actions = this.commit(tenant, segment.family);
    for (const data of frames) sw.send({ type: 'packet-out', inPort, actions, data });
  }

  /** Sends one packet of a client to a tenant, and commits its connection. */
  commitTo(sw: Switch, inPort: number, tenant: Tenant, family: 4 | 6, frame: Frame): void {
    sw.send({ type: 'packet-out', inPort, actions: this.commit(tenant, family), data: frame });
  }

  resume(
    sw: Switch,
    inPort: number,
    segment: PuntedSegment,
    tenant: Tenant,
    _connection: LiveConnection,
    frame: Frame,
  ): void {
    this.commitTo(sw, inPort, tenant, segment.family, frame);
  }

  resumeReply(
    sw: Switch,
    inPort: number,
    segment: PuntedSegment,
    _tenant: Tenant,
    connection: LiveConnection,
    frame: Frame,
  ): void {
    const { zone, tenantSide } = this.tables;
    const port = connection.pseudoPort;
    const address = segment.family === 4 ? connection.pseudo[3] : bytesOf(6, connection.pseudo);
    if ((segment.flags & TcpFlag.SYN) !== 0) {
      // Connection tracking begins with no SYN-ACK: this one alone is translated here, and what follows it commits.
      const field = typeof address === 'number' ? { ipv4Src: address } : { ipv6Src: address };
      this.sendOn(sw, inPort, frame, [
        { type: 'set-field', field },
        { type: 'set-field', field: { tcpSrc: port } },
        SET_HOP_LIMIT,
      ]);
      return;
    }
    const range =
      typeof address === 'number'
        ? { ipv4Min: address, protoMin: port }
        : { ipv6Min: address, protoMin: port };
    const nat: Action = { type: 'nx-nat', flags: ['src'], range };
    const actions: Action[] = [
      ASKED,
      { type: 'nx-ct', flags: ['commit'], zone, recircTable: tenantSide, actions: [nat] },
    ];
    sw.send({ type: 'packet-out', inPort, actions, data: frame });
  }

  /** Makes the switch forget what it knows of the connection of `segment`, a packet of the client. */
  forget(sw: Switch, segment: PuntedSegment): number {
    const { family } = segment;
    // An IPv4 address stands mapped into IPv6 here.
    const address = ([word0, word1, word2, word3]: AddressWords) =>
      bytesOf(6, family === 4 ? [0, 0, 0xffff, word3] : [word0, word1, word2, word3]);
    const { source0, source1, source2, source3 } = segment;
    const { destination0, destination1, destination2, destination3 } = segment;
    sw.send({
      type: 'nx-ct-flush',
      ipProto: 6,
      properties: [
        { type: 'zone-id', zoneId: this.tables.zone },
        {
          type: 'orig-tuple',
          tuple: [
            { type: 'src', address: address([source0, source1, source2, source3]) },
            { type: 'dst', address: address([destination0, destination1, destination2, destination3]) },
            { type: 'src-port', port: segment.sourcePort },
            { type: 'dst-port', port: segment.destinationPort },
          ],
        },
      ],
    });
    return 0;
  }

  /** Shows a SYN to connection tracking alone, which forgets a connection of the same ends if it has ended, and only then. */
  begins(sw: Switch, { bytes, frameStart, payloadEnd }: PuntedSegment): void {
    const { zone } = this.tables;
    const actions: Action[] = [{ type: 'nx-ct', zone, actions: [] }];
    sw.send({ type: 'packet-out', actions, data: bytes.subarray(frameStart, payloadEnd) });
  }

  /** Sends a packet that is translated already to the tenant with that MAC address, untracked. */
  pass(sw: Switch, inPort: number, mac: number, frame: Frame): void {
    this.sendOn(sw, inPort, frame, [{ type: 'set-field', field: { ethDst: mac } }]);
  }

  /** Sends a packet of a tenant that is translated already to the client, untracked. */
  passBack(sw: Switch, inPort: number, frame: Frame): void {
    this.sendOn(sw, inPort, frame, [SET_HOP_LIMIT]);
  }

  /** Rewrites a packet and sends it where packets go that need nothing more. */
  private sendOn(sw: Switch, inPort: number, data: Frame, rewriting: readonly Action[]): void {
    sw.send({ type: 'packet-out', inPort, actions: [...rewriting, ...onward(this.tables.next)], data });
  }

  /** The same array for the same tenant, MAC address and family. */
  private commit(tenant: Tenant, family: 4 | 6): readonly Action[] {
    const key = tenant.index * 2 + (family === 4 ? 0 : 1);
    let known = this.commits.get(key);
    if (known === undefined || known.mac !== tenant.mac) {
      known = { mac: tenant.mac, actions: this.commitActions(tenant, family) };
      this.commits.set(key, known);
    }
    return known.actions;
  }

  /**
   * Translates by committing, and goes on at once. Through a table (`recircTable`) the switch would look the packet up again, by
   * a number that is new for every PACKET_OUT: Open vSwitch keeps no datapath flow for it, and translates its tables each time.
   * The destination is set besides, to what it is then anyway, for tables after these ones to see.
   */
  private commitActions(tenant: Tenant, family: 4 | 6): readonly Action[] {
    const { zone, next } = this.tables;
    if (tenant.mac === undefined) return [];
    const address = family === 4 ? { ipv4Min: tenant.ipv4 } : { ipv6Min: tenant.ipv6! };
    const nat: Action = { type: 'nx-nat', flags: ['dst'], range: { ...address, protoMin: tenant.port } };
    return prepareActions([
      { type: 'nx-ct', flags: ['commit'], zone, actions: [nat] },
      { type: 'set-field', field: family === 4 ? { ipv4Dst: tenant.ipv4 } : { ipv6Dst: tenant.ipv6! } },
      { type: 'set-field', field: { ethDst: tenant.mac } },
      ...onward(next),
    ]);
  }
}

/** What connection tracking does not take although it was asked to is dropped, not punted again. */
const ASKED: Action = { type: 'set-field', field: ASKED_ONCE };

/** What an instruction that sends a packet to the next app's tables is among the actions of a PACKET_OUT. */
function onward([goto]: readonly Instruction[]): Action[] {
  return goto?.type === 'goto-table'
    ? [{ type: 'nx-resubmit-table', inPort: KEEP_IN_PORT, table: goto.tableId }]
    : [];
}

/** OFPP_IN_PORT in 16 bits: the packet's own port stays (nicira-ext.h). */
const KEEP_IN_PORT = 0xfff8;
