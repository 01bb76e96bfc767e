import { parseMac } from '../../../controller/address/index.js';
import type { AppContext } from '../../../controller/host/index.js';
import type { ActualFlow, Instruction, Switch } from '../../../controller/switch/index.js';
import type { FabricSwitch, OutsidePort } from '../fabric/fabric.js';
import type { SwitchId } from '../model.js';
import { apply, ETH, lookUpKey, lookUpKeyOf, type Tables } from '../pipeline/pipeline.js';
import { question, readAnswer } from './neighbour-question.js';

/** Milliseconds between two looks, and of them between two questions to a router that answers. */
const INTERVAL = 1000;
const REFRESH = 5;
/** Questions without an answer after which a router is gone. */
const PATIENCE = 3;
const PRIORITY = 200;

export interface Router {
  readonly address: Uint8Array;
  mac: number | undefined;
  /** Looks since the last answer, and questions since then. */
  age: number;
  unanswered: number;
}

/** A port of a switch behind which there are next routers. */
export interface RouterLink {
  readonly switchId: SwitchId;
  readonly outside: OutsidePort;
}

interface Edge extends RouterLink {
  readonly outside: OutsidePort;
  readonly routers: readonly Router[];
  sw: Switch | undefined;
  /** It was connected when its routers were handed over: their silence goes on. */
  isContinued: boolean;
}

/** What is known of the routers behind ports of connected switches. */
export type KnownRouters = ReadonlyMap<string, Router>;

/**
 * MAC addresses of the routers that edge switches leave by, where the configuration has their IP addresses: asked for by ARP
 * (RFC 826) and neighbour solicitations (RFC 4861) through the outside port, again and again. What is found stands in the
 * table `exit` as a short-lived flow without an end, so that a restart of the controller does not forget it.
 */
export class NextRouters {
  private readonly context: Pick<AppContext, 'shortLivedCookie'>;
  private readonly tables: Tables;
  private readonly changed: () => void;
  private readonly edges: readonly Edge[];

  /** `changed` is told when a router has fallen silent, or speaks again; `known` is of another one's `known()`. */
  constructor(
    context: Pick<AppContext, 'shortLivedCookie' | 'clock'>,
    links: readonly RouterLink[],
    tables: Tables,
    changed: () => void,
    known: KnownRouters = new Map(),
  ) {
    this.context = context;
    this.tables = tables;
    this.changed = changed;
    this.edges = links.flatMap(({ switchId, outside }) => {
      if (typeof outside.nextHop === 'number') return [];
      const found = outside.nextHop.map(address => known.get(keyOf(switchId, outside.port, address)));
      const routers = outside.nextHop.map((address, index) => ({
        ...(found[index] ?? { mac: undefined, age: 0, unanswered: 0 }),
        address,
      }));
      const isContinued = found.some(router => router !== undefined);
      return [{ switchId, outside, routers, sw: undefined, isContinued }];
    });
    if (this.edges.length > 0) context.clock.every(INTERVAL, () => this.look());
  }

  /** For who takes over while switches stay connected. */
  known(): KnownRouters {
    return new Map(
      this.edges
        .filter(({ sw }) => sw?.isConnected)
        .flatMap(({ switchId, outside, routers }) =>
          routers.map(router => [keyOf(switchId, outside.port, router.address), router] as const),
        ),
    );
  }

  /** The switch connected; `survivors` are the flows that an earlier controller left. */
  attach(sw: Switch, survivors: readonly ActualFlow[]): void {
    for (const edge of this.edgesOf(sw)) {
      edge.sw = sw;
      const { isContinued } = edge;
      edge.isContinued = false;
      for (const router of edge.routers) {
        router.mac = macIn(survivors, this.tables.exit, lookUpKey(router.address)) ?? router.mac;
        if (!isContinued) router.unanswered = 0;
        this.ask(edge, router);
      }
    }
  }

