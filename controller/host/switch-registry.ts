import { type ForeignFlows, Switch } from '../switch/index.js';

/** Switches that are away and still remembered; a flood of invented datapath ids must not cost more. */
const MAX_AWAY = 1024;

/** Every switch that has been seen, connected or away. */
export class SwitchRegistry {
  private readonly all = new Map<bigint, Switch>();
  private readonly up = new Map<string, Switch>();
  private readonly foreignFlows: ForeignFlows;
  private readonly failed: (sw: Switch, error: unknown) => void;

  constructor(foreignFlows: ForeignFlows, failed: (sw: Switch, error: unknown) => void) {
    this.foreignFlows = foreignFlows;
    this.failed = failed;
  }

  /** Switches that are connected and announced to apps, by id. */
  get connected(): ReadonlyMap<string, Switch> {
    return this.up;
  }

  /** Connected or not. */
  known(): IterableIterator<Switch> {
    return this.all.values();
  }

  /** The switch with that datapath id, a new one the first time. */
  obtain(datapathId: bigint): Switch {
    let sw = this.all.get(datapathId);
    if (sw === undefined) {
      const fresh: Switch = new Switch(datapathId, {
        foreignFlows: this.foreignFlows,
        failed: error => this.failed(fresh, error),
      });
      sw = fresh;
    }
    this.all.delete(datapathId);
    this.all.set(datapathId, sw);
    return sw;
  }

  announced(sw: Switch): void {
    this.up.set(sw.id, sw);
  }

  /**
   * Returns the switch that is forgotten in exchange, the one that has been away for longest, if there are too
   * many.
   */
  left(sw: Switch): Switch | undefined {
    this.up.delete(sw.id);
    this.all.delete(sw.datapathId);
    this.all.set(sw.datapathId, sw);
    if (this.all.size - this.up.size <= MAX_AWAY) return undefined;
    for (const candidate of this.all.values()) {
      if (candidate.isConnected) continue;
      this.all.delete(candidate.datapathId);
      return candidate;
    }
    return undefined;
  }
}
