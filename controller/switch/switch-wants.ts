import { BodyFormer } from './body-form.js';
import {
  type Change,
  type FlowEntry,
  flowChange,
  flowRemoval,
  type GroupEntry,
  groupChange,
  groupRemoval,
  type MeterEntry,
  meterChange,
  meterRemoval,
  orderChanges,
  ownerRemoval,
  shortLivedRemoval,
} from './change.js';
import { ownerOfCookie } from './cookie.js';
import { type FlowForm, FlowFormer } from './flow-form.js';
import { KeyedNumbers } from './keyed-numbers.js';
import { SwitchError } from './switch-error.js';
import type { FlowMod, GroupMod, MeterMod } from './types.js';
import type { Owner, WantedFlow, WantedGroup, WantedMeter } from './wanted-flow.js';
import { WantedState } from './wanted-state.js';

/** Meters of cloakflow: OpenFlow gives meters no cookie, so their numbers say whose they are. */
export const FIRST_METER = 0xc000;
export const LAST_METER = 0xcfff;

const former = new FlowFormer();
const bodyFormer = new BodyFormer();

/** A flow that the switch has. */
export interface InstalledFlow {
  readonly form: FlowForm;
  readonly flow: Pick<FlowMod, 'tableId' | 'priority' | 'match' | 'cookie'>;
}

/**
 * Everything that all owners want on one switch, and what of it the switch has not been told yet. Knows nothing of
 * connections.
 */
export class SwitchWants {
  readonly flows = new Map<string, FlowEntry>();
  readonly groups = new Map<number, GroupEntry>();
  readonly meters = new Map<number, MeterEntry>();
  /** Shared by all switches: they keep nothing from one call to the next but a buffer. */
  readonly former = former;
  readonly bodyFormer = bodyFormer;
  private readonly states = new Map<number, WantedState>();
  private readonly meterNumbers = new KeyedNumbers(FIRST_METER, LAST_METER);
  private readonly leftovers = new Map<number, Map<string, InstalledFlow>>();
  /** What the switch had before the changes that it has not been told yet, by identity or number. */
  private readonly toldFlows = new Map<string, InstalledFlow | undefined>();
  private readonly toldGroups = new Map<number, string | undefined>();
  private readonly toldMeters = new Map<number, string | undefined>();
  private readonly removals: Change[] = [];
  private readonly changed: () => void;

  /** `changed` is called when there is something to tell the switch. */
  constructor(changed: () => void) {
    this.changed = changed;
  }

  /** The state of `owner`, which keeps its statements when a new instance of the owner asks for it. */
  stateOf(owner: Owner): WantedState {
    let state = this.states.get(owner.number);
    if (state === undefined) {
      state = new WantedState(owner, this);
      this.states.set(owner.number, state);
    }
    state.owner = owner;
    return state;
  }

  /** The state of the owner with that number, if it has one. */
  find(ownerNumber: number): WantedState | undefined {
    return this.states.get(ownerNumber);
  }

  /** Forgets an owner; everything of it is removed from the switch, short-lived flows included. */
  removeOwner(ownerNumber: number): void {
    this.states.get(ownerNumber)?.clear();
    this.states.delete(ownerNumber);
    this.leftovers.delete(ownerNumber);
    for (const [identity, before] of this.toldFlows) {
      if (before !== undefined && ownerOfCookie(BigInt(before.flow.cookie ?? 0)) === ownerNumber) {
        this.toldFlows.delete(identity);
      }
    }
    this.removals.push({ ...ownerRemoval(ownerNumber), isFirst: true });
    this.changed();
  }

  /** Short-lived flows of an owner must leave a table that is not the owner's any more. */
  removeShortLived(ownerNumber: number, tableId: number): void {
    this.removals.push(shortLivedRemoval(ownerNumber, tableId));
    this.changed();
  }

  /** Table, priority and match of a flow as one text. Throws the OpenflowError of one that cannot be encoded. */
  identityOf(flow: WantedFlow): string {
    return this.former.form(flow).identity;
  }

  /** Returns the identity under which the flow is known. `previous` is the identity that the key had before. */
  setFlow(state: WantedState, key: string, message: FlowMod, previous: string | undefined): string {
    const form = this.former.form(message);
    const { identity } = form;
    const holder = this.flows.get(identity);
    const isMine = holder === undefined || (holder.state === state && holder.key === key);
    if (!isMine && !holder.state.surrender(holder.key)) {
      throw new SwitchError(
        'duplicate-flow',
        `"${key}" of "${state.owner.name}" has table, priority and match of "${holder.key}" of "${holder.state.owner.name}".`,
        { mend: 'Give one of them another priority.' },
      );
    }
    if (previous !== undefined && previous !== identity) this.removeFlow(previous);
    const same =
      holder !== undefined &&
      holder.form.terms === form.terms &&
      holder.form.instructions === form.instructions;
    if (same) {
      this.flows.set(identity, { state, key, message, form });
      return identity;
    }
    const own = this.leftovers.get(state.owner.number);
    const had = holder === undefined ? own?.get(identity) : { form: holder.form, flow: holder.message };
    own?.delete(identity);
    if (!this.toldFlows.has(identity)) this.toldFlows.set(identity, had);
    this.flows.set(identity, { state, key, message, form });
    this.changed();
    return identity;
  }

