/**
 * The flows of an edge switch that rewrites addresses by itself (3.4): the source of what leaves, by the permutation of this
 * epoch, and the destination of what comes back, by those of all epochs in force.
 */
import type { Action, Instruction, WantedFlow } from '../../../controller/switch/index.js';
import { type AddressPrefix, ipv4Number, prefixMask } from '../address-prefix.js';
import type { OutsidePort } from '../fabric/fabric.js';
import { respondWith } from '../neighbours/responder-flows.js';
import type { FlowSet } from '../pipeline/flow-set.js';
import { blockMatch, hostMatch } from '../pipeline/matches.js';
import { apply, goto, PUNT, Punt, type Tables } from '../pipeline/pipeline.js';
import { answerFrom, solicitationFor } from '../routes/entry-flows.js';
import { leaveBy } from '../routes/route-flows.js';

/** Both sides of an edge, each towards its router. */
export type EdgeSides = Readonly<Record<'inside' | 'outside', OutsidePort>>;

const QUESTION = 300;
const FORGED = 290;
const KNOWN = 280;
const REST = 270;
const CLIENT = 200;

export interface PrefixPair {
  readonly inside: AddressPrefix;
  readonly outside: AddressPrefix;
}

/** What does not depend on the epoch. `limit` comes before what routers say. */
export function edgeFlows(
  tables: Tables,
  edge: EdgeSides,
  pairs: readonly PrefixPair[],
  limit: readonly Instruction[],
  flows: FlowSet,
): void {
  for (const side of ['inside', 'outside'] as const) {
    const { port, mac, addresses } = edge[side];
    const answer: Instruction[] = [apply([respondWith(mac)]), goto(tables.respond)];
    for (const [index, address] of addresses.entries()) {
      const question = { inPort: port, ...solicitationFor(address) };
      flows.add(`${side} neighbour ${index}`, tables.entry, QUESTION, question, answer);
    }
    const { nextHop } = edge[side];
    for (const [index, router] of typeof nextHop === 'number' ? [] : nextHop.entries()) {
      const answered = { inPort: port, ...answerFrom(router) };
      flows.add(
        `${side} answer ${index}`,
        tables.entry,
        QUESTION,
        answered,
        [...limit, apply([PUNT])],
        Punt.NEIGHBOUR,
      );
    }
    flows.add(`${side} rest`, tables.entry, REST, { inPort: port }, []);
  }
  const [inPort, outPort] = [edge.inside.port, edge.outside.port];
  for (const [index, { inside, outside }] of pairs.entries()) {
    const leaving = { inPort, ...blockMatch(inside, 'source') };
    flows.add(`permute ${index}`, tables.entry, KNOWN, leaving, [goto(tables.permute)]);
    const returning = { inPort: outPort, ...blockMatch(outside, 'destination') };
    flows.add(`restore ${index}`, tables.entry, KNOWN, returning, [goto(tables.restore)]);
    for (const block of [inside, outside]) {
      const forged = { inPort: outPort, ...blockMatch(block, 'source') };
      flows.add(`forged ${index} ${block === inside}`, tables.entry, FORGED, forged, []);
    }
  }
}

/** Out: this client has that address now. */
export function permuteFlow(
  tables: Tables,
  edge: EdgeSides,
  inside: Uint8Array,
  outside: Uint8Array,
): WantedFlow {
  const mask = prefixMask(inside.length, inside.length * 8);
  const match = blockMatch(
    { family: inside.length === 4 ? 4 : 6, address: inside, length: mask.length * 8 },
    'source',
  );
  const field = outside.length === 4 ? { ipv4Src: ipv4Number(outside) } : { ipv6Src: outside };
  return {
    tableId: tables.permute,
    priority: CLIENT,
    match,
    instructions: rewritten(tables, { type: 'set-field', field }, edge.outside, outside),
  };
}

/** Back: that address is, or was, this client's. */
export function restoreFlow(
  tables: Tables,
  edge: EdgeSides,
  inside: Uint8Array,
  outside: Uint8Array,
): WantedFlow {
  const field = inside.length === 4 ? { ipv4Dst: ipv4Number(inside) } : { ipv6Dst: inside };
  return {
    tableId: tables.restore,
    priority: CLIENT,
    match: hostMatch(outside),
    instructions: rewritten(tables, { type: 'set-field', field }, edge.inside, inside),
  };
}

/** Changes an address of the packet and sends it on to the next router of that side. */
function rewritten(tables: Tables, change: Action, side: OutsidePort, address: Uint8Array): Instruction[] {
  const [leave, ...more] = leaveBy(tables, side, address.length === 4 ? 4 : 6);
  if (leave?.type !== 'apply-actions') return [];
  return [apply([change, ...(leave.actions as Action[])]), ...more];
}
