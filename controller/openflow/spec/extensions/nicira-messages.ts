/** The messages that Open vSwitch adds, their properties, and its multipart bodies. */
import {
  align,
  bytes,
  experimenterVariant,
  type Field,
  flags,
  ipv6,
  lengthOf,
  list,
  named,
  oxms,
  pad,
  structure,
  type Union,
  u8,
  u16,
  u32,
  u64,
  union,
  type Variant,
  variant,
} from '../dsl.js';
import { NICIRA } from './experimenters.js';

const section = 'Open vSwitch nicira-ext.h';

const nicira = (subtype: number, tag: string, fields: readonly Field[] = []): Variant =>
  experimenterVariant(tag, { id: NICIRA, subtype }, { section }, fields);

const roleFields: readonly Field[] = [named('role', 'NxRole')];

export const niciraMessages: readonly Variant[] = [
  nicira(10, 'nx-role-request', roleFields),
  nicira(11, 'nx-role-reply', roleFields),
  nicira(15, 'nx-flow-mod-table-id', [
    u8('set', { doc: '1: the upper byte of the command is a table.' }),
    pad(7),
  ]),
  nicira(16, 'nx-set-packet-in-format', [named('format', 'NxPacketInFormat')]),
  nicira(17, 'nx-packet-in', [
    u32('bufferId', { default: 0xffffffff }),
    u16('totalLen', { doc: 'Bytes of the frame, of which data may hold only the first.' }),
    named('reason', 'PacketInReason'),
    u8('tableId', { default: 0 }),
    u64('cookie', { default: 0xffff_ffff_ffff_ffffn }),
    lengthOf('match'),
    pad(6),
    oxms('match'),
    align(8),
    pad(2),
    bytes('data', { default: '' }),
  ]),
  nicira(18, 'nx-flow-age'),
  nicira(19, 'nx-set-async-config', [
    flags('packetInMaskMaster', 'PacketInReasons'),
    flags('packetInMaskSlave', 'PacketInReasons'),
    flags('portStatusMaskMaster', 'PortReasons'),
    flags('portStatusMaskSlave', 'PortReasons'),
    flags('flowRemovedMaskMaster', 'FlowRemovedReasons'),
    flags('flowRemovedMaskSlave', 'FlowRemovedReasons'),
  ]),
  nicira(20, 'nx-set-controller-id', [pad(6), u16('controllerId')]),
  nicira(21, 'nx-flow-monitor-cancel', [u32('id')]),
  nicira(22, 'nx-flow-monitor-paused'),
  nicira(23, 'nx-flow-monitor-resumed'),
  nicira(24, 'nx-tlv-table-mod', [
    named('command', 'NxTlvTableModCommand'),
    pad(6),
    list('maps', 'NxTlvMap', { default: [] }),
  ]),
  nicira(25, 'nx-tlv-table-request'),
  nicira(26, 'nx-tlv-table-reply', [
    u32('maxOptionSpace'),
    u16('maxFields'),
    pad(10),
    list('maps', 'NxTlvMap', { default: [] }),
  ]),
  nicira(27, 'nx-set-async-config2', [list('properties', 'AsyncProperty', { default: [] })]),
  nicira(28, 'nx-resume', [list('properties', 'NxPacketInProperty', { default: [] })]),
  nicira(29, 'nx-ct-flush-zone', [pad(6), u16('zoneId')]),
  nicira(30, 'nx-packet-in2', [list('properties', 'NxPacketInProperty', { default: [] })]),
  nicira(32, 'nx-ct-flush', [
    u8('ipProto', { default: 0 }),
    pad(7),
    list('properties', 'NxCtFlushProperty', { default: [] }),
  ]),
];

export const niciraStructures = [
  structure('NxTlvMap', { section }, [
    u16('optionClass'),
    u8('optionType'),
    u8('optionLen', { doc: 'Bytes, a multiple of 4.' }),
    u16('index', { doc: 'n of tunMetadata<n>.' }),
    pad(2),
  ]),
  structure('NxIpfixStats', { section }, [
    u64('totalFlows'),
    u64('currentFlows'),
    u64('pkts'),
    u64('ipv4Pkts'),
    u64('ipv6Pkts'),
    u64('errorPkts'),
    u64('ipv4ErrorPkts'),
    u64('ipv6ErrorPkts'),
    u64('txPkts'),
    u64('txErrors'),
    u32('collectorSetId'),
    pad(4),
  ]),
];

