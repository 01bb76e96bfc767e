/** Bodies of the multipart requests and replies (OpenFlow 1.3.5 section 7.3.5). */
import { bytes, type Field, flags, list, match, pad, text, u8, u32, u64, union, variant } from './dsl.js';

const ANY = 0xffffffff;
const ALL = 0xffffffff;

const flowFilter: readonly Field[] = [
  u8('tableId', { default: 0xff }),
  pad(3),
  u32('outPort', { default: ANY }),
  u32('outGroup', { default: ANY }),
  pad(4),
  u64('cookie', { default: 0 }),
  u64('cookieMask', { default: 0 }),
  match(),
];
const groupFilter: readonly Field[] = [u32('groupId', { default: 0xfffffffc }), pad(4)];
const meterFilter: readonly Field[] = [u32('meterId', { default: ALL }), pad(4)];
const experimenter: readonly Field[] = [u32('experimenter'), u32('expType'), bytes('data', { default: '' })];

export const multipartRequestBodies = union(
  'MultipartRequestBody',
  {
    section: '7.3.5',
    suffix: 'RequestBody',
    frame: { kind: 'body' },
    experimenter: { code: 0xffff, subtypeBits: 32 },
  },
  [
    variant('desc', 0, { section: '7.3.5.1' }),
    variant('flow', 1, { section: '7.3.5.2' }, flowFilter),
    variant('aggregate', 2, { section: '7.3.5.3' }, flowFilter),
    variant('table', 3, { section: '7.3.5.4' }),
    variant('port-stats', 4, { section: '7.3.5.6' }, [u32('portNo', { default: ANY }), pad(4)]),
    variant('queue', 5, { section: '7.3.5.8' }, [
      u32('portNo', { default: ANY }),
      u32('queueId', { default: ALL }),
    ]),
    variant('group', 6, { section: '7.3.5.9' }, groupFilter),
    variant('group-desc', 7, { section: '7.3.5.10' }),
    variant('group-features', 8, { section: '7.3.5.11' }),
    variant('meter', 9, { section: '7.3.5.12' }, meterFilter),
    variant('meter-config', 10, { section: '7.3.5.13' }, meterFilter),
    variant('meter-features', 11, { section: '7.3.5.14' }),
    variant('table-features', 12, { section: '7.3.5.5' }, [
      list('tables', 'TableFeatures', { default: [], doc: 'None: only ask. Else: replace the pipeline.' }),
    ]),
    variant('port-desc', 13, { section: '7.3.5.7' }),
    variant('experimenter', 0xffff, { section: '7.3.5.15' }, experimenter),
  ],
);

export const multipartReplyBodies = union(
  'MultipartReplyBody',
  {
    section: '7.3.5',
    suffix: 'ReplyBody',
    frame: { kind: 'body' },
    experimenter: { code: 0xffff, subtypeBits: 32 },
  },
  [
    variant('desc', 0, { section: '7.3.5.1' }, [
      text('mfrDesc', 256, { default: '' }),
      text('hwDesc', 256, { default: '' }),
      text('swDesc', 256, { default: '' }),
      text('serialNum', 32, { default: '' }),
      text('dpDesc', 256, { default: '' }),
    ]),
    variant('flow', 1, { section: '7.3.5.2' }, [list('flows', 'FlowStats', { default: [] })]),
    variant('aggregate', 2, { section: '7.3.5.3' }, [
      u64('packetCount', { default: 0 }),
      u64('byteCount', { default: 0 }),
      u32('flowCount', { default: 0 }),
      pad(4),
    ]),
    variant('table', 3, { section: '7.3.5.4' }, [list('tables', 'TableStats', { default: [] })]),
    variant('port-stats', 4, { section: '7.3.5.6' }, [list('ports', 'PortStats', { default: [] })]),
    variant('queue', 5, { section: '7.3.5.8' }, [list('queues', 'QueueStats', { default: [] })]),
    variant('group', 6, { section: '7.3.5.9' }, [list('groups', 'GroupStats', { default: [] })]),
    variant('group-desc', 7, { section: '7.3.5.10' }, [list('groups', 'GroupDescription', { default: [] })]),
    variant('group-features', 8, { section: '7.3.5.11' }, [
      flags('types', 'GroupTypes'),
      flags('capabilities', 'GroupCapabilities'),
      u32('maxGroupsAll', { default: 0 }),
      u32('maxGroupsSelect', { default: 0 }),
      u32('maxGroupsIndirect', { default: 0 }),
      u32('maxGroupsFf', { default: 0 }),
      flags('actionsAll', 'GroupActions'),
      flags('actionsSelect', 'GroupActions'),
      flags('actionsIndirect', 'GroupActions'),
      flags('actionsFf', 'GroupActions'),
    ]),
    variant('meter', 9, { section: '7.3.5.12' }, [list('meters', 'MeterStats', { default: [] })]),
    variant('meter-config', 10, { section: '7.3.5.13' }, [list('meters', 'MeterConfig', { default: [] })]),
    variant('meter-features', 11, { section: '7.3.5.14' }, [
      u32('maxMeter', { default: 0 }),
      flags('bandTypes', 'MeterBandTypes'),
      flags('capabilities', 'MeterCapabilities'),
      u8('maxBands', { default: 0 }),
      u8('maxColor', { default: 0 }),
      pad(2),
    ]),
    variant('table-features', 12, { section: '7.3.5.5' }, [list('tables', 'TableFeatures', { default: [] })]),
    variant('port-desc', 13, { section: '7.3.5.7' }, [list('ports', 'PortDescription', { default: [] })]),
    variant('experimenter', 0xffff, { section: '7.3.5.15' }, experimenter),
  ],
);
