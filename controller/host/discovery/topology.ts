import type { Action, Switch } from '../../switch/index.js';

/**
 * What a port is good for.
 * - `held`: it has just come up, and may yet turn out to lead to another switch;
 * - `edge`: hosts are behind it;
 * - `tree`: another switch is behind it, and the flood tree uses it;
 * - `blocked`: another switch is behind it, and flooding there would make a loop;
 * - `down`: nothing goes through it.
 */
export type PortRole = 'held' | 'edge' | 'tree' | 'blocked' | 'down';

export interface TopologyChange {
  /**
   * Paths may run differently now: what was learnt from the direction of packets on this switch is void. False
   * when ports only joined.
   */
  readonly disturbed: boolean;
}

/** Which ports are between switches, and which of them are safe to flood to. */
export interface Topology {
  roleOf(sw: Switch, port: number): PortRole;
  /** Whether ordinary traffic may use the port: it is an edge or tree port. */
  isForwarding(sw: Switch, port: number): boolean;
  /**
   * Actions that flood a packet that came in at `inPort`: out of every other edge and tree port. The same array
   * until the topology changes. Empty when `inPort` is not forwarding.
   */
  floodActions(sw: Switch, inPort: number): readonly Action[];
  /** Ports that are blocked. */
  blockedPorts(sw: Switch): Iterable<number>;
  /** Whether the role of every port is known, so that nothing of an earlier run needs to be kept. */
  isSettled(sw: Switch): boolean;
}
