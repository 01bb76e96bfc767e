import type { Action, Match } from '../../../controller/switch/index.js';
import { ipv4Number } from '../address-prefix.js';
import type { TunnelPlan } from '../fabric/fabric.js';
import { FORGET_IN_PORT } from '../pipeline/pipeline.js';

/** Sends the packet through the tunnel port to the switch with that internal address, also when it came through it. */
export function encapsulate(plan: TunnelPlan, port: number, underlay: Uint8Array): Action[] {
  const field = underlay.length === 4 ? { tunIpv4Dst: ipv4Number(underlay) } : { tunIpv6Dst: underlay };
  return [
    { type: 'set-field', field },
    { type: 'set-field', field: { tunnelId: plan.key } },
    FORGET_IN_PORT,
    { type: 'output', port },
  ];
}

/** Packets that a switch with that internal address sent through the tunnel. */
export function fromPeer(plan: TunnelPlan, port: number, underlay: Uint8Array): Match {
  const source = underlay.length === 4 ? { tunIpv4Src: ipv4Number(underlay) } : { tunIpv6Src: underlay };
  return { inPort: port, tunnelId: plan.key, ...source };
}
