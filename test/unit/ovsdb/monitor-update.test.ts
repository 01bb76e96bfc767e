import { expect } from 'chai';
import fc from 'fast-check';
import { mapOf, optional, scalar, setOf } from '../../../controller/ovsdb/column.js';
import { OvsdbError } from '../../../controller/ovsdb/errors.js';
import { isChange, type Replica, readUpdates } from '../../../controller/ovsdb/monitor-update.js';
import { parseSchema } from '../../../controller/ovsdb/schema.js';
import { TableCodec } from '../../../controller/ovsdb/table-codec.js';
import { encodeValue } from '../../../controller/ovsdb/value.js';
import { TEST_SCHEMA } from './fake-server.js';

const columns = {
  name: scalar('string'),
  size: optional('integer'),
  tags: setOf('string'),
  notes: mapOf('string', 'string'),
};
const codec = new TableCodec('Thing', columns, parseSchema(TEST_SCHEMA).tables.get('Thing')!);
const uuid = '00000000-0000-4000-8000-000000000001';

interface Thing {
  name: string;
  size: number | undefined;
  tags: string[];
  notes: Map<string, string>;
}

const letter = fc.constantFrom('a', 'b', 'c', 'd');
const thing: fc.Arbitrary<Thing> = fc.record({
  name: letter,
  size: fc.option(fc.nat(3), { nil: undefined }),
  tags: fc.uniqueArray(letter),
  notes: fc.uniqueArray(fc.tuple(letter, letter), { selector: ([key]) => key }).map(pairs => new Map(pairs)),
});

function replicaOf(row: Thing | undefined): ReadonlyMap<string, Replica> {
  const rows = new Map(row === undefined ? [] : [[uuid, { _uuid: uuid, ...row }]]);
  return new Map([['Thing', { codec, columns: codec.columns, rows }]]);
}

/** What ovsdb-server(7), section 4.1.14, says the difference of two rows is. */
function difference(before: Thing, after: Thing): object {
  const wire: Record<string, unknown> = {};
  if (before.name !== after.name) wire.name = after.name;
  if (before.size !== after.size) wire.size = encodeValue(columns.size, after.size, 'size');
  const tags = [...before.tags, ...after.tags].filter(
    tag => before.tags.includes(tag) !== after.tags.includes(tag),
  );
  if (tags.length > 0) wire.tags = ['set', tags];
  const removed = [...before.notes].filter(([key]) => !after.notes.has(key));
  const added = [...after.notes].filter(([key, value]) => before.notes.get(key) !== value);
  if (removed.length + added.length > 0) wire.notes = ['map', [...removed, ...added]];
  return wire;
}

function read(replicas: ReadonlyMap<string, Replica>, updates: unknown, differential: boolean) {
  return [...readUpdates(replicas, updates, differential)];
}

describe('updates of a monitor', () => {
  it('give the new row from the old one and a difference', () => {
    fc.assert(
      fc.property(thing, thing, (before, after) => {
        const updates = { Thing: { [uuid]: { modify: difference(before, after) } } };
        const [change] = read(replicaOf(before), updates, true);
        const { tags, ...rest } = change!.after as unknown as Thing;
        const { tags: wanted, ...wantedRest } = after;
        expect(rest).to.deep.equal({ _uuid: uuid, ...wantedRest });
        expect([...tags].sort()).to.deep.equal([...wanted].sort());
        expect(isChange(change!)).to.equal(Object.keys(difference(before, after)).length > 0);
      }),
    );
  });

  it('give whole rows in the form of RFC 7047', () => {
    const row = { name: 'x', size: 3, tags: ['set', ['b', 'a']], notes: ['map', []] };
    const [inserted] = read(replicaOf(undefined), { Thing: { [uuid]: { new: row } } }, false);
    expect(inserted).to.deep.equal({
      table: 'Thing',
      uuid,
      before: undefined,
      after: { _uuid: uuid, name: 'x', size: 3, tags: ['b', 'a'], notes: new Map() },
    });
    const known = { name: 'x', size: 3, tags: ['a', 'b'], notes: new Map() };
    const [same] = read(replicaOf(known), { Thing: { [uuid]: { old: {}, new: row } } }, false);
    expect(isChange(same!)).to.equal(false);
    const [deleted] = read(replicaOf(known), { Thing: { [uuid]: { old: row } } }, false);
    expect(deleted!.after).to.equal(undefined);
  });

  it('fill in the defaults that an insert leaves out', () => {
    const [change] = read(replicaOf(undefined), { Thing: { [uuid]: { insert: { name: 'x' } } } }, true);
    expect(change!.after).to.deep.equal({
      _uuid: uuid,
      name: 'x',
      size: undefined,
      tags: [],
      notes: new Map(),
    });
  });

  it('are refused when they are nonsense', () => {
    const nonsense: unknown[] = [
      null,
      [],
      { Other: {} },
      { Thing: [] },
      { Thing: { 'no-uuid': { delete: null } } },
      { Thing: { [uuid]: null } },
      { Thing: { [uuid]: {} } },
      { Thing: { [uuid]: { insert: { name: 7 } } } },
      { Thing: { [uuid]: { modify: { name: 'b' } } } },
    ];
    for (const updates of nonsense) {
      expect(() => read(replicaOf(undefined), updates, true), JSON.stringify(updates))
        .to.throw(OvsdbError)
        .with.property('code', 'malformed');
    }
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 4 }), fc.boolean(), (value, differential) => {
        for (const updates of [value, { Thing: value }, { Thing: { [uuid]: value } }]) {
          try {
            read(replicaOf(undefined), updates, differential);
          } catch (error) {
            expect(error).to.be.instanceOf(OvsdbError);
          }
        }
      }),
    );
  });
});
