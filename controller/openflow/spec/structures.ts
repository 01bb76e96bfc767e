/** Structures that several messages share: ports, buckets, queues, meter bands, hello elements. */
import {
  bytes,
  flags,
  length,
  list,
  mac,
  pad,
  structure,
  text,
  u8,
  u16,
  u32,
  union,
  variant,
} from './dsl.js';

const portDescription = structure('PortDescription', { section: '7.2.1' }, [
  u32('portNo'),
  pad(4),
  mac('hwAddr'),
  pad(2),
  text('name', 16, { default: '' }),
  flags('config', 'PortConfig'),
  flags('state', 'PortState'),
  flags('curr', 'PortFeatures'),
  flags('advertised', 'PortFeatures'),
  flags('supported', 'PortFeatures'),
  flags('peer', 'PortFeatures'),
  u32('currSpeed', { default: 0, doc: 'kbps' }),
  u32('maxSpeed', { default: 0, doc: 'kbps' }),
]);

const bucket = structure('Bucket', { section: '7.3.4.2' }, [
  length(),
  u16('weight', { default: 0, doc: 'Share of a select group.' }),
  u32('watchPort', { default: 0xffffffff }),
  u32('watchGroup', { default: 0xffffffff }),
  pad(4),
  list('actions', 'Action', { default: [] }),
]);

const packetQueue = structure('PacketQueue', { section: '7.2.2' }, [
  u32('queueId'),
  u32('port', { default: 0 }),
  length(),
  pad(6),
  list('properties', 'QueueProperty', { default: [] }),
]);

export const sharedStructures = [portDescription, bucket, packetQueue];

const queueProperties = union(
  'QueueProperty',
  { section: '7.2.2', suffix: 'QueueProperty', frame: { kind: 'tlv', padding: 'none' }, open: true },
  [
    variant('min-rate', 1, { section: '7.2.2' }, [
      pad(4),
      u16('rate', { doc: 'Tenths of a percent; above 1000 is unset.' }),
      pad(6),
    ]),
    variant('max-rate', 2, { section: '7.2.2' }, [
      pad(4),
      u16('rate', { doc: 'Tenths of a percent; above 1000 is unset.' }),
      pad(6),
    ]),
    variant('experimenter', 0xffff, { section: '7.2.2' }, [
      pad(4),
      u32('experimenter'),
      pad(4),
      bytes('data', { default: '' }),
    ]),
  ],
);

const meterBands = union(
  'MeterBand',
  { section: '7.3.4.4', suffix: 'MeterBand', frame: { kind: 'tlv', padding: 'none' }, open: true },
  [
    variant('drop', 1, { section: '7.3.4.4' }, [u32('rate'), u32('burstSize', { default: 0 }), pad(4)]),
    variant('dscp-remark', 2, { section: '7.3.4.4' }, [
      u32('rate'),
      u32('burstSize', { default: 0 }),
      u8('precLevel', { doc: 'Drop precedence levels to add.' }),
      pad(3),
    ]),
    variant('experimenter', 0xffff, { section: '7.3.4.4' }, [
      u32('rate'),
      u32('burstSize', { default: 0 }),
      u32('experimenter'),
      bytes('data', { default: '' }),
    ]),
  ],
);

const helloElements = union(
  'HelloElement',
  { section: '7.5.1', suffix: 'HelloElement', frame: { kind: 'tlv', padding: 'uncounted' }, open: true },
  [
    variant('version-bitmap', 1, { section: '7.5.1' }, [
      list('bitmaps', 'u32', { doc: 'Bit v of word w: version 32 w + v.' }),
    ]),
  ],
);

export const sharedUnions = [queueProperties, meterBands, helloElements];
