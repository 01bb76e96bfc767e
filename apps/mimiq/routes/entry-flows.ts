/** Where packets enter the switch: each kind of port has its own way on. */
import { VlanVid } from '../../../controller/openflow/index.js';
import { IpProtocol } from '../../../controller/packet/index.js';
import type { Action, Match } from '../../../controller/switch/index.js';
import { ipv4Number } from '../address-prefix.js';
import type { OutsidePort } from '../fabric/fabric.js';
import { respondWith } from '../neighbours/responder-flows.js';
import type { FlowSet } from '../pipeline/flow-set.js';
import { blockMatch, leasedBlocks } from '../pipeline/matches.js';
import { apply, ETH, From, goto, lookAtLength, PUNT, Punt } from '../pipeline/pipeline.js';
import { limitOf, type SwitchPlan } from '../pipeline/switch-plan.js';
import { fromPeer } from './tunnel-actions.js';

const ICMPV6 = { ethType: ETH.ipv6, ipProto: IpProtocol.ICMPV6 } as const;
const TAGGED = 310;
const OWN = 300;
const FORGED = 290;
const WANTED = 280;
const REST = 270;
const ELSEWHERE = 100;
/** A VLAN tag, whatever it says. */
const ANY_TAG = { value: VlanVid.PRESENT, mask: VlanVid.PRESENT } as const;

export function entryFlows(plan: SwitchPlan, flows: FlowSet): void {
  const { tables, own, fabric } = plan;
  const length = fabric.mtu === undefined ? [] : [lookAtLength(fabric.mtu)];
  for (const port of own.clients) {
    // A tag would travel with the packet, out of the network too.
    flows.add(`entry client ${port} tagged`, tables.entry, TAGGED, { inPort: port, vlanVid: ANY_TAG }, []);
    flows.add(`entry client ${port}`, tables.entry, OWN, { inPort: port }, [
      apply([comesFrom(From.CLIENT), ...length]),
      goto(tables.client),
    ]);
  }
  if (plan.tunnelPort !== undefined) tunnelFlows(plan, flows, plan.tunnelPort);
  if (own.outside === 'next') {
    for (const [index, block] of leasedBlocks(fabric).entries()) {
      flows.add(`entry return ${index}`, tables.entry, ELSEWHERE, blockMatch(block, 'destination'), [
        apply([comesFrom(From.OUTSIDE)]),
        goto(tables.route),
      ]);
    }
  } else if (own.outside !== undefined) outsideFlows(plan, flows, own.outside);
}

/** Only the network's own switches are believed. */
function tunnelFlows(plan: SwitchPlan, flows: FlowSet, port: number): void {
  const { tables, fabric, own } = plan;
  for (const peer of fabric.switches) {
    if (peer === own || peer.underlay === undefined) continue;
    flows.add(`entry tunnel ${peer.name}`, tables.entry, OWN, fromPeer(fabric.tunnel, port, peer.underlay), [
      apply([comesFrom(From.TUNNEL)]),
      goto(tables.route),
    ]);
  }
  flows.add('entry tunnel rest', tables.entry, REST, { inPort: port }, []);
}

function outsideFlows(plan: SwitchPlan, flows: FlowSet, outside: OutsidePort): void {
  const { tables, fabric } = plan;
  const inPort = outside.port;
  const length = fabric.mtu === undefined ? [] : [lookAtLength(fabric.mtu)];
  for (const [index, address] of outside.addresses.entries()) {
    flows.add(
      `entry outside neighbour ${index}`,
      tables.entry,
      OWN,
      { inPort, ...solicitationFor(address) },
      [apply([comesFrom(From.OUTSIDE), respondWith(outside.mac)]), goto(tables.respond)],
    );
  }
  for (const [index, block] of leasedBlocks(fabric).entries()) {
    flows.add(
      `entry outside forged ${index}`,
      tables.entry,
      FORGED,
      { inPort, ...blockMatch(block, 'source') },
      [],
    );
    flows.add(
      `entry outside return ${index}`,
      tables.entry,
      WANTED,
      { inPort, ...blockMatch(block, 'destination') },
      [apply([comesFrom(From.OUTSIDE), ...length]), goto(tables.route)],
    );
  }
  if (typeof outside.nextHop === 'object') answerFlows(plan, flows, inPort, outside.nextHop);
  flows.add('entry outside rest', tables.entry, REST, { inPort }, plan.next);
}

/** What the next routers say when they are asked for their MAC addresses. */
function answerFlows(plan: SwitchPlan, flows: FlowSet, inPort: number, routers: readonly Uint8Array[]): void {
  for (const [index, address] of routers.entries()) {
    const match = { inPort, ...answerFrom(address) };
    const instructions = [...limitOf(plan), apply([PUNT])];
    flows.add(`entry outside answer ${index}`, plan.tables.entry, OWN, match, instructions, Punt.NEIGHBOUR);
  }
}

/** I have this address. */
export function answerFrom(address: Uint8Array): Match {
  return address.length === 4
    ? { ethType: ETH.arp, arpOp: 2, arpSpa: ipv4Number(address) }
    : { ...ICMPV6, icmpv6Type: 136, icmpv6Code: 0, ipv6NdTarget: address };
}

/** Who has this address? */
export function solicitationFor(address: Uint8Array): Match {
  return address.length === 4
    ? { ethType: ETH.arp, arpOp: 1, arpTpa: ipv4Number(address) }
    : {
        ...ICMPV6,
        icmpv6Type: 135,
        icmpv6Code: 0,
        ipv6NdTarget: address,
      };
}

function comesFrom(kind: number): Action {
  return { type: 'set-field', field: { reg8: kind } };
}
