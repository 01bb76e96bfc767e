/** Instructions (OpenFlow 1.3.5 section 7.2.4). */
import { bytes, list, pad, u8, u32, u64, union, variant } from './dsl.js';

const section = '7.2.4';

export const instructions = union(
  'Instruction',
  {
    section,
    suffix: 'Instruction',
    frame: { kind: 'tlv', padding: 'counted' },
    experimenter: { code: 0xffff, subtypeBits: 16 },
  },
  [
    variant('goto-table', 1, { section }, [u8('tableId'), pad(3)]),
    variant('write-metadata', 2, { section }, [
      pad(4),
      u64('metadata'),
      u64('mask', { default: 0xffff_ffff_ffff_ffffn }),
    ]),
    variant('write-actions', 3, { section }, [pad(4), list('actions', 'Action', { default: [] })]),
    variant('apply-actions', 4, { section }, [pad(4), list('actions', 'Action', { default: [] })]),
    variant('clear-actions', 5, { section }, [pad(4)]),
    variant('meter', 6, { section }, [u32('meterId')]),
    variant('experimenter', 0xffff, { section }, [
      u32('experimenter'),
      bytes('data', { default: '', doc: 'All after the experimenter id; a multiple of 8 bytes.' }),
    ]),
  ],
);
