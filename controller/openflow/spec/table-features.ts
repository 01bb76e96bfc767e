/** Table features and their properties (OpenFlow 1.3.5 section 7.3.5.5). */
import {
  bytes,
  ids,
  length,
  list,
  oxmIds,
  pad,
  structure,
  text,
  u8,
  u32,
  u64,
  union,
  type Variant,
  variant,
} from './dsl.js';

const section = '7.3.5.5.2';
const instructionIds = (tag: string, code: number): Variant =>
  variant(tag, code, { section }, [ids('instructionIds', 'Instruction', { default: [] })]);
const tableIds = (tag: string, code: number): Variant =>
  variant(tag, code, { section }, [list('nextTableIds', 'u8', { default: [] })]);
const actionIds = (tag: string, code: number): Variant =>
  variant(tag, code, { section }, [ids('actionIds', 'Action', { default: [] })]);
const fieldIds = (tag: string, code: number): Variant =>
  variant(tag, code, { section }, [oxmIds('oxmIds', { default: [] })]);
const experimenter = (tag: string, code: number): Variant =>
  variant(tag, code, { section }, [u32('experimenter'), u32('expType'), bytes('data', { default: '' })]);

export const tableFeatureProperties = union(
  'TableFeatureProperty',
  { section, suffix: 'TableFeatureProperty', frame: { kind: 'tlv', padding: 'uncounted' }, open: true },
  [
    instructionIds('instructions', 0),
    instructionIds('instructions-miss', 1),
    tableIds('next-tables', 2),
    tableIds('next-tables-miss', 3),
    actionIds('write-actions', 4),
    actionIds('write-actions-miss', 5),
    actionIds('apply-actions', 6),
    actionIds('apply-actions-miss', 7),
    fieldIds('match', 8),
    fieldIds('wildcards', 10),
    fieldIds('write-setfield', 12),
    fieldIds('write-setfield-miss', 13),
    fieldIds('apply-setfield', 14),
    fieldIds('apply-setfield-miss', 15),
    experimenter('experimenter', 0xfffe),
    experimenter('experimenter-miss', 0xffff),
  ],
);

export const tableFeatures = structure('TableFeatures', { section: '7.3.5.5.1' }, [
  length(),
  u8('tableId'),
  pad(5),
  text('name', 32, { default: '' }),
  u64('metadataMatch', { default: 0, doc: 'Bits of metadata that the table can match.' }),
  u64('metadataWrite', { default: 0, doc: 'Bits of metadata that the table can write.' }),
  u32('config', { default: 0 }),
  u32('maxEntries', { default: 0 }),
  list('properties', 'TableFeatureProperty', { default: [] }),
]);
