import { HOST_OWNER, type Owner, type Switch, type WantedFlow } from '../switch/index.js';
import type { RunningApp } from './running-app.js';
import { MAX_TABLES, type TablePlan } from './table-plan.js';

const PROBES = 'probes';

/**
 * The flows that the host itself wants on every switch: how probes get to it, and where packets go between
 * apps.
 */
export class HostFlows {
  readonly owner: Owner;
  private readonly probeFlow: WantedFlow | undefined;
  private misses = new Map<number, number>();

  /** `probeFlow` is absent when links are not discovered. */
  constructor(probeFlow: WantedFlow | undefined, refused: Owner['refused']) {
    this.probeFlow = probeFlow;
    const tables = new Set(Array.from({ length: MAX_TABLES }, (_, table) => table));
    this.owner = { number: HOST_OWNER, name: 'host', tables, ...(refused === undefined ? {} : { refused }) };
  }

  /**
   * Where packets go that match nothing: as the plan says, and past the tables of an app that is stopped. Call
   * `state` for every switch afterwards.
   */
  plan(plan: TablePlan, apps: Iterable<RunningApp>): void {
    this.misses = new Map(plan.misses.map(({ table, next }) => [table, next]));
    for (const app of apps) {
      if (app.isRunning || app.next === undefined) continue;
      for (const table of app.owner.tables) this.misses.set(table, app.next);
    }
  }

  state(sw: Switch): void {
    const flows: [string, WantedFlow][] = [...this.misses].map(([tableId, next]) => [
      `miss-${tableId}`,
      { tableId, priority: 0, instructions: [{ type: 'goto-table', tableId: next }] },
    ]);
    if (this.probeFlow !== undefined) flows.push([PROBES, this.probeFlow]);
    sw.wanted(this.owner).replaceFlows(flows);
  }
}
