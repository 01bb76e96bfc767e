/** Names of one tenant at once. */
const WIDTH = 4;
/** Failures in a row after which a tenant is left alone until the next time. */
const ENOUGH = 4;

export interface LaneWork {
  /** Names of a tenant that come after one in their order, in that order. */
  names(tenant: string, after: string): AsyncIterable<string>;
  /** Whether there is nothing more to do for the name. What it rejects with ends the lane. */
  settle(name: string): Promise<boolean>;
}

/**
 * Does something for names of tenants, each tenant's apart from all others: one whose agent does not answer delays nobody else, and
 * not for long whoever waits for the end.
 */
export class TenantLanes {
  private readonly work: LaneWork;
  /** Tenants with something under way. */
  private readonly busy = new Set<string>();
  /** Where to go on with those that were left alone: names that always fail keep nobody behind them waiting. */
  private readonly places = new Map<string, string>();
  private isStopped = false;

  constructor(work: LaneWork) {
    this.work = work;
  }

  /** Resolves when each of the tenants has been gone through, or left alone. What is under way already is not waited for. Throws as
   * `settle` does, when all others are done. */
  async run(tenants: readonly string[]): Promise<void> {
    const idle = tenants.filter(tenant => !this.busy.has(tenant));
    const lanes = await Promise.allSettled(idle.map(tenant => this.lane(tenant)));
    for (const lane of lanes) if (lane.status === 'rejected') throw lane.reason;
  }

  /** Begins with no further name. */
  stop(): void {
    this.isStopped = true;
  }

  private async lane(tenant: string): Promise<void> {
    this.busy.add(tenant);
    try {
      await this.goThrough(tenant);
    } finally {
      this.busy.delete(tenant);
    }
  }

  private async goThrough(tenant: string): Promise<void> {
    const { work, places } = this;
    const underWay = new Set<Promise<void>>();
    let failures = 0;
    let trouble: { readonly error: unknown } | undefined;
    let last = places.get(tenant) ?? '';
    places.delete(tenant);
    for await (const name of work.names(tenant, last)) {
      if (failures >= ENOUGH) places.set(tenant, last);
      if (failures >= ENOUGH || trouble !== undefined || this.isStopped) break;
      last = name;
      const running = work
        .settle(name)
        .then(
          isSettled => {
            failures = isSettled ? 0 : failures + 1;
          },
          error => {
            trouble = { error };
          },
        )
        .finally(() => underWay.delete(running));
      underWay.add(running);
      if (underWay.size >= WIDTH) await Promise.race(underWay);
    }
    await Promise.all(underWay);
    if (trouble !== undefined) throw trouble.error;
  }
}
