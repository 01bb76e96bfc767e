import type { Message } from '../../../controller/openflow/index.js';
import { type Reading, readsAsMeant } from './ovs-ofctl.js';

const ONF = 0x4f4e4600;
const NICIRA = 0x2320;

/** Prefix of Open vSwitch's names, and the codes by our names where hers are not the same in capitals. */
const CORE: Record<string, readonly [prefix: string, codes: Record<string, string | undefined>]> = {
  'hello-failed': ['OFPHFC', { incompatible: undefined, eperm: undefined }],
  'bad-request': [
    'OFPBRC',
    {
      'bad-version': undefined,
      'bad-type': undefined,
      'bad-multipart': 'OFPBRC_BAD_STAT',
      'bad-experimenter': 'OFPBRC_BAD_VENDOR',
      'bad-exp-type': 'OFPBRC_BAD_SUBTYPE',
      eperm: undefined,
      'bad-len': undefined,
      'buffer-empty': undefined,
      'buffer-unknown': undefined,
      'bad-table-id': undefined,
      'is-slave': 'OFPBRC_IS_SECONDARY',
      'bad-port': undefined,
      'bad-packet': undefined,
      'multipart-buffer-overflow': undefined,
    },
  ],
  'bad-action': [
    'OFPBAC',
    {
      'bad-type': undefined,
      'bad-len': undefined,
      'bad-experimenter': 'OFPBAC_BAD_VENDOR',
      'bad-exp-type': 'OFPBAC_BAD_VENDOR_TYPE',
      'bad-out-port': undefined,
      'bad-argument': undefined,
      eperm: undefined,
      'too-many': undefined,
      'bad-queue': undefined,
      'bad-out-group': undefined,
      'match-inconsistent': undefined,
      'unsupported-order': undefined,
      'bad-tag': undefined,
      'bad-set-type': undefined,
      'bad-set-len': undefined,
      'bad-set-argument': undefined,
    },
  ],
  'bad-instruction': [
    'OFPBIC',
    {
      'unknown-inst': undefined,
      'unsup-inst': undefined,
      'bad-table-id': undefined,
      'unsup-metadata': undefined,
      'unsup-metadata-mask': undefined,
      'bad-experimenter': undefined,
      'bad-exp-type': undefined,
      'bad-len': undefined,
      eperm: undefined,
    },
  ],
  'bad-match': [
    'OFPBMC',
    {
      'bad-type': undefined,
      'bad-len': undefined,
      'bad-tag': undefined,
      'bad-dl-addr-mask': undefined,
      'bad-nw-addr-mask': undefined,
      'bad-wildcards': undefined,
      'bad-field': undefined,
      'bad-value': undefined,
      'bad-mask': undefined,
      'bad-prereq': undefined,
      'dup-field': undefined,
      eperm: undefined,
    },
  ],
  'flow-mod-failed': [
    'OFPFMFC',
    {
      unknown: undefined,
      'table-full': undefined,
      'bad-table-id': undefined,
      overlap: undefined,
      eperm: undefined,
      'bad-timeout': undefined,
      'bad-command': undefined,
      'bad-flags': undefined,
    },
  ],
  'group-mod-failed': [
    'OFPGMFC',
    {
      'group-exists': undefined,
      'invalid-group': undefined,
      'weight-unsupported': undefined,
      'out-of-groups': undefined,
      'out-of-buckets': undefined,
      'chaining-unsupported': undefined,
      'watch-unsupported': undefined,
      loop: undefined,
      'unknown-group': undefined,
      'chained-group': undefined,
      'bad-type': undefined,
      'bad-command': undefined,
      'bad-bucket': undefined,
      'bad-watch': undefined,
      eperm: undefined,
    },
  ],
  'port-mod-failed': [
    'OFPPMFC',
    {
      'bad-port': undefined,
      'bad-hw-addr': undefined,
      'bad-config': undefined,
      'bad-advertise': undefined,
      eperm: undefined,
    },
  ],
  'table-mod-failed': ['OFPTMFC', { 'bad-table': undefined, 'bad-config': undefined, eperm: undefined }],
  'queue-op-failed': ['OFPQOFC', { 'bad-port': undefined, 'bad-queue': undefined, eperm: undefined }],
  'switch-config-failed': ['OFPSCFC', { 'bad-flags': undefined, 'bad-len': undefined, eperm: undefined }],
  'role-request-failed': ['OFPRRFC', { stale: undefined, unsup: undefined, 'bad-role': undefined }],
  'meter-mod-failed': [
    'OFPMMFC',
    {
      unknown: undefined,
      'meter-exists': undefined,
      'invalid-meter': undefined,
      'unknown-meter': undefined,
      'bad-command': undefined,
      'bad-flags': undefined,
      'bad-rate': undefined,
      'bad-burst': undefined,
      'bad-band': undefined,
      'bad-band-value': undefined,
      'out-of-meters': undefined,
      'out-of-bands': undefined,
    },
  ],
  'table-features-failed': [
    'OFPTFFC',
    {
      'bad-table': undefined,
      'bad-metadata': undefined,
      'bad-type': 'OFPBPC_BAD_TYPE',
      'bad-len': 'OFPBPC_BAD_LEN',
      'bad-argument': 'OFPBPC_BAD_VALUE',
      eperm: undefined,
    },
  ],
};

