import type { ActualState } from './actual-state.js';
import {
  type Change,
  flowChange,
  flowRemoval,
  groupChange,
  groupRemoval,
  meterChange,
  meterRemoval,
  orderChanges,
  ownerRemoval,
} from './change.js';
import { ownerOfGroup } from './cookie.js';
import type { InstalledFlow, SwitchWants } from './switch-wants.js';

/** What to do with flows that are not cloakflow's: nothing, or remove them. */
export type ForeignFlows = 'keep' | 'remove';

export interface Comparison {
  /** In the order in which they are to be sent. Empty when the switch is as wanted. */
  changes: Change[];
  /** Unwanted flows that stay until their owner has stated everything. */
  leftovers: Map<number, Map<string, InstalledFlow>>;
}

/**
 * The difference between what a switch has and what is wanted. Flows that are right are not touched. Flows,
 * short-lived ones too, of owners that are not configured go at once by one message for each owner; a
 * short-lived flow goes when its table is no longer its owner's.
 */
export function compare(wants: SwitchWants, actual: ActualState, foreign: ForeignFlows): Comparison {
  const changes: (Change | undefined)[] = [];
  const leftovers = new Map<number, Map<string, InstalledFlow>>();
  const unknownOwners = new Set<number>();

  for (const [identity, entry] of wants.flows) {
    changes.push(flowChange(entry, actual.flows.get(identity)?.form));
  }
  for (const [identity, { form, flow, owner }] of actual.flows) {
    if (wants.flows.has(identity)) continue;
    if (owner === undefined) {
      if (foreign === 'remove') changes.push(flowRemoval(flow));
      continue;
    }
    const state = wants.find(owner);
    if (state === undefined) {
      unknownOwners.add(owner);
    } else if (state.isSettled || !state.owner.tables.has(flow.tableId)) {
      changes.push(flowRemoval(flow));
    } else {
      let own = leftovers.get(owner);
      if (own === undefined) {
        own = new Map();
        leftovers.set(owner, own);
      }
      own.set(identity, { form, flow });
    }
  }
  for (const [owner, flows] of actual.shortLived) {
    const state = wants.find(owner);
    if (state === undefined) unknownOwners.add(owner);
    else {
      for (const flow of flows) {
        if (!state.owner.tables.has(flow.tableId)) changes.push(flowRemoval(flow));
      }
    }
  }
  for (const owner of unknownOwners) changes.push(ownerRemoval(owner));

  for (const [groupId, entry] of wants.groups) changes.push(groupChange(entry, actual.groups.get(groupId)));
  for (const groupId of actual.groups.keys()) {
    if (wants.groups.has(groupId)) continue;
    const owner = ownerOfGroup(groupId);
    const state = wants.find(owner);
    // Groups have no cookie: one of an owner without flows here may be somebody else's.
    const isOurs = state !== undefined || unknownOwners.has(owner);
    if (isOurs ? (state?.isSettled ?? true) : foreign === 'remove') changes.push(groupRemoval(groupId));
  }
  for (const [meterId, entry] of wants.meters) changes.push(meterChange(entry, actual.meters.get(meterId)));
  for (const meterId of actual.meters.keys()) {
    if (!wants.meters.has(meterId)) changes.push(meterRemoval(meterId));
  }
  return { changes: orderChanges(changes.filter(change => change !== undefined)), leftovers };
}
