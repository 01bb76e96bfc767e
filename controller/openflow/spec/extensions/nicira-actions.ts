/** The actions that Open vSwitch adds. A subfield is nBits bits of a field from bit `ofs` (0 is the lowest) upwards. */
import {
  align,
  bytes,
  countOf,
  custom,
  experimenterVariant,
  type Field,
  flags,
  list,
  named,
  oxm,
  oxmHeader,
  packed,
  pad,
  u8,
  u16,
  u32,
  u64,
  union,
  type Variant,
  variant,
  wideOxmHeader,
} from '../dsl.js';
import { NICIRA, ONF } from './experimenters.js';

type Traits = { changesHeaders?: boolean; doc?: string };

const nicira = (subtype: number, tag: string, fields: readonly Field[], traits: Traits = {}): Variant =>
  experimenterVariant(
    tag,
    { id: NICIRA, subtype },
    { section: 'Open vSwitch ofp-actions.c', ...traits },
    fields,
  );

/** `ofs_nbits`: bit offset and number of bits of a subfield. */
const subfield = packed(16, [
  { name: 'ofs', bits: 10, default: 0 },
  { name: 'nBits', bits: 6, bias: 1 },
]);
const sampleFields: readonly Field[] = [
  u16('probability', { doc: 'Of 65535.' }),
  u32('collectorSetId'),
  u32('obsDomainId', { default: 0 }),
  u32('obsPointId', { default: 0 }),
];
const hashFields: readonly Field[] = [named('fields', 'NxHashFields'), u16('basis', { default: 0 })];
const resubmitFields: readonly Field[] = [
  u16('inPort', { default: 0xfff8 }),
  u8('table', { default: 0xff }),
  pad(3),
];
const stackFields: readonly Field[] = [
  u16('offset', { default: 0 }),
  oxmHeader('field'),
  u16('nBits'),
  align(24),
];
const samplingPort: Field = u16('samplingPort', { default: 0xffff, doc: 'NONE is 0xffff.' });
const learnFields: readonly Field[] = [
  u16('idleTimeout', { default: 0, doc: 'seconds' }),
  u16('hardTimeout', { default: 0, doc: 'seconds' }),
  u16('priority', { default: 0x8000 }),
  u64('cookie', { default: 0 }),
  flags('flags', 'NxLearnFlags'),
  u8('tableId', { default: 1 }),
  pad(1),
  u16('finIdleTimeout', { default: 0, doc: 'seconds' }),
  u16('finHardTimeout', { default: 0, doc: 'seconds' }),
];
const learnSpecs = custom('specs', 'nx-learn-specs', {
  default: [],
  doc: 'What the learned flow matches and does: match-field and load-field {nBits, src, srcOfs, dst, dstOfs}, match-value and load-value {nBits, value, dst, dstOfs}, output-field {nBits, src, srcOfs}.',
});
const changesHeaders = true;

