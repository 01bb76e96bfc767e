import { macToNumber } from '../../controller/address/index.js';
import { VlanVid } from '../../controller/openflow/index.js';
import { type ActualFlow, isPortUp, type Switch } from '../../controller/switch/index.js';
import type { SwitchState } from './switch-state.js';

/**
 * Learns from flows that an earlier connection or run of the controller left in the switch: each says where its
 * source is. Returns the ports that such flows use and that are gone.
 */
export function adoptSurvivors(
  sw: Switch,
  state: SwitchState,
  survivors: readonly ActualFlow[],
  now: number,
): Set<number> {
  const gone = new Set<number>();
  for (const { match, instructions } of survivors) {
    const { inPort, ethSrc, vlanVid } = match;
    const ports = [inPort, outPortOf(instructions)];
    const dead = ports.filter(port => port !== undefined && !isUp(sw, port)) as number[];
    for (const port of dead) gone.add(port);
    if (dead.length > 0 || inPort === undefined) continue;
    if (typeof ethSrc !== 'string' || typeof vlanVid !== 'number') continue;
    const vlan = vlanVid === VlanVid.NONE ? -1 : vlanVid & ~VlanVid.PRESENT;
    state.stations.learn(vlan, macToNumber(ethSrc), inPort, now);
  }
  return gone;
}

function outPortOf(instructions: ActualFlow['instructions']): number | undefined {
  const [instruction] = instructions;
  if (instruction?.type !== 'apply-actions') return undefined;
  const [action] = instruction.actions;
  return action?.type === 'output' ? action.port : undefined;
}

function isUp(sw: Switch, portNumber: number): boolean {
  const port = sw.ports.get(portNumber);
  return port !== undefined && isPortUp(port);
}
