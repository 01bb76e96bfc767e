import {
  type DecodedFlowMod,
  type DecodedFlowStats,
  encodeToBytes,
  Port,
} from '../../controller/openflow/index.js';
import { type FrameFields, matches } from './frame-fields.js';

/** A flow as flow statistics tell it; counters are numbers that can be added to. */
export interface TableFlow {
  stats: DecodedFlowStats;
  /** Match as bytes: equal for equal matches. */
  identity: string;
}

const ALL_TABLES = 0xff;

/** The flow tables of a simulated switch (OpenFlow 1.3.5 sections 5.2 to 5.5 and 6.4), without timeouts. */
export class FlowTables {
  private readonly flows: TableFlow[] = [];
  private readonly deleted: (flow: DecodedFlowStats) => void;

  /** `deleted` hears of every flow with `send-flow-rem` that goes. */
  constructor(deleted: (flow: DecodedFlowStats) => void) {
    this.deleted = deleted;
  }

  /** Flows in the order in which they came. */
  list(): DecodedFlowStats[] {
    return this.flows.map(flow => flow.stats);
  }

  apply(mod: DecodedFlowMod): void {
    switch (mod.command) {
      case 'add':
        this.add(mod);
        break;
      case 'modify':
      case 'modify-strict':
        for (const flow of this.selected(mod)) flow.stats = { ...flow.stats, instructions: mod.instructions };
        break;
      default:
        for (const flow of this.selected(mod)) this.remove(flow);
    }
  }

  /** The flow of the highest priority that takes the frame. */
  lookUp(tableId: number, frame: FrameFields): DecodedFlowStats | undefined {
    let best: TableFlow | undefined;
    for (const flow of this.flows) {
      const { stats } = flow;
      if (stats.tableId !== tableId || !matches(stats.match, frame)) continue;
      if (best === undefined || stats.priority > best.stats.priority) best = flow;
    }
    if (best === undefined) return undefined;
    best.stats.packetCount += 1n;
    return best.stats;
  }

  /** Ends every flow for which `isOver` holds, as a timeout would. */
  expire(isOver: (flow: DecodedFlowStats) => boolean): void {
    for (const flow of [...this.flows]) if (isOver(flow.stats)) this.remove(flow);
  }

  private add(mod: DecodedFlowMod): void {
    const identity = identityOf(mod);
    const { tableId, priority, idleTimeout, hardTimeout, flags, cookie, match, instructions } = mod;
    const stats: DecodedFlowStats = {
      tableId,
      priority,
      idleTimeout,
      hardTimeout,
      flags,
      cookie,
      match,
      instructions,
      durationSec: 0,
      durationNsec: 0,
      packetCount: 0n,
      byteCount: 0n,
    };
    const old = this.flows.find(
      flow =>
        flow.stats.tableId === tableId && flow.stats.priority === priority && flow.identity === identity,
    );
    if (old === undefined) this.flows.push({ stats, identity });
    else old.stats = { ...stats, packetCount: old.stats.packetCount };
  }

  private remove(flow: TableFlow): void {
    this.flows.splice(this.flows.indexOf(flow), 1);
    if (flow.stats.flags.includes('send-flow-rem')) this.deleted(flow.stats);
  }

  private selected(mod: DecodedFlowMod): TableFlow[] {
    const strict = mod.command.endsWith('-strict');
    const identity = strict ? identityOf(mod) : undefined;
    return this.flows.filter(({ stats, identity: own }) => {
      if (mod.tableId !== ALL_TABLES && stats.tableId !== mod.tableId) return false;
      if ((stats.cookie & mod.cookieMask) !== (mod.cookie & mod.cookieMask)) return false;
      if (mod.command.startsWith('delete') && mod.outPort !== Port.ANY && !outputsTo(stats, mod.outPort))
        return false;
      if (strict) return stats.priority === mod.priority && own === identity;
      return Object.entries(mod.match).every(
        ([field, value]) =>
          JSON.stringify((stats.match as Record<string, unknown>)[field]) === JSON.stringify(value),
      );
    });
  }
}

function outputsTo(flow: DecodedFlowStats, port: number): boolean {
  return flow.instructions.some(
    instruction =>
      instruction.type === 'apply-actions' &&
      instruction.actions.some(action => action.type === 'output' && action.port === port),
  );
}

function identityOf(mod: DecodedFlowMod): string {
  return Buffer.from(encodeToBytes({ type: 'flow-mod', match: mod.match })).toString('hex');
}
