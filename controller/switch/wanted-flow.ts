import type { Bucket, FlowMod, FlowModFlag, GroupMod, Instruction, Match, MeterMod } from './types.js';

/** A flow as an app wants it: there as long as it is wanted, without timeouts. */
export interface WantedFlow {
  tableId: number;
  /** 0..65535; default 0x8000. */
  priority?: number;
  /** Default: every packet. */
  match?: Match;
  /** Default: drop. */
  instructions?: readonly Instruction[];
  /** The owner's own part of the cookie, 31 bits; default 0. */
  cookie?: number;
  flags?: readonly FlowModFlag[];
}

/** A group as an app wants it. */
export interface WantedGroup {
  groupType: GroupMod['groupType'];
  buckets: readonly Bucket[];
}

/** A meter as an app wants it. */
export interface WantedMeter {
  flags: NonNullable<MeterMod['flags']>;
  bands: NonNullable<MeterMod['bands']>;
}

/** Whose flows they are, and where they may be. */
export interface Owner {
  /** The number in cookies and group ids. */
  readonly number: number;
  /** An app's instance name, or `host`. */
  readonly name: string;
  /** Tables that the owner may state flows in. */
  readonly tables: ReadonlySet<number>;
  /** Told of everything that the switch refused. */
  refused?(refusal: Refusal): void;
}

/** A flow, group or meter that a switch did not take; everything else is installed. */
export interface Refusal {
  readonly switchId: string;
  readonly kind: 'flow' | 'group' | 'meter';
  /** The key under which it was stated. */
  readonly key: string;
  /** OpenflowReplyError: the switch said no. SessionError: it is not known whether it did. */
  readonly error: Error;
}

/** The whole flow-mod that installs a wanted flow. */
export function flowModOf(flow: WantedFlow, cookie: bigint): FlowMod {
  return {
    type: 'flow-mod',
    command: 'add',
    cookie,
    tableId: flow.tableId,
    priority: flow.priority ?? 0x8000,
    match: flow.match ?? {},
    instructions: [...(flow.instructions ?? [])],
    flags: [...(flow.flags ?? [])],
  } as FlowMod;
}
