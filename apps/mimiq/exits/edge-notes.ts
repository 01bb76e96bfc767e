import type { AppContext } from '../../../controller/host/index.js';
import type { ActualFlow, Switch } from '../../../controller/switch/index.js';
import type { SwitchId } from '../model.js';
import { From, lookUpKeyOf, type Tables } from '../pipeline/pipeline.js';

const PRIORITY = 1;

/**
 * Which edges are gone, noted in the client-facing switches for a controller that starts anew: a short-lived flow without an
 * end in the table `exit`, which no packet ever meets.
 */
export class EdgeNotes {
  private readonly context: Pick<AppContext, 'shortLivedCookie'>;
  private readonly tables: Tables;

  constructor(context: Pick<AppContext, 'shortLivedCookie'>, tables: Tables) {
    this.context = context;
    this.tables = tables;
  }

  /** Edges that are noted in a switch; `flows` are its short-lived ones. */
  read(flows: readonly ActualFlow[]): SwitchId[] {
    return flows.flatMap(({ tableId, match }) => {
      const edge = lookUpKeyOf(match);
      const isNote = tableId === this.tables.exit && match.reg8 === From.NOBODY && edge !== undefined;
      return isNote ? [edge.toString(16).padStart(16, '0')] : [];
    });
  }

  write(sw: Switch, edge: SwitchId): void {
    this.send(sw, edge, 'add');
  }

  erase(sw: Switch, edge: SwitchId): void {
    this.send(sw, edge, 'delete-strict');
  }

  private send(sw: Switch, edge: SwitchId, command: 'add' | 'delete-strict'): void {
    if (!sw.isConnected) return;
    sw.send({
      type: 'flow-mod',
      command,
      cookie: this.context.shortLivedCookie(),
      tableId: this.tables.exit,
      priority: PRIORITY,
      match: { reg8: From.NOBODY, xxreg0: BigInt(`0x${edge}`) },
    });
  }
}