const tlv = { kind: 'tlv', padding: 'uncounted' } as const;

const properties = (name: string, variants: readonly Variant[]): Union =>
  union(name, { section, suffix: name, frame: tlv, open: true }, variants);
const property = (code: number, tag: string, fields: readonly Field[]): Variant =>
  variant(tag, code, { section }, fields);

export const niciraProperties: readonly Union[] = [
  properties('NxPacketInProperty', [
    property(0, 'packet', [bytes('packet')]),
    property(1, 'full-len', [
      u32('fullLen', { doc: 'Bytes of the frame, of which packet has only the first.' }),
    ]),
    property(2, 'buffer-id', [u32('bufferId')]),
    property(3, 'table-id', [u8('tableId')]),
    property(4, 'cookie', [pad(4), u64('cookie')]),
    property(5, 'reason', [named('reason', 'PacketInReason')]),
    property(6, 'metadata', [oxms('match')]),
    property(7, 'userdata', [bytes('userdata', { doc: 'What the nx-controller2 action said.' })]),
    property(8, 'continuation', [pad(4), bytes('data', { doc: 'For nx-resume; private to the switch.' })]),
  ]),
  properties('NxCtFlushProperty', [
    property(0, 'orig-tuple', [pad(4), list('tuple', 'NxCtTupleProperty')]),
    property(1, 'reply-tuple', [pad(4), list('tuple', 'NxCtTupleProperty')]),
    property(2, 'zone-id', [u16('zoneId'), pad(2)]),
  ]),
  properties('NxCtTupleProperty', [
    property(0, 'src', [ipv6('address', { doc: 'An IPv4 address is mapped: ::ffff:a.b.c.d.' })]),
    property(1, 'dst', [ipv6('address', { doc: 'An IPv4 address is mapped: ::ffff:a.b.c.d.' })]),
    property(2, 'src-port', [u16('port'), pad(2)]),
    property(3, 'dst-port', [u16('port'), pad(2)]),
    property(4, 'icmp-id', [u16('icmpId'), pad(2)]),
    property(5, 'icmp-type', [u8('icmpType')]),
    property(6, 'icmp-code', [u8('icmpCode')]),
  ]),
  union(
    'AsyncProperty',
    {
      section: 'OpenFlow 1.4.1, asynchronous configuration',
      suffix: 'AsyncProperty',
      frame: tlv,
      open: true,
    },
    [
      property(0, 'packet-in-slave', [flags('mask', 'PacketInReasons')]),
      property(1, 'packet-in-master', [flags('mask', 'PacketInReasons')]),
      property(2, 'port-status-slave', [flags('mask', 'PortReasons')]),
      property(3, 'port-status-master', [flags('mask', 'PortReasons')]),
      property(4, 'flow-removed-slave', [flags('mask', 'FlowRemovedReasons')]),
      property(5, 'flow-removed-master', [flags('mask', 'FlowRemovedReasons')]),
      property(6, 'role-status-slave', [u32('mask')]),
      property(7, 'role-status-master', [u32('mask')]),
      property(8, 'table-status-slave', [u32('mask')]),
      property(9, 'table-status-master', [u32('mask')]),
      property(10, 'requestforward-slave', [u32('mask')]),
      property(11, 'requestforward-master', [u32('mask')]),
    ],
  ),
];

export const niciraRequestBodies: readonly Variant[] = [
  nicira(2, 'nx-flow-monitor', [list('monitors', 'NxFlowMonitorRequest', { default: [] })]),
  nicira(3, 'nx-ipfix-bridge'),
  nicira(4, 'nx-ipfix-flow'),
];

export const niciraReplyBodies: readonly Variant[] = [
  nicira(2, 'nx-flow-monitor', [list('updates', 'NxFlowUpdate', { default: [] })]),
  nicira(3, 'nx-ipfix-bridge', [list('stats', 'NxIpfixStats', { default: [] })]),
  nicira(4, 'nx-ipfix-flow', [list('stats', 'NxIpfixStats', { default: [] })]),
];
