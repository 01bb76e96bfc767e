/** What a switch without a datapath answers to ovs-ofctl. */
import type {
  ConfigFlags,
  Message,
  MultipartReplyBody,
  TableFeatureProperty,
} from '../../../controller/openflow/index.js';

type BundleReply = 'open-reply' | 'close-reply' | 'commit-reply' | 'discard-reply';

const BUNDLE_REPLIES: Record<string, BundleReply> = {
  'open-request': 'open-reply',
  'close-request': 'close-reply',
  'commit-request': 'commit-reply',
  'discard-request': 'discard-reply',
};

/** Those that Open vSwitch insists on. */
const REQUIRED_PROPERTIES: readonly TableFeatureProperty[] = [
  { type: 'instructions' },
  { type: 'next-tables' },
  { type: 'write-actions' },
  { type: 'apply-actions' },
  { type: 'match' },
  { type: 'wildcards' },
  { type: 'write-setfield' },
  { type: 'apply-setfield' },
];

const BODIES: Record<string, MultipartReplyBody> = {
  'port-desc': {
    type: 'port-desc',
    ports: [{ portNo: 3, hwAddr: '00:00:00:00:00:03', name: 'three', state: ['live'] }],
  },
  flow: { type: 'flow', flows: [] },
  aggregate: { type: 'aggregate' },
  table: { type: 'table', tables: [] },
  'port-stats': { type: 'port-stats', ports: [] },
  queue: { type: 'queue', queues: [] },
  group: { type: 'group', groups: [] },
  'group-desc': { type: 'group-desc', groups: [] },
  'group-features': { type: 'group-features' },
  meter: { type: 'meter', meters: [] },
  'meter-config': { type: 'meter-config', meters: [] },
  'meter-features': { type: 'meter-features', maxMeter: 9 },
  'table-features': {
    type: 'table-features',
    tables: [{ tableId: 0, name: 'zero', properties: REQUIRED_PROPERTIES }],
  },
  desc: { type: 'desc', dpDesc: 'no datapath' },
  'onf-flow-monitor': { type: 'onf-flow-monitor', updates: [] },
  'nx-ipfix-flow': { type: 'nx-ipfix-flow', stats: [] },
};

/** Gives the replies to each request of one connection; none to what asks for none. */
export function answers(): (request: Message) => Message[] {
  let flags: readonly ConfigFlags[] = [];
  return request => {
    if (request.type === 'set-config') flags = request.flags ?? [];
    if (request.type === 'get-config-request') return [{ type: 'get-config-reply', flags, missSendLen: 128 }];
    return answer(request);
  };
}

function answer(request: Message): Message[] {
  switch (request.type) {
    case 'echo-request':
      return [{ type: 'echo-reply', data: request.data ?? '' }];
    case 'features-request':
      return [
        { type: 'features-reply', datapathId: 1, nTables: 254, capabilities: ['flow-stats', 'table-stats'] },
      ];
    case 'barrier-request':
      return [{ type: 'barrier-reply' }];
    case 'role-request':
      return [{ type: 'role-reply', role: request.role, generationId: request.generationId ?? 0 }];
    case 'get-async-request':
      return [{ type: 'get-async-reply', packetInMaskMaster: ['no-match', 'action'] }];
    case 'queue-get-config-request':
      return [{ type: 'queue-get-config-reply', port: request.port ?? 3, queues: [] }];
    case 'nx-tlv-table-request':
      return [{ type: 'nx-tlv-table-reply', maxOptionSpace: 256, maxFields: 64 }];
    case 'onf-bundle-control': {
      const { bundleId, flags = [], controlType } = request;
      return [{ type: 'onf-bundle-control', bundleId, flags, controlType: BUNDLE_REPLIES[controlType]! }];
    }
    case 'multipart-request': {
      const body = BODIES[request.body.type];
      return body === undefined ? [] : [{ type: 'multipart-reply', body }];
    }
    default:
      return [];
  }
}
