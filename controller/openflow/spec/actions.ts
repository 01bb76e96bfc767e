/** Actions (OpenFlow 1.3.5 section 7.2.5). */
import { align, bytes, oxm, pad, u8, u16, u32, union, variant } from './dsl.js';

const section = '7.2.5';
const changesHeaders = true;

export const actions = union(
  'Action',
  {
    section,
    suffix: 'Action',
    frame: { kind: 'tlv', padding: 'counted' },
    experimenter: { code: 0xffff, subtypeBits: 16 },
  },
  [
    variant('output', 0, { section }, [
      u32('port'),
      u16('maxLen', { default: 0xffff, doc: 'Bytes of the packet to send to the controller.' }),
      pad(6),
    ]),
    variant('copy-ttl-out', 11, { section }, [pad(4)]),
    variant('copy-ttl-in', 12, { section }, [pad(4)]),
    variant('set-mpls-ttl', 15, { section }, [u8('mplsTtl'), pad(3)]),
    variant('dec-mpls-ttl', 16, { section }, [pad(4)]),
    variant('push-vlan', 17, { section, changesHeaders }, [u16('etherType', { default: 0x8100 }), pad(2)]),
    variant('pop-vlan', 18, { section, changesHeaders }, [pad(4)]),
    variant('push-mpls', 19, { section, changesHeaders }, [u16('etherType', { default: 0x8847 }), pad(2)]),
    variant('pop-mpls', 20, { section, changesHeaders }, [u16('etherType'), pad(2)]),
    variant('set-queue', 21, { section }, [u32('queueId')]),
    variant('group', 22, { section }, [u32('groupId')]),
    variant('set-nw-ttl', 23, { section }, [u8('nwTtl'), pad(3)]),
    variant('dec-nw-ttl', 24, { section }, [pad(4)]),
    variant('set-field', 25, { section }, [oxm('field'), align(8)]),
    variant('push-pbb', 26, { section, changesHeaders }, [u16('etherType', { default: 0x88e7 }), pad(2)]),
    variant('pop-pbb', 27, { section, changesHeaders }, [pad(4)]),
    variant('experimenter', 0xffff, { section, changesHeaders }, [
      u32('experimenter'),
      bytes('data', { default: '', doc: 'All after the experimenter id; a multiple of 8 bytes.' }),
    ]),
  ],
);
