/** Enumerations of the core protocol. Those that a switch fills in are open. */
import { enumeration } from './dsl.js';

export const coreEnumerations = [
  enumeration(
    'FlowModCommand',
    8,
    { section: '7.3.4.1' },
    {
      add: 0,
      modify: 1,
      'modify-strict': 2,
      delete: 3,
      'delete-strict': 4,
    },
  ),
  enumeration('GroupModCommand', 16, { section: '7.3.4.2' }, { add: 0, modify: 1, delete: 2 }),
  enumeration('GroupType', 8, { section: '7.3.4.2' }, { all: 0, select: 1, indirect: 2, ff: 3 }),
  enumeration('MeterModCommand', 16, { section: '7.3.4.4' }, { add: 0, modify: 1, delete: 2 }),
  enumeration('ControllerRole', 32, { section: '7.3.9' }, { nochange: 0, equal: 1, master: 2, slave: 3 }),
  enumeration(
    'PacketInReason',
    8,
    { section: '7.4.1', open: true },
    {
      'no-match': 0,
      action: 1,
      'invalid-ttl': 2,
    },
  ),
  enumeration(
    'FlowRemovedReason',
    8,
    { section: '7.4.2', open: true },
    {
      'idle-timeout': 0,
      'hard-timeout': 1,
      delete: 2,
      'group-delete': 3,
    },
  ),
  enumeration('PortReason', 8, { section: '7.4.3', open: true }, { add: 0, delete: 1, modify: 2 }),
];