const EXTENDED: readonly (readonly [experimenter: number, codes: Record<string, string>])[] = [
  [
    ONF,
    {
      'bundle-unknown': 'OFPBFC_UNKNOWN',
      'bundle-eperm': 'OFPBFC_EPERM',
      'bundle-bad-id': 'OFPBFC_BAD_ID',
      'bundle-exists': 'OFPBFC_BUNDLE_EXIST',
      'bundle-closed': 'OFPBFC_BUNDLE_CLOSED',
      'out-of-bundles': 'OFPBFC_OUT_OF_BUNDLES',
      'bundle-bad-type': 'OFPBFC_BAD_TYPE',
      'bundle-bad-flags': 'OFPBFC_BAD_FLAGS',
      'bundle-msg-bad-len': 'OFPBFC_MSG_BAD_LEN',
      'bundle-msg-bad-xid': 'OFPBFC_MSG_BAD_XID',
      'bundle-msg-unsup': 'OFPBFC_MSG_UNSUP',
      'bundle-msg-conflict': 'OFPBFC_MSG_CONFLICT',
      'bundle-msg-too-many': 'OFPBFC_MSG_TOO_MANY',
      'bundle-msg-failed': 'OFPBFC_MSG_FAILED',
      'bundle-timeout': 'OFPBFC_TIMEOUT',
      'bundle-in-progress': 'OFPBFC_BUNDLE_IN_PROGRESS',
      'flow-mod-bad-priority': 'OFPFMFC_BAD_PRIORITY',
      'async-config-invalid': 'OFPACFC_INVALID',
      'async-config-unsupported': 'OFPACFC_UNSUPPORTED',
      'async-config-eperm': 'OFPACFC_EPERM',
      'duplicate-instruction': 'OFPBIC_DUP_INST',
      'multipart-request-timeout': 'OFPBRC_MULTIPART_REQUEST_TIMEOUT',
      'multipart-reply-timeout': 'OFPBRC_MULTIPART_REPLY_TIMEOUT',
      'set-field-bad-mask': 'OFPBAC_BAD_SET_MASK',
      'property-too-many': 'OFPBPC_TOO_MANY',
      'property-duplicate-type': 'OFPBPC_DUP_TYPE',
      'property-bad-experimenter': 'OFPBPC_BAD_EXPERIMENTER',
      'property-bad-exp-type': 'OFPBPC_BAD_EXP_TYPE',
      'property-bad-exp-value': 'OFPBPC_BAD_EXP_VALUE',
      'property-eperm': 'OFPBPC_EPERM',
    },
  ],
  [
    NICIRA,
    {
      'nxm-invalid': 'NXBRC_NXM_INVALID',
      'nxm-bad-type': 'NXBRC_NXM_BAD_TYPE',
      'must-be-zero': 'NXBRC_MUST_BE_ZERO',
      'bad-reason': 'NXBRC_BAD_REASON',
      'monitor-exists': 'OFPMOFC_MONITOR_EXISTS',
      'monitor-bad-flags': 'OFPMOFC_BAD_FLAGS',
      'unknown-monitor': 'OFPMOFC_UNKNOWN_MONITOR',
      'flow-monitor-bad-event': 'NXBRC_FM_BAD_EVENT',
      'unencodable-error': 'NXBRC_UNENCODABLE_ERROR',
      'action-must-be-zero': 'NXBAC_MUST_BE_ZERO',
      'flow-mod-hardware': 'NXFMFC_HARDWARE',
      'flow-mod-bad-table-id': 'NXFMFC_BAD_TABLE_ID',
      'bad-conjunction': 'NXBAC_BAD_CONJUNCTION',
      'tlv-table-bad-command': 'NXTTMFC_BAD_COMMAND',
      'tlv-table-bad-opt-len': 'NXTTMFC_BAD_OPT_LEN',
      'tlv-table-bad-field-idx': 'NXTTMFC_BAD_FIELD_IDX',
      'tlv-table-full': 'NXTTMFC_TABLE_FULL',
      'tlv-table-already-mapped': 'NXTTMFC_ALREADY_MAPPED',
      'tlv-table-dup-entry': 'NXTTMFC_DUP_ENTRY',
      'resume-not-supported': 'NXR_NOT_SUPPORTED',
      'resume-stale': 'NXR_STALE',
      'stats-not-configured': 'NXST_NOT_CONFIGURED',
      'invalid-tlv-field': 'NXFMFC_INVALID_TLV_FIELD',
      'tlv-table-invalid-delete': 'NXTTMFC_INVALID_TLV_DEL',
      'bad-header-type': 'NXBAC_BAD_HEADER_TYPE',
      'unknown-encap-property': 'NXBAC_UNKNOWN_ED_PROP',
      'bad-encap-property': 'NXBAC_BAD_ED_PROP',
      'action-ct-unsupported': 'NXBAC_CT_DATAPATH_SUPPORT',
      'match-ct-unsupported': 'NXBMC_CT_DATAPATH_SUPPORT',
      'table-features-dup-table': 'NXTFFC_DUP_TABLE',
    },
  ],
];

/** A barrier request as the message that failed. */
const data = '0414000800000001';
const quoted = '\nOFPT_BARRIER_REQUEST (OF1.3) (xid=0x1):';

const core: readonly Reading[] = Object.entries(CORE).flatMap(([errorType, [prefix, codes]]) =>
  Object.entries(codes).map(([errorCode, name]): Reading => {
    const theirs = name ?? `${prefix}_${errorCode.toUpperCase().replaceAll('-', '_')}`;
    const hello = errorType === 'hello-failed';
    return [
      { type: 'error', errorType, errorCode, data: hello ? '6869' : data } as Message,
      theirs + (hello ? '\nhi' : quoted),
    ];
  }),
);

const extended: readonly Reading[] = EXTENDED.flatMap(([experimenter, codes]) =>
  Object.entries(codes).map(
    ([errorCode, name]): Reading => [
      { type: 'error', errorType: 'experimenter', errorCode, experimenter, data },
      name + quoted,
    ],
  ),
);

describe('Open vSwitch reads the errors that we write', () => {
  readsAsMeant('of OpenFlow 1.3', core);
  readsAsMeant('of experimenters', extended);
});
