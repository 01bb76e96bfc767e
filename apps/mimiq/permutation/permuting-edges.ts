import type { AppContext } from '../../../controller/host/index.js';
import type { ActualFlow, Instruction, Switch } from '../../../controller/switch/index.js';
import { parsePrefix } from '../address-prefix.js';
import { NextRouters } from '../exits/next-routers.js';
import { readOutsidePort } from '../fabric/outside-port.js';
import { responderFlows } from '../neighbours/responder-flows.js';
import { FlowSet } from '../pipeline/flow-set.js';
import type { Tables } from '../pipeline/pipeline.js';
import { AddressEpochs } from './address-epochs.js';
import type { PermutationConfig, PermutingEdge } from './config.js';
import { type EdgeSides, edgeFlows, type PrefixPair, permuteFlow, restoreFlow } from './edge-flows.js';

/** Answers of routers a second that reach the controller. */
const ANSWERS = 50;

/**
 * MIMIQ without an allocator (3.4): edge switches give every client another address in every epoch. Epochs follow the wall
 * clock and addresses the key, so that all edges agree and a restart changes nothing. Whatever an epoch needs for the
 * way back is in the switches one epoch earlier.
 */
export class PermutingEdges {
  private readonly context: Pick<AppContext, 'wanted' | 'clock' | 'shortLivedCookie'>;
  private readonly config: PermutationConfig;
  private readonly tables: Tables;
  private readonly pairs: readonly PrefixPair[];
  private readonly epochs: readonly AddressEpochs[];
  private readonly wallClock: () => number;
  private readonly routers: NextRouters;
  private readonly sides: ReadonlyMap<string, EdgeSides>;
  private readonly attached = new Map<Switch, EdgeSides>();
  private readonly known = new Map<string, Uint8Array[]>();
  private epoch: number;

  constructor(
    context: Pick<AppContext, 'wanted' | 'clock' | 'shortLivedCookie'>,
    config: PermutationConfig,
    tables: Tables,
    key: Uint8Array,
    wallClock: () => number = Date.now,
  ) {
    this.context = context;
    this.config = config;
    this.tables = tables;
    this.wallClock = wallClock;
    this.pairs = config.prefixes.map(({ inside, outside }) => ({
      inside: parsePrefix(inside)!,
      outside: parsePrefix(outside)!,
    }));
    this.epochs = this.pairs.map(
      ({ inside, outside }) => new AddressEpochs(key, inside, outside, config.periods),
    );
    this.sides = new Map(config.edges.map(edge => [edge.datapathId, sidesOf(edge)]));
    const links = [...this.sides].flatMap(([switchId, { inside, outside }]) =>
      [inside, outside].map(side => ({ switchId, outside: side })),
    );
    this.routers = new NextRouters(context, links, tables, () => undefined);
    this.epoch = this.epochNow();
    this.awaitNext();
  }

  get clientCount(): number {
    return this.epochs.reduce((sum, { clientCount }) => sum + clientCount, 0);
  }

  /** Whether the switch is one of the edges; its flows are stated then. */
  switchUp(sw: Switch, survivors: readonly ActualFlow[]): boolean {
    const edge = this.sides.get(sw.id);
    if (edge === undefined) return false;
    this.attached.set(sw, edge);
    this.state(sw, edge);
    this.routers.attach(sw, survivors);
    return true;
  }

  /** A frame that may be a router's answer. Throws PacketError. */
  heard(sw: Switch, inPort: number, frame: Uint8Array): void {
    this.routers.heard(sw, inPort, frame);
  }

  switchDown(sw: Switch): void {
    this.attached.delete(sw);
    this.routers.detach(sw);
  }

  private state(sw: Switch, edge: EdgeSides): void {
    const { tables, epoch, pairs, epochs, config } = this;
    const flows = new FlowSet();
    edgeFlows(tables, edge, pairs, this.limitAt(sw), flows);
    responderFlows(tables, flows);
    for (const [index, addresses] of epochs.entries()) {
      const insides = Array.from({ length: addresses.clientCount }, (_, client) =>
        addresses.insideAddress(client),
      );
      for (let valid = epoch - config.periods + 1; valid <= epoch + 1; valid++) {
        for (const [client, outside] of this.outsides(index, valid).entries()) {
          flows.flows.set(
            `back ${index} ${valid} ${client}`,
            restoreFlow(tables, edge, insides[client]!, outside),
          );
        }
      }
      for (const [client, outside] of this.outsides(index, epoch).entries()) {
        flows.flows.set(`out ${index} ${client}`, permuteFlow(tables, edge, insides[client]!, outside));
      }
    }
    this.context.wanted(sw).replaceFlows(flows.flows);
  }

  private limitAt(sw: Switch): Instruction[] {
    if (!sw.canMeterPackets) return [];
    const band = { type: 'drop' as const, rate: ANSWERS, burstSize: ANSWERS };
    const meterId = this.context.wanted(sw).setMeter('answers', { flags: ['pktps', 'burst'], bands: [band] });
    return [{ type: 'meter', meterId }];
  }

  private outsides(index: number, epoch: number): readonly Uint8Array[] {
    const key = `${index} ${epoch}`;
    let found = this.known.get(key);
    if (found === undefined) {
      found = this.epochs[index]!.outsideAddresses(epoch);
      this.known.set(key, found);
    }
    return found;
  }

  private epochNow(): number {
    return Math.floor(this.wallClock() / (this.config.period * 1000));
  }

  /** Looks at the wall clock again when the epoch should be over; it may have been set meanwhile. */
  private awaitNext(): void {
    const period = this.config.period * 1000;
    const rest = period - (this.wallClock() % period);
    this.context.clock.after(Math.max(1, rest), () => {
      const now = this.epochNow();
      if (now !== this.epoch) {
        this.epoch = now;
        for (const key of this.known.keys()) {
          if (Number(key.split(' ')[1]) <= now - this.config.periods) this.known.delete(key);
        }
        for (const [sw, edge] of this.attached) this.state(sw, edge);
      }
      this.awaitNext();
    });
  }
}

function sidesOf(edge: PermutingEdge): EdgeSides {
  return { inside: readOutsidePort(edge.inside), outside: readOutsidePort(edge.outside) };
}
