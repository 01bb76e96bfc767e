/** What the Open Networking Foundation adds to OpenFlow 1.3 as experimenter: bundles, flow monitors, role status. */
import {
  bytes,
  constants,
  type Enumeration,
  type Extension,
  enumeration,
  experimenterVariant,
  type Field,
  type FlagSet,
  flagSet,
  flags,
  list,
  message,
  named,
  pad,
  u32,
  u64,
  type Variant,
} from '../dsl.js';
import { NICIRA, ONF } from './experimenters.js';
import { onfErrorCodes } from './onf-errors.js';

const BUNDLES = 'ONF EXT-230';
const MONITOR = 'ONF EXT-187';

const onf = (subtype: number, tag: string, section: string, fields: readonly Field[] = []): Variant =>
  experimenterVariant(tag, { id: ONF, subtype }, { section }, fields);

const enumerations: readonly Enumeration[] = [
  enumeration(
    'OnfBundleControlType',
    16,
    { section: BUNDLES, open: true },
    {
      'open-request': 0,
      'open-reply': 1,
      'close-request': 2,
      'close-reply': 3,
      'commit-request': 4,
      'commit-reply': 5,
      'discard-request': 6,
      'discard-reply': 7,
    },
  ),
  enumeration(
    'OnfRoleReason',
    8,
    { section: 'ONF EXT-191', open: true },
    {
      'primary-request': 0,
      config: 1,
      experimenter: 2,
    },
  ),
];

const flagSets: readonly FlagSet[] = [
  flagSet('OnfBundleFlags', 16, { section: BUNDLES }, { atomic: 1, ordered: 2 }),
];

const onfMessages: readonly Variant[] = [
  onf(1870, 'onf-flow-monitor-cancel', MONITOR, [u32('id')]),
  onf(1871, 'onf-flow-monitor-paused', MONITOR),
  onf(1872, 'onf-flow-monitor-resumed', MONITOR),
  onf(1911, 'onf-role-status', 'ONF EXT-191', [
    named('role', 'ControllerRole'),
    named('reason', 'OnfRoleReason'),
    pad(3),
    u64('generationId', { default: 0 }),
    bytes('properties', { default: '' }),
  ]),
  onf(2300, 'onf-bundle-control', BUNDLES, [
    u32('bundleId'),
    named('controlType', 'OnfBundleControlType'),
    flags('flags', 'OnfBundleFlags'),
    bytes('properties', { default: '' }),
  ]),
  onf(2301, 'onf-bundle-add-message', BUNDLES, [
    u32('bundleId'),
    pad(2),
    flags('flags', 'OnfBundleFlags'),
    message('message'),
    bytes('properties', { default: '', doc: 'With the padding before them.' }),
  ]),
  onf(2350, 'onf-requestforward', 'ONF EXT-235', [message('request')]),
];

export const onfExtension: Extension = {
  name: 'ONF extensions of OpenFlow 1.3',
  constants: [
    constants(
      'Experimenter',
      { section: 'Open vSwitch openflow-common.h', doc: 'Experimenter ids.' },
      { ONF, NICIRA },
    ),
  ],
  enumerations,
  flagSets,
  variants: {
    Message: onfMessages,
    MultipartRequestBody: [
      onf(1870, 'onf-flow-monitor', MONITOR, [list('monitors', 'OnfFlowMonitorRequest', { default: [] })]),
    ],
    MultipartReplyBody: [
      onf(1870, 'onf-flow-monitor', MONITOR, [list('updates', 'OnfFlowUpdate', { default: [] })]),
    ],
  },
  errorCodes: [onfErrorCodes],
};
