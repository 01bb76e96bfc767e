/** Flow monitors: Nicira's, with a bare NXM match and actions, and ONF's, with ofp_match and instructions. */
import {
  align,
  type Field,
  flags,
  lengthOf,
  list,
  match,
  named,
  oxms,
  pad,
  structure,
  u8,
  u16,
  u32,
  u64,
  union,
  type Variant,
  variant,
} from '../dsl.js';

const NX = 'Open vSwitch nicira-ext.h';
const EXT = 'ONF EXT-187';

export const flowMonitorStructures = [
  structure('NxFlowMonitorRequest', { section: NX }, [
    u32('id'),
    flags('flags', 'FlowMonitorFlags'),
    u16('outPort', { default: 0xffff, doc: '16 bits wide; NONE is 0xffff.' }),
    lengthOf('match'),
    u8('tableId', { default: 0xff }),
    pad(5),
    oxms('match'),
    align(8),
  ]),
  structure('OnfFlowMonitorRequest', { section: EXT }, [
    u32('id'),
    flags('flags', 'FlowMonitorFlags'),
    lengthOf('match'),
    u32('outPort', { default: 0xffffffff }),
    u8('tableId', { default: 0xff }),
    pad(3),
    match(),
  ]),
];

const update: readonly Field[] = [
  named('reason', 'FlowUpdateReason', { default: 'idle-timeout', doc: 'Of a deleted flow; else 0.' }),
  u16('priority'),
  u16('idleTimeout', { default: 0, doc: 'seconds' }),
  u16('hardTimeout', { default: 0, doc: 'seconds' }),
  lengthOf('match'),
  u8('tableId', { default: 0 }),
  pad(1),
  u64('cookie', { default: 0 }),
];
const nxUpdate: readonly Field[] = [
  ...update,
  oxms('match'),
  align(8),
  list('actions', 'Action', { default: [] }),
];
const onfUpdate: readonly Field[] = [
  ...update,
  match(),
  list('instructions', 'Instruction', { default: [] }),
];

const events = (section: string, full: readonly Field[]): Variant[] => [
  variant('added', 0, { section }, full),
  variant('deleted', 1, { section }, full),
  variant('modified', 2, { section }, full),
  variant('abbrev', 3, { section, doc: 'Own change, told by its transaction id.' }, [u32('xid')]),
];

const frame = { kind: 'tlv', padding: 'none', lengthFirst: true } as const;

export const flowMonitorUnions = [
  union('NxFlowUpdate', { section: NX, suffix: 'NxFlowUpdate', frame }, events(NX, nxUpdate)),
  union('OnfFlowUpdate', { section: EXT, suffix: 'OnfFlowUpdate', frame }, events(EXT, onfUpdate)),
];
