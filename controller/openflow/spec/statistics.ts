/** Elements of the lists in multipart replies (OpenFlow 1.3.5 section 7.3.5). */
import { type Field, flags, length, list, match, named, pad, structure, u8, u16, u32, u64 } from './dsl.js';

const counter = (name: string): Field => u64(name, { default: 0 });
const duration: readonly Field[] = [
  u32('durationSec', { default: 0 }),
  u32('durationNsec', { default: 0, doc: 'Nanoseconds beyond durationSec.' }),
];

const flowStats = structure('FlowStats', { section: '7.3.5.2' }, [
  length(),
  u8('tableId', { default: 0 }),
  pad(1),
  ...duration,
  u16('priority', { default: 0x8000 }),
  u16('idleTimeout', { default: 0, doc: 'seconds' }),
  u16('hardTimeout', { default: 0, doc: 'seconds' }),
  flags('flags', 'FlowModFlags'),
  pad(4),
  u64('cookie', { default: 0 }),
  counter('packetCount'),
  counter('byteCount'),
  match(),
  list('instructions', 'Instruction', { default: [] }),
]);

const tableStats = structure('TableStats', { section: '7.3.5.4' }, [
  u8('tableId'),
  pad(3),
  u32('activeCount', { default: 0 }),
  counter('lookupCount'),
  counter('matchedCount'),
]);

const portStats = structure('PortStats', { section: '7.3.5.6' }, [
  u32('portNo'),
  pad(4),
  counter('rxPackets'),
  counter('txPackets'),
  counter('rxBytes'),
  counter('txBytes'),
  counter('rxDropped'),
  counter('txDropped'),
  counter('rxErrors'),
  counter('txErrors'),
  counter('rxFrameErr'),
  counter('rxOverErr'),
  counter('rxCrcErr'),
  counter('collisions'),
  ...duration,
]);

const queueStats = structure('QueueStats', { section: '7.3.5.8' }, [
  u32('portNo'),
  u32('queueId'),
  counter('txBytes'),
  counter('txPackets'),
  counter('txErrors'),
  ...duration,
]);

const bucketCounter = structure('BucketCounter', { section: '7.3.5.9' }, [
  counter('packetCount'),
  counter('byteCount'),
]);

const groupStats = structure('GroupStats', { section: '7.3.5.9' }, [
  length(),
  pad(2),
  u32('groupId'),
  u32('refCount', { default: 0 }),
  pad(4),
  counter('packetCount'),
  counter('byteCount'),
  ...duration,
  list('bucketStats', 'BucketCounter', { default: [] }),
]);

const groupDescription = structure('GroupDescription', { section: '7.3.5.10' }, [
  length(),
  named('groupType', 'GroupType', { default: 'all' }),
  pad(1),
  u32('groupId'),
  list('buckets', 'Bucket', { default: [] }),
]);

const meterBandStats = structure('MeterBandStats', { section: '7.3.5.12' }, [
  counter('packetBandCount'),
  counter('byteBandCount'),
]);

const meterStats = structure('MeterStats', { section: '7.3.5.12' }, [
  u32('meterId'),
  length(),
  pad(6),
  u32('flowCount', { default: 0 }),
  counter('packetInCount'),
  counter('byteInCount'),
  ...duration,
  list('bandStats', 'MeterBandStats', { default: [] }),
]);

const meterConfig = structure('MeterConfig', { section: '7.3.5.13' }, [
  length(),
  flags('flags', 'MeterFlags'),
  u32('meterId'),
  list('bands', 'MeterBand', { default: [] }),
]);

export const statistics = [
  flowStats,
  tableStats,
  portStats,
  queueStats,
  bucketCounter,
  groupStats,
  groupDescription,
  meterBandStats,
  meterStats,
  meterConfig,
];
