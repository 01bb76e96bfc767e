import { cookieOf, OWNER_MASK, SHORT_LIVED, shortLivedCookieOf } from './cookie.js';
import type { FlowForm } from './flow-form.js';
import type { FlowMod, GroupMod, MeterMod } from './types.js';
import type { WantedState } from './wanted-state.js';

/** A wanted thing: whose it is, under which key, the message that installs it, and its comparable form. */
export interface Entry<Message, Form> {
  readonly state: WantedState;
  readonly key: string;
  readonly message: Message;
  readonly form: Form;
}

export type FlowEntry = Entry<FlowMod, FlowForm>;
export type GroupEntry = Entry<GroupMod, string>;
export type MeterEntry = Entry<MeterMod, string>;

/** One message that brings a switch nearer to what is wanted. */
export interface Change {
  readonly message: FlowMod | GroupMod | MeterMod;
  readonly kind: 'flow' | 'group' | 'meter';
  readonly effect: 'added' | 'changed' | 'removed';
  /** The wanted thing that is missing when the switch refuses the message; absent for removals. */
  readonly entry: Entry<unknown, unknown> | undefined;
  /** Comes before everything else, since what is stated after it must stay. */
  readonly isFirst?: boolean;
}

/**
 * Sorts changes so that nothing is missing in between: meters and groups come before the flows that use them
 * and go after them, and new flows come before old ones go.
 */
export function orderChanges(changes: Change[]): Change[] {
  return changes.sort((a, b) => rank(a) - rank(b));
}

function rank({ kind, effect, isFirst }: Change): number {
  if (isFirst) return 0;
  if (effect === 'removed') return kind === 'flow' ? 4 : kind === 'group' ? 5 : 6;
  return kind === 'meter' ? 1 : kind === 'group' ? 2 : 3;
}

/** How a flow comes from what the switch has (`before`) to what is wanted (`now`); undefined when it is right. */
export function flowChange(now: FlowEntry, before: FlowForm | undefined): Change | undefined {
  const { message, form } = now;
  if (before === undefined) return { message, kind: 'flow', effect: 'added', entry: now };
  if (before.terms !== form.terms) {
    // An add takes the place of the old flow at once and keeps its counters (section 7.3.4.1).
    return { message, kind: 'flow', effect: 'changed', entry: now };
  }
  if (before.instructions === form.instructions) return undefined;
  return { message: { ...message, command: 'modify-strict' }, kind: 'flow', effect: 'changed', entry: now };
}

/**
 * All bits of a cookie but the last. Asked for all of them, Open vSwitch goes through every flow that has the cookie (its
 * `collect_rules_strict`), and ten thousand may: removing them all would take it minutes.
 */
const COOKIE_MASK = 0xffff_ffff_ffff_fffen;

/** Removes the one flow of that table, priority and match, and only while it has that cookie. */
export function flowRemoval(flow: Pick<FlowMod, 'tableId' | 'priority' | 'match' | 'cookie'>): Change {
  const { tableId, priority, match, cookie } = flow;
  const message = {
    type: 'flow-mod',
    command: 'delete-strict',
    tableId,
    priority,
    match,
    cookie,
    cookieMask: COOKIE_MASK,
  } as FlowMod;
  return { message, kind: 'flow', effect: 'removed', entry: undefined };
}

const ALL_TABLES = 0xff;

/** Removes every flow of an owner from all tables. */
export function ownerRemoval(owner: number): Change {
  const message = {
    type: 'flow-mod',
    command: 'delete',
    tableId: ALL_TABLES,
    cookie: cookieOf(owner),
    cookieMask: OWNER_MASK,
  } as FlowMod;
  return { message, kind: 'flow', effect: 'removed', entry: undefined };
}

/** Removes the short-lived flows of an owner from one table. */
export function shortLivedRemoval(owner: number, tableId: number): Change {
  const message = {
    type: 'flow-mod',
    command: 'delete',
    tableId,
    cookie: shortLivedCookieOf(owner),
    cookieMask: OWNER_MASK | BigInt(SHORT_LIVED),
  } as FlowMod;
  return { message, kind: 'flow', effect: 'removed', entry: undefined };
}

export function groupChange(now: GroupEntry, before: string | undefined): Change | undefined {
  if (before === now.form) return undefined;
  if (before === undefined) return { message: now.message, kind: 'group', effect: 'added', entry: now };
  return { message: { ...now.message, command: 'modify' }, kind: 'group', effect: 'changed', entry: now };
}

export function groupRemoval(groupId: number): Change {
  const message = { type: 'group-mod', command: 'delete', groupId } as GroupMod;
  return { message, kind: 'group', effect: 'removed', entry: undefined };
}

export function meterChange(now: MeterEntry, before: string | undefined): Change | undefined {
  if (before === now.form) return undefined;
  if (before === undefined) return { message: now.message, kind: 'meter', effect: 'added', entry: now };
  return { message: { ...now.message, command: 'modify' }, kind: 'meter', effect: 'changed', entry: now };
}

export function meterRemoval(meterId: number): Change {
  const message = { type: 'meter-mod', command: 'delete', meterId, flags: [] } as MeterMod;
  return { message, kind: 'meter', effect: 'removed', entry: undefined };
}
