/**
 * The flows of an edge switch that rewrites addresses by itself (3.4): the source of what leaves, by the permutation of this
 * epoch, and the destination of what comes back, by those of all epochs in force.
 */
import { parseMac } from '../../../controller/address/index.js';
import type { Action, Instruction, WantedFlow } from '../../../controller/switch/index.js';
import { type AddressPrefix, ipv4Number, parseAddress, prefixMask } from '../address-prefix.js';
import { respondWith } from '../neighbours/responder-flows.js';
import { solicitationFor } from '../routes/entry-flows.js';
import type { FlowSet } from '../routes/flow-set.js';
import { blockMatch, hostMatch } from '../routes/matches.js';
import { apply, goto, type Tables } from '../routes/pipeline.js';
import type { PermutingEdge } from './config.js';

type Side = PermutingEdge['inside'];

const QUESTION = 300;
const FORGED = 290;
const KNOWN = 280;
const REST = 270;
const CLIENT = 200;

export interface PrefixPair {
  readonly inside: AddressPrefix;
  readonly outside: AddressPrefix;
}

/** What does not depend on the epoch. */
export function edgeFlows(
  tables: Tables,
  edge: PermutingEdge,
  pairs: readonly PrefixPair[],
  flows: FlowSet,
): void {
  for (const side of ['inside', 'outside'] as const) {
    const { port, mac, addresses } = edge[side];
    const answer: Instruction[] = [apply([respondWith(parseMac(mac))]), goto(tables.respond)];
    for (const [index, text] of addresses.entries()) {
      const question = { inPort: port, ...solicitationFor(parseAddress(text)!) };
      flows.add(`${side} neighbour ${index}`, tables.entry, QUESTION, question, answer);
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
  edge: PermutingEdge,
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
    instructions: [apply([{ type: 'set-field', field }, ...leaveBy(edge.outside)])],
  };
}

/** Back: that address is, or was, this client's. */
export function restoreFlow(
  tables: Tables,
  edge: PermutingEdge,
  inside: Uint8Array,
  outside: Uint8Array,
): WantedFlow {
  const field = inside.length === 4 ? { ipv4Dst: ipv4Number(inside) } : { ipv6Dst: inside };
  return {
    tableId: tables.restore,
    priority: CLIENT,
    match: hostMatch(outside),
    instructions: [apply([{ type: 'set-field', field }, ...leaveBy(edge.inside)])],
  };
}

function leaveBy({ mac, nextHop, port }: Side): Action[] {
  return [
    { type: 'dec-nw-ttl' },
    { type: 'set-field', field: { ethSrc: mac } },
    { type: 'set-field', field: { ethDst: nextHop } },
    { type: 'output', port },
  ];
}
