/** Where packets go: to a client here, through the tunnel to the switch of a client, or out of the network (3.3). */
import { IpProtocol } from '../../../controller/packet/index.js';
import type { Action, Instruction } from '../../../controller/switch/index.js';
import { type Fabric, type FabricSwitch, isClientFacing, isEdge, switchNamed } from './fabric.js';
import type { FlowSet } from './flow-set.js';
import { blockMatch, leasedBlocks } from './matches.js';
import { apply, ETH, FORGET_IN_PORT, From, goto, IP_TYPES, lookUp, move } from './pipeline.js';
import type { SwitchPlan } from './switch-plan.js';
import { encapsulate } from './tunnel-actions.js';

const NEVER = 500;
const LEASED = 300;
const OUT = 100;
/** In `deliver`. */
const HERE = 400;
const AT_ITS_END = 350;
export const REMOTE_PRIORITY = 300;
const TO_THE_EDGE = 200;

export function routeFlows(plan: SwitchPlan, flows: FlowSet): void {
  const { tables, fabric } = plan;
  const never = (key: string, match: Parameters<FlowSet['add']>[3]) =>
    flows.add(`route never ${key}`, tables.route, NEVER, match, []);
  never('arp', { ethType: ETH.arp });
  never('nd', { ethType: ETH.ipv6, ipProto: IpProtocol.ICMPV6, icmpv6Type: 135 });

  for (const [index, block] of leasedBlocks(fabric).entries()) {
    const field = block.family === 4 ? 'ipv4Dst' : 'ipv6Dst';
    flows.add(`route leased ${index}`, tables.route, LEASED, blockMatch(block, 'destination'), [
      apply(lookUp(tables, field)),
      goto(tables.deliver),
    ]);
  }
  outFlows(plan, flows);
  deliverFlows(plan, flows);
}

/** What is for nobody of the network. */
function outFlows(plan: SwitchPlan, flows: FlowSet): void {
  const { tables, own, fabric, tunnelPort } = plan;
  const { outside } = own;
  for (const ethType of IP_TYPES) {
    const out = (kind: number, instructions: readonly Instruction[]) =>
      flows.add(`route out ${ethType} ${kind}`, tables.route, OUT, { ethType, reg8: kind }, instructions);
    if (outside === 'next') {
      out(From.CLIENT, plan.next);
      out(From.TUNNEL, plan.next);
    } else if (outside !== undefined) {
      const leave: Action[] = [
        { type: 'dec-nw-ttl' },
        { type: 'set-field', field: { ethSrc: outside.mac } },
        { type: 'set-field', field: { ethDst: outside.nextHop } },
        { type: 'output', port: outside.port },
      ];
      out(From.CLIENT, [apply(leave)]);
      out(From.TUNNEL, [apply(leave)]);
    } else if (tunnelPort !== undefined && own.exit !== undefined) {
      out(From.CLIENT, [apply(encapsulate(fabric.tunnel, tunnelPort, exitOf(fabric, own)))]);
    }
  }
}

function deliverFlows(plan: SwitchPlan, flows: FlowSet): void {
  const { tables, own, fabric, tunnelPort } = plan;
  if (isClientFacing(own)) {
    for (const ethType of IP_TYPES) {
      flows.add(`deliver here ${ethType}`, tables.deliver, HERE, { ethType, reg5: 1 }, [
        apply([
          { type: 'dec-nw-ttl' },
          { type: 'set-field', field: { ethSrc: fabric.gateway.mac } },
          move('xreg3', 'ethDst', 48),
          FORGET_IN_PORT,
          { type: 'nx-output-reg', src: 'reg4', ofs: 0, nBits: 32 },
        ]),
      ]);
    }
  }
  if (isEdge(own)) return;
  // Whatever came through the tunnel and is for nobody here must not go round.
  flows.add('deliver end', tables.deliver, AT_ITS_END, { reg8: From.TUNNEL }, []);
  if (tunnelPort === undefined || own.exit === undefined) return;
  // Only the edge knows where every IPv4 address is.
  flows.add('deliver by edge', tables.deliver, TO_THE_EDGE, { ethType: ETH.ipv4, reg8: From.CLIENT }, [
    apply(encapsulate(fabric.tunnel, tunnelPort, exitOf(fabric, own))),
  ]);
}

function exitOf(fabric: Fabric, own: FabricSwitch): Uint8Array {
  return switchNamed(fabric, own.exit!).underlay!;
}
