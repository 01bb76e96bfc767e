import { type Action, isPortUp, isRealPort, type Switch } from '../../switch/index.js';
import type { TrunkRole } from './flood-tree.js';
import type { PortRole, TopologyChange } from './topology.js';

const NO_ACTIONS: readonly Action[] = [];

/** Roles of the ports of one switch, and the flood actions that follow from them. */
export class PortRoles {
  readonly sw: Switch;
  private readonly roles = new Map<number, PortRole>();
  /** Ports that came up not long ago, and when each may be taken for an edge port. */
  private readonly heldUntil = new Map<number, number>();
  private readonly flood = new Map<number, readonly Action[]>();

  constructor(sw: Switch) {
    this.sw = sw;
  }

  roleOf(port: number): PortRole {
    return this.roles.get(port) ?? 'down';
  }

  isForwarding(port: number): boolean {
    const role = this.roles.get(port);
    return role === 'edge' || role === 'tree';
  }

  get isSettled(): boolean {
    return this.heldUntil.size === 0;
  }

  blocked(): number[] {
    return [...this.roles].filter(([, role]) => role === 'blocked').map(([port]) => port);
  }

  held(): number[] {
    return [...this.heldUntil.keys()];
  }

  floodActions(inPort: number): readonly Action[] {
    let actions = this.flood.get(inPort);
    if (actions !== undefined) return actions;
    if (!this.isForwarding(inPort)) return NO_ACTIONS;
    actions = [...this.roles.keys()]
      .filter(port => port !== inPort && this.isForwarding(port))
      .sort((a, b) => a - b)
      .map(port => ({ type: 'output', port }) as Action);
    this.flood.set(inPort, actions);
    return actions;
  }

  /** The port must prove until `until` that no switch is behind it. Ports without a cable need not. */
  hold(port: number, until: number): void {
    if (isRealPort(port)) this.heldUntil.set(port, until);
  }

  letGo(port: number): void {
    this.heldUntil.delete(port);
  }

  /**
   * A probe says that a switch is behind the port: until the tree is known nothing is flooded to it. Returns
   * whether traffic may have used it.
   */
  blockAtOnce(port: number): boolean {
    const role = this.roles.get(port);
    if (role !== 'held' && role !== 'edge') return false;
    this.roles.set(port, 'blocked');
    this.flood.clear();
    return role === 'edge';
  }

  /**
   * Works the roles out anew. Returns what changed: undefined when nothing did. A change disturbs when a port that
   * traffic used is used otherwise. An edge port that goes down takes only its own hosts along.
   */
  update(trunks: ReadonlyMap<number, TrunkRole> | undefined, now: number): TopologyChange | undefined {
    let changed = false;
    let disturbed = false;
    for (const port of this.roles.keys()) {
      if (this.sw.ports.has(port)) continue;
      this.roles.delete(port);
      this.heldUntil.delete(port);
      changed = true;
    }
    for (const [number, port] of this.sw.ports) {
      if (!isRealPort(number) && number !== LOCAL) continue;
      const before = this.roleOf(number);
      const role = isPortUp(port) ? this.roleNow(number, trunks?.get(number), now) : 'down';
      if (role === before) continue;
      this.roles.set(number, role);
      changed = true;
      if (before === 'tree' || (before === 'edge' && role !== 'down')) disturbed = true;
    }
    if (changed) this.flood.clear();
    return changed ? { disturbed } : undefined;
  }

  private roleNow(port: number, trunk: TrunkRole | undefined, now: number): PortRole {
    if (trunk !== undefined) {
      this.heldUntil.delete(port);
      return trunk;
    }
    const until = this.heldUntil.get(port);
    if (until !== undefined && now < until - TIMER_SLACK) return 'held';
    this.heldUntil.delete(port);
    return 'edge';
  }
}

const LOCAL = 0xffff_fffe;
/** Timers may run this many milliseconds early. */
const TIMER_SLACK = 2;