export const niciraActions: readonly Variant[] = [
  nicira(1, 'nx-resubmit', [u16('inPort'), pad(4)], { changesHeaders }),
  nicira(2, 'nx-set-tunnel', [pad(2), u32('tunId')]),
  nicira(5, 'nx-pop-queue', [pad(6)]),
  nicira(6, 'nx-reg-move', [
    u16('nBits'),
    u16('srcOfs', { default: 0 }),
    u16('dstOfs', { default: 0 }),
    wideOxmHeader('src'),
    wideOxmHeader('dst'),
    align(8),
  ]),
  nicira(7, 'nx-reg-load', [subfield, oxmHeader('dst'), u64('value')]),
  nicira(8, 'nx-note', [
    bytes('note', { default: '', doc: 'Zeros fill it to 6 bytes more than a multiple of 8.' }),
    align(8),
  ]),
  nicira(9, 'nx-set-tunnel64', [pad(6), u64('tunId')]),
  nicira(10, 'nx-multipath', [
    ...hashFields,
    pad(2),
    named('algorithm', 'NxMultipathAlgorithm'),
    u16('maxLink', { doc: 'The number of links less one.' }),
    u32('arg', { default: 0 }),
    pad(2),
    subfield,
    oxmHeader('dst'),
  ]),
  nicira(12, 'nx-bundle', [
    named('algorithm', 'NxBundleAlgorithm'),
    ...hashFields,
    oxmHeader('memberType', { default: 'nxmInPort' }),
    countOf('members'),
    pad(10),
    list('members', 'u16'),
    align(8),
  ]),
  nicira(13, 'nx-bundle-load', [
    named('algorithm', 'NxBundleAlgorithm'),
    ...hashFields,
    oxmHeader('memberType', { default: 'nxmInPort' }),
    countOf('members'),
    subfield,
    oxmHeader('dst'),
    pad(4),
    list('members', 'u16'),
    align(8),
  ]),
  nicira(14, 'nx-resubmit-table', resubmitFields, { changesHeaders }),
  nicira(15, 'nx-output-reg', [subfield, oxmHeader('src'), u16('maxLen', { default: 0xffff }), pad(6)]),
  nicira(16, 'nx-learn', [...learnFields, learnSpecs, align(8)]),
  nicira(17, 'nx-exit', [pad(6)]),
  nicira(19, 'nx-fin-timeout', [
    u16('finIdleTimeout', { default: 0, doc: 'seconds' }),
    u16('finHardTimeout', { default: 0, doc: 'seconds' }),
    pad(2),
  ]),
  nicira(20, 'nx-controller', [
    u16('maxLen', { default: 0xffff }),
    u16('controllerId', { default: 0 }),
    named('reason', 'PacketInReason', { default: 'action' }),
    pad(1),
  ]),
  nicira(21, 'nx-dec-ttl-cnt-ids', [
    countOf('controllerIds'),
    pad(4),
    list('controllerIds', 'u16'),
    align(8),
  ]),
  nicira(22, 'nx-write-metadata', [
    pad(6),
    u64('metadata'),
    u64('mask', { default: 0xffff_ffff_ffff_ffffn }),
  ]),
  nicira(27, 'nx-stack-push', stackFields),
  nicira(28, 'nx-stack-pop', stackFields),
  nicira(29, 'nx-sample', sampleFields),
  nicira(32, 'nx-output-reg2', [
    subfield,
    u16('maxLen', { default: 0xffff }),
    wideOxmHeader('src'),
    align(24),
  ]),
  nicira(33, 'nx-reg-load2', [oxm('field', { masked: true }), align(8)]),
  nicira(34, 'nx-conjunction', [u8('clause', { doc: 'From 0.' }), u8('nClauses'), u32('id')]),
  nicira(
    35,
    'nx-ct',
    [
      flags('flags', 'NxCtFlags'),
      custom('zone', 'nx-ct-zone', { default: 0, doc: 'A number, or {src, ofs, nBits}.' }),
      u8('recircTable', { default: 0xff, doc: 'Table for the tracked packet; 0xff is none.' }),
      pad(3),
      u16('alg', { default: 0, doc: 'Port of the protocol to follow: 21 is FTP.' }),
      list('actions', 'Action', { default: [] }),
    ],
    { changesHeaders },
  ),
  nicira(36, 'nx-nat', [
    pad(2),
    flags('flags', 'NxNatFlags'),
    custom('range', 'nx-nat-range', {
      default: {},
      doc: 'Any of ipv4Min, ipv4Max, ipv6Min, ipv6Max, protoMin, protoMax.',
    }),
    align(8),
  ]),
  nicira(37, 'nx-controller2', [pad(6), list('properties', 'NxControllerProperty', { default: [] })]),
  nicira(38, 'nx-sample2', [...sampleFields, samplingPort, pad(6)]),
  nicira(39, 'nx-output-trunc', [u16('port'), u32('maxLen')]),
  nicira(41, 'nx-sample3', [
    ...sampleFields,
    samplingPort,
    named('direction', 'NxSampleDirection', { default: 'default' }),
    pad(5),
  ]),
  nicira(42, 'nx-clone', [pad(6), list('actions', 'Action', { default: [] })]),
  nicira(43, 'nx-ct-clear', [pad(6)]),
  nicira(44, 'nx-resubmit-table-ct', resubmitFields, { changesHeaders }),
  nicira(45, 'nx-learn2', [
    ...learnFields,
    u32('limit', { default: 0, doc: 'Most flows to learn; 0 is any number.' }),
    custom('result', 'nx-learn-result', {
      default: null,
      doc: 'Where write-result puts its bit: {dst, ofs}.',
    }),
    learnSpecs,
    align(8),
  ]),
  nicira(
    46,
    'nx-encap',
    [u16('hdrSize', { default: 0 }), u32('newPktType'), bytes('properties', { default: '' }), align(8)],
    { changesHeaders },
  ),
  nicira(47, 'nx-decap', [pad(2), u32('newPktType', { default: 0xfffe })], { changesHeaders }),
  nicira(48, 'nx-dec-nsh-ttl', [pad(6)]),
  nicira(49, 'nx-check-pkt-larger', [
    u16('pktLen'),
    u16('offset', { default: 0 }),
    oxmHeader('dst'),
    align(24),
  ]),
  nicira(50, 'nx-delete-field', [wideOxmHeader('field'), align(24)]),
  experimenterVariant('onf-copy-field', { id: ONF, subtype: 3200 }, { section: 'ONF EXT-320' }, [
    pad(2),
    u16('nBits'),
    u16('srcOffset', { default: 0 }),
    u16('dstOffset', { default: 0 }),
    pad(2),
    wideOxmHeader('src'),
    wideOxmHeader('dst'),
    align(8),
  ]),
];

const tlv = { kind: 'tlv', padding: 'uncounted' } as const;

/** What NXAST_CONTROLLER2 may say. A u16 property is 8 bytes long, with 2 of padding inside its length. */
export const controllerProperties = union(
  'NxControllerProperty',
  { section: 'Open vSwitch ofp-actions.c', suffix: 'NxControllerProperty', frame: tlv, open: true },
  [
    variant('max-len', 0, { section: 'Open vSwitch ofp-actions.c' }, [u16('maxLen'), pad(2)]),
    variant('controller-id', 1, { section: 'Open vSwitch ofp-actions.c' }, [u16('controllerId'), pad(2)]),
    variant('reason', 2, { section: 'Open vSwitch ofp-actions.c' }, [named('reason', 'PacketInReason')]),
    variant('userdata', 3, { section: 'Open vSwitch ofp-actions.c' }, [bytes('userdata')]),
    variant('pause', 4, { section: 'Open vSwitch ofp-actions.c' }),
    variant('meter-id', 5, { section: 'Open vSwitch ofp-actions.c' }, [u32('meterId')]),
  ],
);
