import type { Instruction } from '../../../controller/switch/index.js';
import type { Fabric, FabricSwitch } from '../fabric/fabric.js';
import type { Tables } from './pipeline.js';

/** What the static flows of one switch are made from. */
export interface SwitchPlan {
  readonly fabric: Fabric;
  readonly own: FabricSwitch;
  readonly tables: Tables;
  /** Undefined while the bridge has no tunnel port. */
  readonly tunnelPort: number | undefined;
  /** To the next app; none when there is no next one. */
  readonly next: readonly Instruction[];
  /** The edge switches that packets of its clients leave by now; undefined where there is none. */
  readonly exits: Exits;
  /** Meter of a client port's requests; undefined where the switch has no meters. */
  meterOf(port: number): number | undefined;
  /** Meter of packets that nobody asked for: answers of routers, and packets that ICMP tells of. */
  readonly rest: number | undefined;
}

export type Exits = Readonly<Record<4 | 6, FabricSwitch | undefined>>;

/** Instructions that come before a packet to the controller that nobody asked for. */
export function limitOf({ rest }: Pick<SwitchPlan, 'rest'>): Instruction[] {
  return rest === undefined ? [] : [{ type: 'meter', meterId: rest }];
}
