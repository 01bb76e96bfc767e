/** Enumerations and bitmaps of the Nicira extensions. */
import { constants, type Enumeration, enumeration, type FlagSet, flagSet } from '../dsl.js';

const section = 'Open vSwitch nicira-ext.h';

export const niciraConstants = [
  constants(
    'CtState',
    { section: 'Open vSwitch meta-flow.h', doc: 'Bits of ctState.' },
    {
      NEW: 1,
      EST: 2,
      REL: 4,
      RPL: 8,
      INV: 0x10,
      TRK: 0x20,
      SNAT: 0x40,
      DNAT: 0x80,
    },
  ),
  constants(
    'TcpFlags',
    { section: 'RFC 9293, 3.1', doc: 'Bits of tcpFlags.' },
    {
      FIN: 1,
      SYN: 2,
      RST: 4,
      PSH: 8,
      ACK: 0x10,
      URG: 0x20,
      ECE: 0x40,
      CWR: 0x80,
    },
  ),
];

export const niciraEnumerations: readonly Enumeration[] = [
  enumeration(
    'NxHashFields',
    16,
    { section },
    {
      'eth-src': 0,
      'symmetric-l4': 1,
      'symmetric-l3l4': 2,
      'symmetric-l3l4-udp': 3,
      'nw-src': 4,
      'nw-dst': 5,
      'symmetric-l3': 6,
    },
  ),
  enumeration(
    'NxMultipathAlgorithm',
    16,
    { section: 'Open vSwitch ofp-actions.h' },
    {
      'modulo-n': 0,
      'hash-threshold': 1,
      hrw: 2,
      'iter-hash': 3,
    },
  ),
  enumeration(
    'NxBundleAlgorithm',
    16,
    { section: 'Open vSwitch ofp-actions.h' },
    { 'active-backup': 0, hrw: 1 },
  ),
  enumeration(
    'NxSampleDirection',
    8,
    { section: 'Open vSwitch ofp-actions.h' },
    { default: 0, ingress: 1, egress: 2 },
  ),
  enumeration('NxRole', 32, { section }, { other: 0, primary: 1, secondary: 2 }),
  enumeration('NxPacketInFormat', 32, { section }, { standard: 0, 'nxt-packet-in': 1, 'nxt-packet-in2': 2 }),
  enumeration('NxTlvTableModCommand', 16, { section }, { add: 0, delete: 1, clear: 2 }),
  enumeration(
    'FlowUpdateReason',
    16,
    { section: 'ONF EXT-187', open: true },
    {
      'idle-timeout': 0,
      'hard-timeout': 1,
      delete: 2,
      'group-delete': 3,
    },
  ),
];

export const niciraFlagSets: readonly FlagSet[] = [
  flagSet(
    'NxLearnFlags',
    16,
    { section: 'Open vSwitch ofp-actions.h' },
    {
      'send-flow-rem': 1,
      'delete-learned': 2,
      'write-result': 4,
    },
  ),
  flagSet('NxCtFlags', 16, { section: 'Open vSwitch ofp-actions.h' }, { commit: 1, force: 2 }),
  flagSet(
    'NxNatFlags',
    16,
    { section: 'Open vSwitch ofp-actions.h' },
    {
      src: 1,
      dst: 2,
      persistent: 4,
      'proto-hash': 8,
      'proto-random': 0x10,
    },
  ),
  flagSet(
    'FlowMonitorFlags',
    16,
    { section: 'ONF EXT-187' },
    {
      initial: 1,
      add: 2,
      delete: 4,
      modify: 8,
      actions: 0x10,
      own: 0x20,
    },
  ),
];
