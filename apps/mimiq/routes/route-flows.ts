/** Where packets go: to a client here, through the tunnel to the switch of a client, or out of the network (3.3). */
import { IpProtocol } from '../../../controller/packet/index.js';
import type { Action, Instruction } from '../../../controller/switch/index.js';
import { type FabricSwitch, isClientFacing, isEdge, type OutsidePort } from '../fabric/fabric.js';
import type { FlowSet } from '../pipeline/flow-set.js';
import { blockMatch, leasedBlocks } from '../pipeline/matches.js';
import {
  apply,
  ETH,
  FORGET_IN_PORT,
  From,
  goto,
  IP_TYPES,
  lookUp,
  lookUpKey,
  move,
  PUNT,
  Punt,
  type Tables,
} from '../pipeline/pipeline.js';
import { limitOf, type SwitchPlan } from '../pipeline/switch-plan.js';
import { encapsulate } from './tunnel-actions.js';

const NEVER = 500;
const TROUBLE = 400;
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
  troubleFlows(plan, flows);
  outFlows(plan, flows);
  deliverFlows(plan, flows);
}

/** What is for nobody of the network. */
function outFlows(plan: SwitchPlan, flows: FlowSet): void {
  const { tables, own, exits } = plan;
  const { hopLimit } = plan.fabric;
  const { outside } = own;
  for (const ethType of IP_TYPES) {
    const family = ethType === ETH.ipv4 ? 4 : 6;
    const exit = exits[family];
    const across = exit === undefined || exit === own ? [] : throughTunnel(plan, exit);
    const out = (kind: number, instructions: readonly Instruction[]) =>
      flows.add(`route out ${ethType} ${kind}`, tables.route, OUT, { ethType, reg8: kind }, instructions);
    if (outside === 'next') {
      out(From.CLIENT, across.length > 0 ? across : plan.next);
      out(From.TUNNEL, plan.next);
    } else if (outside !== undefined) {
      const leave = leaveBy(tables, outside, family, hopLimit);
      if (across.length > 0) out(From.CLIENT, across);
      else if (leave.length > 0) out(From.CLIENT, leave);
      if (leave.length > 0) out(From.TUNNEL, leave);
    } else if (across.length > 0) out(From.CLIENT, across);
  }
}

/**
 * Out of the network; none when the edge has no next router for the family. `hopLimit`: what every packet leaves with; without it
 * each has made a hop.
 */
export function leaveBy(
  tables: Tables,
  { mac, port, nextHop }: OutsidePort,
  family: 4 | 6,
  hopLimit?: number,
): Instruction[] {
  const hop: Action =
    hopLimit === undefined ? { type: 'dec-nw-ttl' } : { type: 'set-nw-ttl', nwTtl: hopLimit };
  const actions: Action[] = [hop, { type: 'set-field', field: { ethSrc: mac } }];
  if (typeof nextHop === 'number') {
    return [apply([...actions, { type: 'set-field', field: { ethDst: nextHop } }, { type: 'output', port }])];
  }
  const router = nextHop.find(({ length }) => length === (family === 4 ? 4 : 16));
  if (router === undefined) return [];
  return [
    apply([...actions, { type: 'set-field', field: { xxreg0: lookUpKey(router) } }]),
    goto(tables.exit),
  ];
}

function throughTunnel({ fabric, tunnelPort }: SwitchPlan, { underlay }: FabricSwitch): Instruction[] {
  if (tunnelPort === undefined || underlay === undefined) return [];
  return [apply(encapsulate(fabric.tunnel, tunnelPort, underlay))];
}

/** What is too long for tunnels, or has made its last hop: whoever sent it is told. */
function troubleFlows(plan: SwitchPlan, flows: FlowSet): void {
  const { tables, own, fabric } = plan;
  const kinds: number[] = isClientFacing(own) ? [From.CLIENT] : [];
  if (typeof own.outside === 'object') kinds.push(From.OUTSIDE);
  const punt = [...limitOf(plan), apply([PUNT])];
  for (const kind of kinds) {
    for (const ethType of IP_TYPES) {
      const key = `route trouble ${kind} ${ethType}`;
      const from = { ethType, reg8: kind };
      flows.add(`${key} hops`, tables.route, TROUBLE, { ...from, ipTtl: 1 }, punt, Punt.HOPS_SPENT);
      if (fabric.mtu === undefined) continue;
      flows.add(`${key} length`, tables.route, TROUBLE, { ...from, reg9: 1 }, punt, Punt.TOO_LONG);
    }
  }
}

function deliverFlows(plan: SwitchPlan, flows: FlowSet): void {
  const { tables, own, fabric, exits } = plan;
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
  // Only edges know where every IPv4 address is.
  const across = exits[4] === undefined ? [] : throughTunnel(plan, exits[4]);
  if (across.length === 0) return;
  flows.add('deliver by edge', tables.deliver, TO_THE_EDGE, { ethType: ETH.ipv4, reg8: From.CLIENT }, across);
}