  detach(sw: Switch): void {
    for (const edge of this.edgesOf(sw)) edge.sw = undefined;
  }

  /** False when the family's router does not answer; a configured MAC address is believed. */
  isThere(own: FabricSwitch, family: 4 | 6): boolean {
    return this.edges
      .filter(({ switchId }) => switchId === own.id)
      .flatMap(({ routers }) => routers)
      .every(({ address, unanswered }) => familyOf(address) !== family || unanswered <= PATIENCE);
  }

  /** A frame that may be an answer. Throws PacketError. */
  heard(sw: Switch, inPort: number, frame: Uint8Array): void {
    const asked = this.edgesOf(sw).filter(({ outside }) => outside.port === inPort);
    for (const [edge, router] of asked.flatMap(edge => edge.routers.map(router => [edge, router] as const))) {
      const mac = readAnswer(frame, router.address);
      if (mac === undefined) continue;
      const wasGone = router.unanswered > PATIENCE;
      router.age = 0;
      router.unanswered = 0;
      if (mac !== router.mac) {
        router.mac = mac;
        this.state(edge, router, mac);
      }
      if (wasGone) this.changed();
    }
  }

  private edgesOf(sw: Switch): Edge[] {
    return this.edges.filter(({ switchId }) => switchId === sw.id);
  }

  private look(): void {
    for (const edge of this.edges) {
      if (!edge.sw?.isConnected) continue;
      for (const router of edge.routers) {
        router.age++;
        if (router.mac === undefined || router.unanswered > 0 || router.age >= REFRESH)
          this.ask(edge, router);
        if (router.unanswered === PATIENCE + 1) this.changed();
      }
    }
  }

  private ask({ sw, outside }: Edge, router: Router): void {
    if (!sw?.isConnected) return;
    const { address } = router;
    const own = outside.addresses.find(({ length }) => length === address.length);
    if (own === undefined) return;
    // Far enough behind its patience there is nothing more to count.
    router.unanswered = Math.min(router.unanswered + 1, PATIENCE + 2);
    sw.send({
      type: 'packet-out',
      actions: [{ type: 'output', port: outside.port, maxLen: 0 }],
      data: question(outside.mac, own, address),
    });
  }

  private state({ sw, outside }: Edge, { address }: Router, mac: number): void {
    if (!sw?.isConnected) return;
    const ethType = familyOf(address) === 4 ? ETH.ipv4 : ETH.ipv6;
    sw.send({
      type: 'flow-mod',
      command: 'add',
      cookie: this.context.shortLivedCookie(),
      tableId: this.tables.exit,
      priority: PRIORITY,
      match: { ethType, xxreg0: lookUpKey(address) },
      instructions: [
        apply([
          { type: 'set-field', field: { ethDst: mac } },
          { type: 'output', port: outside.port },
        ]),
      ],
    });
  }
}

function keyOf(switchId: SwitchId, port: number, address: Uint8Array): string {
  return `${switchId} ${port} ${address.join('.')}`;
}

function familyOf(address: Uint8Array): 4 | 6 {
  return address.length === 4 ? 4 : 6;
}

/** The MAC address that a flow for that router has. */
function macIn(flows: readonly ActualFlow[], tableId: number, router: bigint): number | undefined {
  for (const flow of flows) {
    if (flow.tableId !== tableId || lookUpKeyOf(flow.match) !== router) continue;
    const mac = flow.instructions.map(macOf).find(found => found !== undefined);
    if (mac !== undefined) return mac;
  }
  return undefined;
}

function macOf(instruction: Instruction): number | undefined {
  if (instruction.type !== 'apply-actions') return undefined;
  for (const action of instruction.actions ?? []) {
    if (action.type !== 'set-field') continue;
    const { ethDst } = action.field as { ethDst?: string | number };
    if (ethDst !== undefined) return typeof ethDst === 'number' ? ethDst : parseMac(ethDst);
  }
  return undefined;
}