  removeFlow(identity: string): void {
    const entry = this.flows.get(identity);
    if (entry === undefined) return;
    if (!this.toldFlows.has(identity)) {
      this.toldFlows.set(identity, { form: entry.form, flow: entry.message });
    }
    this.flows.delete(identity);
    this.changed();
  }

  setGroup(state: WantedState, key: string, groupId: number, group: WantedGroup): void {
    const form = this.bodyFormer.group(group.groupType, [...group.buckets] as GroupMod['buckets']);
    const before = this.groups.get(groupId)?.form;
    if (before === form) return;
    if (!this.toldGroups.has(groupId)) this.toldGroups.set(groupId, before);
    const { groupType, buckets } = group;
    const message = {
      type: 'group-mod',
      command: 'add',
      groupType,
      groupId,
      buckets: [...buckets],
    } as GroupMod;
    this.groups.set(groupId, { state, key, message, form });
    this.changed();
  }

  removeGroup(groupId: number): void {
    const entry = this.groups.get(groupId);
    if (entry === undefined) return;
    if (!this.toldGroups.has(groupId)) this.toldGroups.set(groupId, entry.form);
    this.groups.delete(groupId);
    this.changed();
  }

  /** Returns the number of the meter. */
  setMeter(state: WantedState, key: string, meter: WantedMeter): number {
    const form = this.bodyFormer.meter([...meter.flags], [...meter.bands]);
    const meterId = this.meterNumbers.take(`${state.owner.name}/${key}`);
    if (meterId === undefined) {
      throw new SwitchError(
        'too-many-meters',
        `More than ${LAST_METER - FIRST_METER + 1} meters are wanted.`,
      );
    }
    const before = this.meters.get(meterId)?.form;
    if (before === form) return meterId;
    if (!this.toldMeters.has(meterId)) this.toldMeters.set(meterId, before);
    const { flags, bands } = meter;
    const message = {
      type: 'meter-mod',
      command: 'add',
      flags: [...flags],
      meterId,
      bands: [...bands],
    } as MeterMod;
    this.meters.set(meterId, { state, key, message, form });
    this.changed();
    return meterId;
  }

  removeMeter(state: WantedState, key: string): void {
    const name = `${state.owner.name}/${key}`;
    const meterId = this.meterNumbers.take(name)!;
    this.meterNumbers.give(name);
    const before = this.meters.get(meterId)?.form;
    if (!this.toldMeters.has(meterId)) this.toldMeters.set(meterId, before);
    this.meters.delete(meterId);
    this.changed();
  }

  /** Keeps flows that the switch has of owners that have not stated everything; replaces those kept before. */
  setLeftovers(leftovers: ReadonlyMap<number, Map<string, InstalledFlow>>): void {
    this.leftovers.clear();
    for (const [owner, flows] of leftovers) this.leftovers.set(owner, flows);
  }

  removeLeftovers(ownerNumber: number): void {
    const flows = this.leftovers.get(ownerNumber);
    if (flows === undefined) return;
    this.leftovers.delete(ownerNumber);
    for (const [identity, { flow }] of flows) {
      if (!this.flows.has(identity)) this.removals.push(flowRemoval(flow));
    }
    if (flows.size > 0) this.changed();
  }

  /** The messages that tell the switch what changed since the last call. */
  takeChanges(): Change[] {
    const changes: (Change | undefined)[] = [];
    for (const [meterId, before] of this.toldMeters) {
      const now = this.meters.get(meterId);
      if (now !== undefined) changes.push(meterChange(now, before));
      else if (before !== undefined) changes.push(meterRemoval(meterId));
    }
    for (const [groupId, before] of this.toldGroups) {
      const now = this.groups.get(groupId);
      if (now !== undefined) changes.push(groupChange(now, before));
      else if (before !== undefined) changes.push(groupRemoval(groupId));
    }
    for (const [identity, before] of this.toldFlows) {
      const now = this.flows.get(identity);
      if (now !== undefined) changes.push(flowChange(now, before?.form));
      else if (before !== undefined) changes.push(flowRemoval(before.flow));
    }
    changes.push(...this.removals);
    this.forgetChanges();
    return orderChanges(changes.filter(change => change !== undefined));
  }

  /** Whether there may be something to tell. */
  get hasChanges(): boolean {
    const { toldFlows, toldGroups, toldMeters, removals } = this;
    return toldFlows.size + toldGroups.size + toldMeters.size + removals.length > 0;
  }

  /** Nothing is left to tell: the switch is compared as a whole. */
  forgetChanges(): void {
    this.toldMeters.clear();
    this.toldGroups.clear();
    this.toldFlows.clear();
    this.removals.length = 0;
  }
}
