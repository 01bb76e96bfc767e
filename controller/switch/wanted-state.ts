import { cookieOf, groupIdOf, HOST_OWNER, HOST_PRIORITY, MAX_OWN_COOKIE } from './cookie.js';
import { KeyedNumbers } from './keyed-numbers.js';
import { SwitchError } from './switch-error.js';
import type { SwitchWants } from './switch-wants.js';
import {
  flowModOf,
  type Owner,
  type Refusal,
  type WantedFlow,
  type WantedGroup,
  type WantedMeter,
} from './wanted-flow.js';

/**
 * What one owner wants on one switch. Statements take effect together at the end of the current turn of the
 * event loop, or with the next connection of the switch; stating what is there already sends nothing. Keys are
 * the owner's own; stating under a known key replaces. They appear in the log when a switch refuses something,
 * so they hold no address of a client.
 */
export class WantedState {
  /** Replaced when the owner's app is started anew with other tables. */
  owner: Owner;
  /** What the switch did not take of it, by kind and key; retried with the next connection. */
  readonly refusals = new Map<string, Refusal>();

  private readonly wants: SwitchWants;
  private readonly identities = new Map<string, string>();
  private readonly groupNumbers = new KeyedNumbers(0, 0xffff);
  private readonly groups = new Map<string, number>();
  private readonly meters = new Map<string, number>();
  private readonly unsettledBy = new Set<string>();
  /** What was wanted when stating began anew and has not been stated since. */
  private readonly stale = { flows: new Set<string>(), groups: new Set<string>(), meters: new Set<string>() };

  constructor(owner: Owner, wants: SwitchWants) {
    this.owner = owner;
    this.wants = wants;
  }

  /** Keys of the wanted flows. */
  flowKeys(): IterableIterator<string> {
    return this.identities.keys();
  }

  /**
   * Throws OpenflowError when the flow cannot be encoded, SwitchError when the table is not the owner's, the
   * cookie is too large, the priority is the controller's, or another key has the same table, priority and
   * match. Nothing is changed then.
   */
  setFlow(key: string, flow: WantedFlow): void {
    const { owner, wants } = this;
    if (!owner.tables.has(flow.tableId)) {
      throw new SwitchError('foreign-table', `Table ${flow.tableId} does not belong to "${owner.name}".`);
    }
    const own = flow.cookie ?? 0;
    if (!(Number.isInteger(own) && own >= 0 && own <= MAX_OWN_COOKIE)) {
      throw new SwitchError(
        'bad-cookie',
        `A cookie of "${owner.name}" is not an integer of 31 bits: ${own}.`,
      );
    }
    if (flow.priority === HOST_PRIORITY && owner.number !== HOST_OWNER) {
      throw new SwitchError('reserved-priority', `Priority ${HOST_PRIORITY} is the controller's own.`);
    }
    const message = flowModOf(flow, cookieOf(owner.number, own));
    const identity = wants.setFlow(this, key, message, this.identities.get(key));
    this.identities.set(key, identity);
    this.stale.flows.delete(key);
  }

  /**
   * Gives the place of a flow away when it is left of before and has not been stated since. Returns whether it is.
   * For SwitchWants.
   */
  surrender(key: string): boolean {
    return !this.isSettled && this.stale.flows.delete(key) && this.identities.delete(key);
  }

  removeFlow(key: string): void {
    const identity = this.identities.get(key);
    if (identity === undefined) return;
    this.identities.delete(key);
    this.stale.flows.delete(key);
    this.refusals.delete(`flow ${key}`);
    this.wants.removeFlow(identity);
  }

  /** Wants exactly these flows, and no others. Throws as `setFlow`. */
  replaceFlows(flows: Iterable<readonly [key: string, flow: WantedFlow]>): void {
    const all = [...flows];
    const identities = new Map(all.map(([key, flow]) => [key, this.wants.identityOf(flow)]));
    // First those whose place another key may take.
    for (const [key, identity] of [...this.identities]) {
      if (identities.get(key) !== identity) this.removeFlow(key);
    }
    for (const [key, flow] of all) this.setFlow(key, flow);
  }

  /** Wants a group and returns its id, for `group` actions. The id depends on owner and key. */
  setGroup(key: string, group: WantedGroup): number {
    let groupId = this.groups.get(key);
    if (groupId === undefined) {
      const number = this.groupNumbers.take(key);
      if (number === undefined) {
        throw new SwitchError('too-many-groups', `"${this.owner.name}" wants more than 65,536 groups.`);
      }
      groupId = groupIdOf(this.owner.number, number);
    }
    this.wants.setGroup(this, key, groupId, group);
    this.groups.set(key, groupId);
    this.stale.groups.delete(key);
    return groupId;
  }

  removeGroup(key: string): void {
    const groupId = this.groups.get(key);
    if (groupId === undefined) return;
    this.groups.delete(key);
    this.groupNumbers.give(key);
    this.stale.groups.delete(key);
    this.refusals.delete(`group ${key}`);
    this.wants.removeGroup(groupId);
  }

  /** Wants a meter and returns its id, for `meter` instructions. */
  setMeter(key: string, meter: WantedMeter): number {
    const meterId = this.wants.setMeter(this, key, meter);
    this.meters.set(key, meterId);
    this.stale.meters.delete(key);
    return meterId;
  }

  removeMeter(key: string): void {
    if (!this.meters.delete(key)) return;
    this.stale.meters.delete(key);
    this.refusals.delete(`meter ${key}`);
    this.wants.removeMeter(this, key);
  }

  /** Wants nothing any more. */
  clear(): void {
    for (const key of [...this.identities.keys()]) this.removeFlow(key);
    for (const key of [...this.groups.keys()]) this.removeGroup(key);
    for (const key of [...this.meters.keys()]) this.removeMeter(key);
  }

  /** Whether everything is stated; until then nothing that the switch has of this owner is removed. */
  get isSettled(): boolean {
    return this.unsettledBy.size === 0;
  }

  /**
   * Begins to state everything anew. What was wanted so far, and what the switch has from an earlier run, stays
   * until `settle` was called for every `reason` and removes whatever has not been stated again.
   */
  unsettle(reason = 'app'): void {
    this.noteStale();
    this.unsettledBy.add(reason);
  }

  /**
   * Runs `state`, which may state things. When it has not ended on return, what it stated counts as stated since
   * `unsettle(reason)`, and what was wanted before does not. For the host.
   */
  stating<Result>(reason: string, state: () => Result | Promise<Result>): Result | Promise<Result> {
    this.noteStale();
    const result = state();
    if (result instanceof Promise) this.unsettledBy.add(reason);
    return result;
  }

  private noteStale(): void {
    if (!this.isSettled) return;
    this.stale.flows = new Set(this.identities.keys());
    this.stale.groups = new Set(this.groups.keys());
    this.stale.meters = new Set(this.meters.keys());
  }

  /** Everything is stated: what is left of before goes. Harmless when nothing is unsettled. */
  settle(reason = 'app'): void {
    if (!this.unsettledBy.delete(reason) || !this.isSettled) return;
    const { flows, groups, meters } = this.stale;
    for (const key of [...flows]) this.removeFlow(key);
    for (const key of [...groups]) this.removeGroup(key);
    for (const key of [...meters]) this.removeMeter(key);
    this.wants.removeLeftovers(this.owner.number);
  }
}
