import type { Clock } from '../../../controller/host/index.js';
import { isPortUp, type Switch } from '../../../controller/switch/index.js';
import { type Fabric, type FabricSwitch, isEdge } from '../fabric/fabric.js';
import type { SwitchId } from '../model.js';
import type { Exits } from '../pipeline/switch-plan.js';

/** Milliseconds in which edges may connect after the start, come back when they were lost, and prove themselves then. */
const START_GRACE = 10_000;
const LOSS_GRACE = 1000;
const RETURN_DELAY = 2000;

/** What is known of an edge. */
export interface EdgeState {
  readonly isLost: boolean;
  /** As it was last seen. */
  readonly isPortUp: boolean;
  /** When it is lost unless it is there, by the clock. */
  readonly deadline: number;
}

interface State extends EdgeState {
  sw: Switch | undefined;
  isLost: boolean;
  isPortUp: boolean;
  deadline: number;
}

/**
 * Which edge switch packets leave by. Every client-facing switch has one of its own; when that is away from the controller,
 * its outside port is down, or its next router is silent, the next one of the configuration takes its place. When none
 * is left, nothing changes: perhaps only the controller does not see them.
 */
export class EdgeChoice {
  private readonly edges: readonly FabricSwitch[];
  private readonly states = new Map<SwitchId, State>();
  private readonly clock: Clock;
  private readonly hasRouter: (edge: FabricSwitch, family: 4 | 6) => boolean;
  private readonly changed: () => void;

  /** `changed` is told when edges are lost or usable again, or may be; `known` is what is known of some already. */
  constructor(
    fabric: Fabric,
    clock: Clock,
    hasRouter: (edge: FabricSwitch, family: 4 | 6) => boolean,
    changed: () => void,
    known: ReadonlyMap<SwitchId, EdgeState> = new Map(),
  ) {
    this.edges = fabric.switches.filter(isEdge);
    this.clock = clock;
    this.hasRouter = hasRouter;
    this.changed = changed;
    for (const { id } of this.edges) {
      const state = known.get(id) ?? { isLost: false, isPortUp: true, deadline: clock.now() + START_GRACE };
      this.states.set(id, { ...state, sw: undefined });
      this.loseAt(id, state.deadline);
    }
  }

  /** What is known of all edges, for who takes over. */
  known(): Map<SwitchId, EdgeState> {
    const soon = this.clock.now() + LOSS_GRACE;
    return new Map(
      [...this.states].map(([id, { sw, isLost, isPortUp, deadline }]) => [
        id,
        { isLost, isPortUp, deadline: sw === undefined ? deadline : soon },
      ]),
    );
  }

  /** An edge connected, or its ports changed. */
  attach(own: FabricSwitch, sw: Switch): void {
    const state = this.states.get(own.id);
    if (state === undefined) return;
    const { outside } = own;
    const isUp = typeof outside !== 'object' || isUpAt(sw, outside.port);
    const hasChanged = isUp !== state.isPortUp;
    state.isPortUp = isUp;
    if (state.sw !== sw) {
      state.sw = sw;
      if (state.isLost) this.takeBack(state, sw);
    }
    if (hasChanged) this.changed();
  }

  detach(own: FabricSwitch): void {
    const state = this.states.get(own.id);
    if (state === undefined) return;
    state.sw = undefined;
    this.loseAt(own.id, this.clock.now() + LOSS_GRACE);
  }

  /** An earlier controller had lost the edge. It is lost still, unless it is here. */
  recall(id: SwitchId): void {
    const state = this.states.get(id);
    if (state === undefined || state.sw !== undefined || state.isLost) return;
    state.isLost = true;
    this.changed();
  }

  /** Edges that are away, and those that have not proved themselves since. */
  *lost(): Iterable<SwitchId> {
    for (const [id, { isLost }] of this.states) if (isLost) yield id;
  }

  exitsOf(own: FabricSwitch): Exits {
    return { 4: this.exitOf(own, 4), 6: this.exitOf(own, 6) };
  }

  private exitOf(own: FabricSwitch, family: 4 | 6): FabricSwitch | undefined {
    const name = isEdge(own) ? own.name : own.exit;
    const first = this.edges.findIndex(edge => edge.name === name);
    if (first < 0) return undefined;
    const candidates = [...this.edges.slice(first), ...this.edges.slice(0, first)];
    return candidates.find(edge => this.isUsable(edge, family)) ?? candidates[0];
  }

  private isUsable(edge: FabricSwitch, family: 4 | 6): boolean {
    const { isLost, isPortUp } = this.states.get(edge.id)!;
    return !isLost && isPortUp && this.hasRouter(edge, family);
  }

  private loseAt(id: SwitchId, deadline: number): void {
    const state = this.states.get(id)!;
    state.deadline = deadline;
    this.clock.after(Math.max(0, deadline - this.clock.now()), () => {
      if (state.sw !== undefined || state.isLost) return;
      state.isLost = true;
      this.changed();
    });
  }

  /** It has its flows again, and stays. */
  private takeBack(state: State, sw: Switch): void {
    const prove = () =>
      void this.clock.after(RETURN_DELAY, () => {
        if (state.sw !== sw || !state.isLost) return;
        state.isLost = false;
        this.changed();
      });
    // Lost again before that: `detach` is told.
    sw.confirmed().then(prove, () => undefined);
  }
}

function isUpAt(sw: Switch, port: number): boolean {
  const description = sw.ports.get(port);
  return description !== undefined && isPortUp(description);
}
