import type { DecodedMultipartReplyBody } from '../../../controller/openflow/index.js';
import { annotated, padded } from './vector.js';

const properties = `
    0000 0014 0001 0004 0006 0004 ffff 0008 00abcdef 00000000 // INSTRUCTIONS: goto, meter, experimenter; padding
    0001 0008 0005 0004            // INSTRUCTIONS_MISS: clear actions
    0002 0007 01 02 03 00          // NEXT_TABLES 1, 2, 3; padding
    0003 0004 00000000             // NEXT_TABLES_MISS: none; padding
    0004 000c 0000 0004 0016 0004 00000000 // WRITE_ACTIONS: output, group; padding
    0005 0008 0019 0004            // WRITE_ACTIONS_MISS: set field
    0006 0010 ffff 000c 00abcdef 00010000 // APPLY_ACTIONS: an experimenter's
    0007 0004 00000000             // APPLY_ACTIONS_MISS: none
    0008 0010 80000004 8000070c 80010a02 // MATCH: in_port, eth_dst with mask, unknown
    000a 0008 80000606             // WILDCARDS: eth_dst
    000c 0010 80001a02 ffff0a06 00abcdef // WRITE_SETFIELD: tcp_src, an experimenter's
    000d 0004 00000000             // WRITE_SETFIELD_MISS
    000e 0004 00000000             // APPLY_SETFIELD
    000f 0004 00000000             // APPLY_SETFIELD_MISS
    fffe 0010 00abcdef 00000001 deadbeef // EXPERIMENTER
    ffff 000c 00abcdef 00000002 00000000 // EXPERIMENTER_MISS; padding
    0010 0006 abcd 0000            // unknown; padding`;
const tableLength = (64 + annotated(properties).length).toString(16).padStart(4, '0');

/** One table with every property. */
export const tableFeaturesHex = `${tableLength} 03 0000000000 // length, table_id 3, padding
     ${padded('acl', 32)}         // name
     ffffffffffffffff 00000000ffffffff // metadata_match, metadata_write
     00000003 000f4240            // config, max_entries 1000000
     ${properties}`;

export const tableFeaturesBody: DecodedMultipartReplyBody = {
  type: 'table-features',
  tables: [
    {
      tableId: 3,
      name: 'acl',
      metadataMatch: 0xffff_ffff_ffff_ffffn,
      metadataWrite: 0xffff_ffffn,
      config: 3,
      maxEntries: 1_000_000,
      properties: [
        {
          type: 'instructions',
          instructionIds: [
            'goto-table',
            'meter',
            { type: 'experimenter', experimenter: 0x00abcdef, data: annotated('') },
          ],
        },
        { type: 'instructions-miss', instructionIds: ['clear-actions'] },
        { type: 'next-tables', nextTableIds: [1, 2, 3] },
        { type: 'next-tables-miss', nextTableIds: [] },
        { type: 'write-actions', actionIds: ['output', 'group'] },
        { type: 'write-actions-miss', actionIds: ['set-field'] },
        {
          type: 'apply-actions',
          actionIds: [{ type: 'experimenter', experimenter: 0x00abcdef, data: annotated('00010000') }],
        },
        { type: 'apply-actions-miss', actionIds: [] },
        { type: 'match', oxmIds: ['inPort', 'ethDst/mask', '0x80010a02'] },
        { type: 'wildcards', oxmIds: ['ethDst'] },
        { type: 'write-setfield', oxmIds: ['tcpSrc', '0xffff0a0600abcdef'] },
        { type: 'write-setfield-miss', oxmIds: [] },
        { type: 'apply-setfield', oxmIds: [] },
        { type: 'apply-setfield-miss', oxmIds: [] },
        { type: 'experimenter', experimenter: 0x00abcdef, expType: 1, data: annotated('deadbeef') },
        { type: 'experimenter-miss', experimenter: 0x00abcdef, expType: 2, data: annotated('') },
        { type: 'unknown', code: 16, data: annotated('abcd') },
      ],
    },
  ],
};
