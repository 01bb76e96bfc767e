import type { Instruction } from '../../../controller/switch/index.js';
import type { Fabric, FabricSwitch } from './fabric.js';
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
  /** Meter of a client port's requests; undefined where the switch has no meters. */
  meterOf(port: number): number | undefined;
}
